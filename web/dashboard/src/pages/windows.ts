import type { useRevenue, useSessionAnalytics, useUserGrowth } from "@mentorhub/analytics";
import definitions from "virtual:definitions";
import { useMemo } from "react";

import type { Day } from "../charts/days.js";
import { useWords } from "../i18n/index.js";
import type { Meaning } from "../term.js";

/** The answers about a window that most of the administrator's page is made of. */
export interface Windows {
  growth: ReturnType<typeof useUserGrowth>;
  sessions: ReturnType<typeof useSessionAnalytics>;
  revenue: ReturnType<typeof useRevenue>;
}

/** What the API's document says of a field: it is in English. */
export function meaningOf(field: string): Meaning {
  return { text: definitions[field] ?? "", lang: "en" };
}

export function useDays<Name extends string>(
  given: readonly ({ date: string } & Record<Name, number>)[] | undefined,
  name: Name,
): readonly Day[] {
  return useMemo(
    () => (given ?? []).map((day) => ({ date: day.date, value: day[name] })),
    [given, name],
  );
}

export function useMoney({ answer }: Windows["revenue"]): (value: number) => string {
  const { f } = useWords();
  const currency = answer?.currency ?? "RUB";
  return useMemo(() => (value: number) => f.money(value, currency), [f, currency]);
}
