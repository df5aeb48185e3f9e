"use client";

import { useFormatter, useTranslations } from "next-intl";
import { useState } from "react";

import { Freshness } from "@/components/analytics/Freshness";
import { Windows } from "@/components/analytics/Windows";
import { useMetric } from "@/hooks/useAnalyticsData";

/** The page `/funnels`: how many users came from registration to payment within so many days. */
export default function ConversionFunnels() {
  const t = useTranslations("analytics");
  const formatter = useFormatter();
  const [days, setDays] = useState(30);
  const funnel = useMetric("funnel", { with: { window: String(days) } });
  const steps = (funnel.rows ?? []).map((row) => ({
    name: String(row["step"]).replace(/^\d+_/, ""),
    users: Number(row["users"]),
    share: Number(row["share"]),
    hours: Number(row["median_hours"]),
  }));
  const percent = (value: number) =>
    formatter.number(value / 100, { style: "percent", maximumFractionDigits: 2 });
  const time = (hours: number) =>
    hours < 48
      ? formatter.number(hours, { style: "unit", unit: "hour" })
      : formatter.number(hours / 24, { style: "unit", unit: "day", maximumFractionDigits: 1 });

  return (
    <section className="space-y-6" aria-busy={funnel.isLoading || funnel.isChanging}>
      <header className="flex flex-wrap items-center gap-4">
        <h2 className="text-xl font-semibold text-gray-900 dark:text-gray-50">{t("funnel")}</h2>
        <Freshness of={[funnel]} />
        <Windows days={days} onChange={setDays} label={t("within")} />
      </header>
      <div
        className="min-h-64 overflow-x-auto rounded-xl border border-gray-200 bg-white p-5 dark:border-gray-700 dark:bg-gray-800"
        tabIndex={0}
        role="region"
        aria-label={t("funnel")}
      >
        <table className="w-full min-w-[36rem] text-sm">
          <caption className="mb-3 text-start text-gray-600 dark:text-gray-400">
            {t("withinDays", { count: days })}
          </caption>
          <thead className="text-gray-600 dark:text-gray-400">
            <tr>
              <th scope="col" className="py-1 text-start font-normal">{t("step")}</th>
              <td className="w-2/5" />
              <th scope="col" className="py-1 text-end font-normal">{t("users")}</th>
              <th scope="col" className="py-1 text-end font-normal">{t("share")}</th>
              <th scope="col" className="py-1 text-end font-normal">{t("ofBefore")}</th>
              <th scope="col" className="py-1 text-end font-normal">{t("median")}</th>
            </tr>
          </thead>
          <tbody>
            {steps.map(({ name, users, share, hours }, place) => {
              const before = steps[place - 1]?.users;
              return (
                <tr key={name} className="border-t border-gray-200 dark:border-gray-700">
                  <th scope="row" className="py-2.5 pe-3 text-start font-normal">
                    {t.has(`steps.${name}`) ? t(`steps.${name}`) : name}
                  </th>
                  <td aria-hidden="true">
                    <div
                      className="h-4 min-w-px rounded bg-emerald-700 dark:bg-emerald-400"
                      style={{ inlineSize: `${share}%` }}
                    />
                  </td>
                  <td className="ps-3 text-end tabular-nums">
                    <data value={users}>{formatter.number(users)}</data>
                  </td>
                  <td className="ps-3 text-end tabular-nums">
                    <data value={share}>{percent(share)}</data>
                  </td>
                  <td className="ps-3 text-end tabular-nums">
                    {before ? percent((100 * users) / before) : "—"}
                  </td>
                  <td className="ps-3 text-end tabular-nums">
                    {place && users ? <data value={hours}>{time(hours)}</data> : "—"}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
