"use client";

import { useFormatter, useLocale, useTranslations } from "next-intl";
import { useState, type KeyboardEvent, type PointerEvent } from "react";

interface Day {
  date: string;
  value: number;
}

interface DayChartProps {
  title: string;
  days: readonly Day[];
  format: (value: number) => string;
}

const HEIGHT = 100;

/** A number a day, up to 365 of them in any width; also as a table, and by keyboard. */
export function DayChart({ title, days, format }: DayChartProps) {
  const t = useTranslations("analytics");
  const formatter = useFormatter();
  const isRightToLeft = useLocale() === "he";
  const [active, setActive] = useState<number | null>(null);

  const most = Math.max(...days.map(({ value }) => value), 0) || 1;
  const x = (index: number) => (isRightToLeft ? days.length - index - 0.5 : index + 0.5);
  const y = (value: number) => HEIGHT - (value / most) * (HEIGHT - 6);
  const points = days.map(({ value }, index) => `${x(index)},${y(value)}`);
  const day = (date: string) =>
    formatter.dateTime(new Date(`${date}T00:00:00Z`), { dateStyle: "medium", timeZone: "UTC" });

  const within = (index: number) => Math.min(Math.max(index, 0), days.length - 1);
  const look = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    setActive(within(Math.floor((isRightToLeft ? 1 - share : share) * days.length)));
  };
  const move = (event: KeyboardEvent) => {
    const at = active ?? days.length - 1;
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    setActive(within(at + (isRightToLeft ? -step : step)));
  };

  const chosen = active === null ? undefined : days[active];
  return (
    <figure className="m-0">
      <figcaption className="flex flex-wrap justify-between gap-x-4 text-sm">
        <span className="font-medium text-gray-900 dark:text-gray-50">{title}</span>
        <span aria-live="polite" className="min-h-5 tabular-nums text-gray-600 dark:text-gray-400">
          {chosen && `${day(chosen.date)}: ${format(chosen.value)}`}
        </span>
      </figcaption>
      <div
        className="mt-3 h-48 touch-pan-y border-b border-gray-300 dark:border-gray-600"
        role="group"
        aria-label={title}
        tabIndex={0}
        onPointerMove={look}
        onPointerDown={look}
        onPointerLeave={() => setActive(null)}
        onKeyDown={move}
      >
        <svg
          className="block h-full w-full"
          viewBox={`0 0 ${Math.max(days.length, 1)} ${HEIGHT}`}
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          {days.length > 0 && (
            <>
              <path
                className="fill-emerald-700/10 dark:fill-emerald-400/10"
                d={`M${x(0)},${HEIGHT}L${points.join("L")}L${x(days.length - 1)},${HEIGHT}Z`}
              />
              <path
                className="fill-none stroke-emerald-700 dark:stroke-emerald-400"
                strokeWidth={2}
                vectorEffect="non-scaling-stroke"
                strokeLinejoin="round"
                d={`M${points.join("L")}`}
              />
            </>
          )}
          {active !== null && (
            <line
              className="stroke-gray-500"
              vectorEffect="non-scaling-stroke"
              strokeDasharray="2 3"
              x1={x(active)}
              x2={x(active)}
              y1={0}
              y2={HEIGHT}
            />
          )}
        </svg>
      </div>
      <div className="mt-1 flex justify-between text-xs text-gray-600 dark:text-gray-400">
        <span>{days[0] && day(days[0].date)}</span>
        <span>{days.length > 1 && day(days[days.length - 1]?.date ?? "")}</span>
      </div>
      <details className="mt-2 text-sm">
        <summary className="cursor-pointer text-gray-600 dark:text-gray-400">{t("table")}</summary>
        <div className="max-h-64 overflow-auto" tabIndex={0} role="region" aria-label={`${t("table")}: ${title}`}>
          <table className="w-full">
            <thead>
              <tr>
                <th scope="col" className="py-1 text-start font-medium">
                  {t("day")}
                </th>
                <th scope="col" className="py-1 text-end font-medium">
                  {title}
                </th>
              </tr>
            </thead>
            <tbody>
              {[...days].reverse().map(({ date, value }) => (
                <tr key={date} className="border-t border-gray-200 dark:border-gray-700">
                  <th scope="row" className="py-1 text-start font-normal">
                    {day(date)}
                  </th>
                  <td className="py-1 text-end tabular-nums">
                    <data value={value}>{format(value)}</data>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}
