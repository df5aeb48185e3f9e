"use client";

import { useFormatter, useTranslations } from "next-intl";

import { Freshness } from "@/components/analytics/Freshness";
import { useMyEngagement } from "@/hooks/useAnalyticsData";

const RADIUS = 44;
const AROUND = 2 * Math.PI * RADIUS;

/** What belongs on `/stats`: a learner's score, its four parts and what they are made of. */
export default function UserStats() {
  const t = useTranslations("analytics");
  const formatter = useFormatter();
  const engagement = useMyEngagement();
  const score = engagement.engagement_score ?? 0;
  const sessions = Math.min(3 * (engagement.sessions_attended ?? 0), 30);
  const courses = Math.min(5 * (engagement.courses_enrolled ?? 0), 25);
  const reviews = Math.min(5 * (engagement.reviews_written ?? 0), 15);
  const parts = [
    ["sessions", sessions, 30, formatter.number(engagement.sessions_attended ?? 0)],
    ["courses", courses, 25, formatter.number(engagement.courses_enrolled ?? 0)],
    [
      "progress",
      // the rest of the score: 0.3 × the average as it is shown would be off where that was rounded
      score - sessions - courses - reviews,
      30,
      formatter.number((engagement.avg_progress ?? 0) / 100, {
        style: "percent",
        maximumFractionDigits: 2,
      }),
    ],
    ["reviews", reviews, 15, formatter.number(engagement.reviews_written ?? 0)],
  ] as const;

  return (
    <section
      className="rounded-xl border border-gray-200 bg-white p-6 dark:border-gray-700 dark:bg-gray-800"
      aria-busy={engagement.isLoading}
    >
      <header className="flex flex-wrap items-center justify-between gap-3">
        <h2 className="text-lg font-semibold text-gray-900 dark:text-gray-50">{t("engagement")}</h2>
        <Freshness of={[engagement]} />
      </header>
      <div className="mt-5 grid items-center gap-8 sm:grid-cols-[auto_1fr]">
        <div className="relative mx-auto size-40">
          <svg viewBox="0 0 100 100" className="size-full -rotate-90 rtl:-scale-y-100" aria-hidden="true">
            <circle
              className="fill-none stroke-gray-200 dark:stroke-gray-700"
              strokeWidth={9}
              cx={50}
              cy={50}
              r={RADIUS}
            />
            <circle
              className="fill-none stroke-emerald-700 dark:stroke-emerald-400"
              strokeWidth={9}
              strokeLinecap="round"
              strokeDasharray={`${(score / 100) * AROUND} ${AROUND}`}
              cx={50}
              cy={50}
              r={RADIUS}
            />
          </svg>
          <p className="absolute inset-0 grid place-content-center text-center">
            <data value={score} className="text-4xl font-semibold tabular-nums text-gray-900 dark:text-gray-50">
              {engagement.engagement_score === undefined ? "…" : formatter.number(score)}
            </data>
            <span className="text-xs text-gray-600 dark:text-gray-400">
              {t("of", { most: formatter.number(100) })}
            </span>
          </p>
        </div>
        <dl className="space-y-3 text-sm">
          {parts.map(([name, points, most, amount]) => (
            <div key={name} className="grid grid-cols-[1fr_6rem_5rem] items-center gap-3">
              <dt className="text-gray-700 dark:text-gray-300">
                {t(`parts.${name}`)} <span className="text-gray-500 dark:text-gray-400">{amount}</span>
              </dt>
              <dd aria-hidden="true" className="h-2 rounded bg-gray-100 dark:bg-gray-700">
                <div
                  className="h-2 rounded bg-emerald-700 dark:bg-emerald-400"
                  style={{ inlineSize: `${(100 * points) / most}%` }}
                />
              </dd>
              <dd className="text-end tabular-nums">
                <data value={points}>{formatter.number(points)}</data>{" "}
                <span className="text-gray-600 dark:text-gray-400">
                  {t("of", { most: formatter.number(most) })}
                </span>
              </dd>
            </div>
          ))}
        </dl>
      </div>
    </section>
  );
}
