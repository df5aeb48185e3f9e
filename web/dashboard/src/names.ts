import { useMetric } from "@mentorhub/analytics";
import { useMemo } from "react";

import { useWords } from "./i18n/index.js";

/** What mentors are called, for administrators; by number who has no name, and until they are known. */
export function useMentorNames(isAsked = true): (mentor: number) => string {
  const { t } = useWords();
  const { rows } = useMetric(isAsked ? "mentor_name" : null, NAMES);
  return useMemo(() => {
    const names = new Map(rows?.map((row) => [row["mentor_id"], String(row["username"])]));
    return (mentor) => names.get(mentor) || t.mentors.number(mentor);
  }, [rows, t]);
}

const NAMES = { by: ["mentor_id", "username"], limit: 10_000 };

/** The address of a file with the names of its mentors. */
export function named(path: string): string {
  return `${path}${path.includes("?") ? "&" : "?"}names=true`;
}
