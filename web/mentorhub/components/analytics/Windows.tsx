"use client";

import { useTranslations } from "next-intl";

const WINDOWS = [7, 30, 90, 365];

interface WindowsProps {
  days: number;
  onChange: (days: number) => void;
  /** What they are windows of, for who can't see them. */
  label: string;
}

/** So many days, by a button each. */
export function Windows({ days, onChange, label }: WindowsProps) {
  const t = useTranslations("analytics");
  return (
    <div className="ms-auto flex flex-wrap gap-1" role="group" aria-label={label}>
      {WINDOWS.map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={each === days}
          onClick={() => onChange(each)}
          className="rounded-md border border-gray-300 px-3 py-1 text-sm text-gray-800 aria-pressed:bg-gray-900 aria-pressed:text-white dark:border-gray-600 dark:text-gray-200 dark:aria-pressed:bg-gray-100 dark:aria-pressed:text-gray-900"
        >
          {t("days", { count: each })}
        </button>
      ))}
    </div>
  );
}
