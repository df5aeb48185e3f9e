"use client";

import { useFormatter, useTranslations } from "next-intl";
import type { ReactNode } from "react";

import type { NumberChange } from "@/hooks/useAnalyticsData";

interface StatCardProps {
  title: string;
  value: number | undefined;
  format: (value: number) => string;
  /** The API's own comparison with as many days before; nothing is shown where it has none. */
  change?: NumberChange | undefined;
  /** Rates are compared in percentage points. */
  inPoints?: boolean;
  /** Whether more of it is worse. */
  isBad?: boolean;
  children?: ReactNode;
}

export function StatCard({ title, value, format, change, inPoints, isBad, children }: StatCardProps) {
  return (
    <article className="rounded-xl border border-gray-200 bg-white p-5 dark:border-gray-700 dark:bg-gray-800">
      <h3 className="text-sm text-gray-600 dark:text-gray-400">{title}</h3>
      <p className="mt-1 min-h-9 text-3xl font-semibold tabular-nums tracking-tight text-gray-900 dark:text-gray-50">
        {value === undefined ? (
          <span className="inline-block h-7 w-24 animate-pulse rounded bg-gray-200 motion-reduce:animate-none dark:bg-gray-700" />
        ) : (
          <data value={value}>{format(value)}</data>
        )}
      </p>
      <p className="min-h-5 text-sm">
        <Change change={change} format={format} inPoints={inPoints} isBad={isBad} />
      </p>
      {children}
    </article>
  );
}

function Change({
  change,
  format,
  inPoints,
  isBad,
}: Pick<StatCardProps, "change" | "format" | "inPoints" | "isBad">) {
  const t = useTranslations("analytics");
  const formatter = useFormatter();
  if (!change || change.change === null || change.previous === null) return null;
  const options = { signDisplay: "exceptZero", maximumFractionDigits: 1 } as const;
  const text = inPoints
    ? t("points", { change: formatter.number(change.change, options) })
    : change.change_percent === null
      ? formatter.number(change.change, options)
      : formatter.number(change.change_percent / 100, { style: "percent", ...options });
  const isGood = change.change > 0 !== Boolean(isBad);
  const color =
    change.change === 0
      ? "text-gray-600 dark:text-gray-400"
      : isGood
        ? "text-emerald-700 dark:text-emerald-400"
        : "text-red-700 dark:text-red-400";
  return (
    <>
      <span className={color}>
        <span aria-hidden="true">{change.change > 0 ? "↑" : change.change < 0 ? "↓" : "="} </span>
        {text}
      </span>{" "}
      <span className="text-gray-600 dark:text-gray-400">
        {t("was", { value: format(change.previous) })}
      </span>
    </>
  );
}
