"use client";

import { useFormatter, useTranslations } from "next-intl";
import { useMemo, useState } from "react";

import { DayChart } from "@/components/analytics/DayChart";
import { Freshness } from "@/components/analytics/Freshness";
import { StatCard } from "@/components/analytics/StatCard";
import { Windows } from "@/components/analytics/Windows";
import {
  useCoursePerformance,
  usePlatformStats,
  useRevenue,
  useSessionAnalytics,
  useUserGrowth,
} from "@/hooks/useAnalyticsData";

const PANEL =
  "rounded-xl border border-gray-200 bg-white p-5 dark:border-gray-700 dark:bg-gray-800";

/** The page `/analytics`: the platform in a window of days, compared with as many days before. */
export default function AnalyticsDashboard() {
  const t = useTranslations("analytics");
  const formatter = useFormatter();
  const [days, setDays] = useState(30);
  const platform = usePlatformStats({ compare: true });
  const growth = useUserGrowth(days, { compare: true });
  const sessions = useSessionAnalytics(days, { compare: true });
  const revenue = useRevenue(days, { compare: true });
  const courses = useCoursePerformance({ limit: 10, sort: "enrollments", order: "desc" });

  const joined = useMemo(
    () => (growth.data ?? []).map(({ date, new_users }) => ({ date, value: new_users })),
    [growth.data],
  );
  const income = useMemo(
    () =>
      (revenue.analytics?.daily_revenue ?? []).map((day) => ({
        date: day.date,
        value: day.revenue,
      })),
    [revenue.analytics],
  );
  const count = (value: number) => formatter.number(value);
  const percent = (value: number) =>
    formatter.number(value / 100, { style: "percent", maximumFractionDigits: 2 });
  // The currency that the API says the amounts are in, not one that is written here.
  const currency = revenue.answer?.currency ?? "RUB";
  const money = (value: number) =>
    formatter.number(value, { style: "currency", currency, currencyDisplay: "narrowSymbol" });
  const statuses = Object.entries(sessions.analytics?.by_status ?? {});
  const most = Math.max(...statuses.map(([, number]) => number), 1);

  return (
    <section className="space-y-6" aria-busy={growth.isChanging || growth.isLoading}>
      <header className="flex flex-wrap items-center gap-4">
        <h2 className="text-xl font-semibold text-gray-900 dark:text-gray-50">{t("title")}</h2>
        <Freshness of={[platform, growth, sessions, revenue, courses]} />
        <Windows days={days} onChange={setDays} label={t("window")} />
      </header>

      <div className="grid gap-4 sm:grid-cols-2 xl:grid-cols-4">
        <StatCard
          title={t("users")}
          value={platform.stats?.users.total}
          format={count}
          change={platform.stats?.comparison?.metrics["users.total"]}
        />
        <StatCard
          title={t("sessions")}
          value={sessions.analytics?.total}
          format={count}
          change={sessions.comparison?.metrics["total"]}
        />
        <StatCard
          title={t("completion")}
          value={platform.stats?.sessions.completion_rate}
          format={percent}
          change={platform.stats?.comparison?.metrics["sessions.completion_rate"]}
          inPoints
        />
        <StatCard
          title={t("revenue")}
          value={revenue.analytics?.total_revenue}
          format={money}
          change={revenue.comparison?.metrics["total_revenue"]}
        />
      </div>

      <div className="grid gap-4 lg:grid-cols-2">
        <div className={PANEL}>
          <DayChart title={t("newUsers")} days={joined} format={count} />
        </div>
        <div className={PANEL}>
          <DayChart title={t("revenueByDay")} days={income} format={money} />
        </div>
      </div>

      <div className="grid gap-4 lg:grid-cols-2">
        <div className={PANEL}>
          <h3 className="mb-3 text-sm font-medium text-gray-900 dark:text-gray-50">
            {t("byStatus")}
          </h3>
          <dl className="space-y-2 text-sm">
            {statuses.map(([status, number]) => (
              <div key={status} className="grid grid-cols-[8rem_1fr_4rem] items-center gap-3">
                <dt className="text-gray-700 dark:text-gray-300">
                  {t.has(`statuses.${status}`) ? t(`statuses.${status}`) : status}
                </dt>
                <dd aria-hidden="true" className="h-2 rounded bg-gray-100 dark:bg-gray-700">
                  <div
                    className="h-2 rounded bg-emerald-700 dark:bg-emerald-400"
                    style={{ inlineSize: `${(100 * number) / most}%` }}
                  />
                </dd>
                <dd className="text-end tabular-nums">
                  <data value={number}>{count(number)}</data>
                </dd>
              </div>
            ))}
          </dl>
        </div>
        <div className={`${PANEL} overflow-x-auto`} tabIndex={0} role="region" aria-label={t("courses")}>
          <table className="w-full text-sm">
            <caption className="mb-3 text-start text-sm font-medium text-gray-900 dark:text-gray-50">
              {t("courses")}
            </caption>
            <thead className="text-gray-600 dark:text-gray-400">
              <tr>
                <th scope="col" className="py-1 text-start font-normal">{t("course")}</th>
                <th scope="col" className="py-1 text-end font-normal">{t("enrollments")}</th>
                <th scope="col" className="py-1 text-end font-normal">{t("completion")}</th>
              </tr>
            </thead>
            <tbody>
              {courses.courses?.map((course) => (
                <tr key={course.course_id} className="border-t border-gray-200 dark:border-gray-700">
                  <th scope="row" className="max-w-64 py-1.5 text-start font-normal">
                    <bdi>{course.course_title}</bdi>
                  </th>
                  <td className="py-1.5 text-end tabular-nums">
                    <data value={course.enrollments}>{count(course.enrollments)}</data>
                  </td>
                  <td className="py-1.5 text-end tabular-nums">
                    <data value={course.completion_rate}>{percent(course.completion_rate)}</data>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </section>
  );
}
