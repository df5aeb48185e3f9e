import type { Metric, MetricColumn } from "@mentorhub/analytics";
import { useId, useState, type ReactElement } from "react";

import { useView } from "../address.js";
import { useWords } from "../i18n/index.js";
import { headingOf, isDate, keysOf, numbersOf, wordOf, writer } from "../metric.js";

/** Windows that an entry may be for. */
const SPANS = [1, 7, 30, 90, 365];

export interface Trouble {
  text: string;
  /** Says whether it went well; otherwise why not, in `text`. */
  attempt: (action: () => Promise<void>) => Promise<boolean>;
}

/** What the API refused to write, as a sentence. */
export function useTrouble(): Trouble {
  const { t } = useWords();
  const [text, say] = useState("");
  const attempt = async (action: () => Promise<void>): Promise<boolean> => {
    try {
      await action();
      say("");
      return true;
    } catch (error) {
      say(error instanceof Error ? error.message : t.states.error);
      return false;
    }
  };
  return { text, attempt };
}

export function Refused({ of: { text } }: { of: Trouble }): ReactElement | null {
  return text ? (
    <p className="detail" role="alert" lang="en" dir="ltr">
      {text}
    </p>
  ) : null;
}

/** Which number of a metric an entry is about. */
export interface About {
  metric: string;
  measure: string;
  days: number;
  filters: Record<string, string>;
}

/** The fields that say which number it is, and what they say. */
export function useAbout(metric: Metric, currency: string | null): { fields: ReactElement; about: About } {
  const { language, t } = useWords();
  const { measure: shown } = useView();
  const numbers = numbersOf(metric);
  const keys = keysOf(metric).filter((key) => !isDate(key) && key.name !== "currency");
  const [chosen, choose] = useState(shown);
  const [days, setDays] = useState(1);
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const known = useId();
  const column = numbers.find(({ name }) => name === chosen) ?? numbers[0];
  const isApart = keysOf(metric).some(({ name }) => name === "currency");
  const filters = { ...(isApart && currency ? { currency } : {}), ...(key ? { [key]: value } : {}) };
  const fields = (
    <>
      <select aria-label={t.metrics.measure} value={column?.name} onChange={({ target }) => choose(target.value)}>
        {numbers.map((each) => (
          <option key={each.name} value={each.name}>
            {headingOf(each, language)}
          </option>
        ))}
      </select>
      {keys.length > 0 && (
        <select aria-label={t.entries.only} value={key} onChange={({ target }) => setKey(target.value)}>
          <option value="">{t.entries.everything}</option>
          {keys.map((each) => (
            <option key={each.name} value={each.name}>
              {headingOf(each, language)}
            </option>
          ))}
        </select>
      )}
      {key && (
        <>
          <input
            required
            maxLength={200}
            aria-label={t.entries.value}
            placeholder={t.entries.value}
            list={known}
            value={value}
            onChange={({ target }) => setValue(target.value)}
          />
          <datalist id={known}>
            {Object.entries(keys.find(({ name }) => name === key)?.values ?? {}).map(([each, word]) => (
              <option key={each} value={each} label={word[language]} />
            ))}
          </datalist>
        </>
      )}
      {metric.parameters.includes("days") && (
        <select aria-label={t.window.label} value={days} onChange={({ target }) => setDays(Number(target.value))}>
          {SPANS.map((span) => (
            <option key={span} value={span}>
              {t.window.days(span)}
            </option>
          ))}
        </select>
      )}
    </>
  );
  return { fields, about: { metric: metric.name, measure: column?.name ?? "", days, filters } };
}

/** Which number it is, in words, and how to write it. */
export function useNumber(metric: Metric | undefined, about: About): { name: string; format: (value: number) => string } {
  const words = useWords();
  const { language, t } = words;
  const column: MetricColumn | undefined = metric && numbersOf(metric).find(({ name }) => name === about.measure);
  const heading = column ? headingOf(column, language) : about.measure;
  const of = Object.entries(about.filters)
    .filter(([key]) => key !== "currency")
    .map(([name, value]) => {
      const key = metric && keysOf(metric).find((each) => each.name === name);
      if (!key) return `${name} ${value}`;
      return key.values[value] ? wordOf(key, value, language) : `${headingOf(key, language)} ${value}`;
    });
  const days = metric && !metric.parameters.includes("days") ? [] : [t.window.days(about.days)];
  return {
    name: [heading, ...of, ...days].join(" · "),
    format: writer(words, column?.of ?? "count", about.filters["currency"] ?? "RUB"),
  };
}
