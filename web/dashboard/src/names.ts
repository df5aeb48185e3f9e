import { useMetric } from "@mentorhub/analytics";
import { createContext, useContext, useMemo } from "react";

import { useWords } from "./i18n/index.js";

/** Whose numbers alone are shown, on a mentor's page: what administrators wrote is not on it. */
export const OneMentor = createContext<number | null>(null);

export function useMentor(): number | null {
  return useContext(OneMentor);
}

/** That the API is asked for by their numbers; of more it is asked for all there are. */
export const FEW = 100;

/** What mentors are called, for administrators; by number who has no name, and until they are known. */
export function useMentorNames(mentors: readonly number[]): (mentor: number) => string {
  const { t } = useWords();
  const asked = [...new Set(mentors)].filter((id) => id > 0).sort((one, other) => one - other);
  const few = asked.length <= FEW ? asked.join() : "";
  const options = useMemo(
    () => ({ by: ["mentor_id", "username"], limit: 10_000, ...(few ? { with: { mentor_id: few } } : {}) }),
    [few],
  );
  const { rows } = useMetric(asked.length ? "mentor_name" : null, options);
  return useMemo(() => {
    const names = new Map(rows?.map((row) => [row["mentor_id"], String(row["username"])]));
    return (mentor) => names.get(mentor) || t.mentors.number(mentor);
  }, [rows, t]);
}

/** The address of a file with the names of its mentors. */
export function named(path: string): string {
  return `${path}${path.includes("?") ? "&" : "?"}names=true`;
}
