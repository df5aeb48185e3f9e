"use client";

import { useFormatter, useTranslations } from "next-intl";
import { useEffect, useState } from "react";

import { useStreamState, type AnswerState } from "@/hooks/useAnalyticsData";

/** As of when the oldest of some answers is right; also what went wrong, in one sentence. */
export function Freshness({ of: states }: { of: AnswerState[] }) {
  const t = useTranslations("analytics");
  const formatter = useFormatter();
  const stream = useStreamState();
  const [now, setNow] = useState<number | null>(null);
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const error = states.find((state) => state.error)?.error;
  const moments = states.flatMap(({ asOf }) => (asOf ? [asOf.getTime()] : []));
  const pending = Math.max(0, ...states.map((state) => state.pending ?? 0));
  const isGood = stream === "live" && !states.some(({ stale }) => stale);
  return (
    <p className="flex flex-wrap items-center gap-x-2 text-sm text-gray-600 dark:text-gray-400">
      <span
        aria-hidden="true"
        className={`size-2 rounded-full ${isGood ? "bg-emerald-600" : "bg-amber-600"}`}
      />
      {now !== null && moments.length > 0 && (
        <span>{t("asOf", { ago: formatter.relativeTime(new Date(Math.min(...moments)), now) })}</span>
      )}
      {pending > 0 && <span>{t("pending", { count: pending })}</span>}
      {error && (
        <span role="alert" className="text-red-700 dark:text-red-400">
          {error.status === 403 ? t("forbidden") : t("error")}
        </span>
      )}
    </p>
  );
}
