import type { Metric, MetricColumn, MetricValue, Said } from "@mentorhub/analytics";

import type { Day } from "./charts/days.js";
import { headingIn, ownTitleIn, TITLES } from "./i18n/catalogue.js";
import type { Words } from "./i18n/index.js";
import type { Language } from "./i18n/languages.js";

/** A text, and the language that it is in. */
interface Text {
  text: string;
  lang: string;
}

/** A sentence of a metric's file: they are in Russian and English. */
export function saidIn(said: Said, language: Language): Text {
  return language === "ru" ? { text: said.ru, lang: "ru" } : { text: said.en, lang: "en" };
}

/** `isOwn`: on the page of one mentor. */
export function titleOf({ name, title }: Metric, language: Language, isOwn = false): Text {
  const own = isOwn ? ownTitleIn(name, language) : undefined;
  if (own) return { text: own, lang: language };
  const text = language === "zh" || language === "he" ? TITLES[name]?.[language] : undefined;
  return text ? { text, lang: language } : saidIn(title, language);
}

/** What a column is called; where there is no word for it, in Russian its meaning, otherwise its name. */
export function headingOf({ name, title }: MetricColumn, language: Language): string {
  const heading = headingIn(name, language);
  if (heading) return heading;
  if (language === "ru") return title.ru.split(/[.;:]/, 1)[0] ?? name;
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function isDate({ kind, of }: MetricColumn): boolean {
  return kind === "key" && (of === "day" || of === "week" || of === "month");
}

export function keysOf(metric: Metric): MetricColumn[] {
  return metric.columns.filter(({ kind }) => kind === "key");
}

/** The numbers of a metric that are drawn. */
export function numbersOf(metric: Metric): MetricColumn[] {
  return metric.columns.filter(({ kind }) => kind === "measure" || kind === "ratio");
}

/** Minutes that say more in hours. */
const MANY_MINUTES = 600;

/** What is drawn until a reader chooses: of times their median, which says more than how many there were. */
export function firstOf(metric: Metric): MetricColumn | undefined {
  const numbers = numbersOf(metric);
  const median = metric.chart === "line" && numbers.find(({ name }) => name.startsWith("median_"));
  return median || numbers[0];
}

/** Writes a number in its unit; `currency` is that of amounts. */
export function writer({ f, t }: Words, unit: string, currency: string): (value: number) => string {
  switch (unit) {
    case "money":
      return (value) => f.money(value, currency);
    case "percent":
      return f.percent;
    case "stars":
      return f.rating;
    case "minutes":
      return (value) =>
        Math.abs(value) < MANY_MINUTES
          ? t.cards.minutes(f.number(value))
          : t.metrics.hours(f.count(value / 60));
    case "hours":
      return (value) => t.metrics.hours(f.number(value));
    default:
      return f.number;
  }
}

/** What people read in place of a key's value. */
export function wordOf(key: MetricColumn, value: string, language: Language): string {
  return key.values[value]?.[language] ?? value;
}

/** A key's value as people write it; `mentor` says what one is called. */
export function keyWriter(
  { f, language }: Words,
  key: MetricColumn,
  mentor: (id: number) => string,
): (value: MetricValue) => string {
  if (isDate(key)) return (value) => f.day(String(value));
  if (key.name === "weekday") return (value) => f.weekday(Number(value));
  if (key.name === "hour") return (value) => `${String(value).padStart(2, "0")}:00`;
  if (key.name === "mentor_id") return (value) => (value ? mentor(Number(value)) : "—");
  // MentorHub's ids begin with 1
  if (key.name === "course_id") return (value) => (value ? String(value) : "—");
  return (value) => (value === null ? "—" : wordOf(key, String(value), language));
}

/** Whether the day, week or month that begins with a date is going on; `today` is an ISO day. */
export function isGoingOn({ of: type }: MetricColumn, date: string, today: string): boolean {
  const end = new Date(`${date}T00:00:00Z`);
  if (type === "month") end.setUTCMonth(end.getUTCMonth() + 1);
  else end.setUTCDate(end.getUTCDate() + (type === "week" ? 7 : 1));
  return end.toISOString().slice(0, 10) > today;
}

const calendars = new Map<string, Intl.DateTimeFormat>();

/** The day that a moment is of, where days are counted. */
export function dayOf(moment: Date, timezone: string): string {
  let calendar = calendars.get(timezone);
  if (!calendar) {
    // Sweden writes dates as ISO 8601 does; one takes a while to make
    calendar = new Intl.DateTimeFormat("sv", { timeZone: timezone });
    calendars.set(timezone, calendar);
  }
  return calendar.format(moment);
}

interface Series {
  name: string;
  /** One of its rows: all have the same other keys. */
  row: Record<string, MetricValue>;
  days: Day[];
}

/** Rows of dates and other keys as a series for each combination of the others, the greatest first. */
export function seriesOf(
  rows: readonly Record<string, MetricValue>[],
  date: string,
  others: readonly string[],
  measure: string,
): Series[] {
  const found = new Map<string, Series>();
  for (const row of rows) {
    const name = others.map((key) => row[key] ?? null).join(", ");
    const series = found.get(name) ?? { name, row, days: [] };
    series.days.push({ date: String(row[date]), value: Number(row[measure]) });
    found.set(name, series);
  }
  const sum = (days: Day[]): number => days.reduce((total, { value }) => total + value, 0);
  return [...found.values()].sort((one, other) => sum(other.days) - sum(one.days));
}
