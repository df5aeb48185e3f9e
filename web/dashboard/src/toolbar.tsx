import { paths, useAnswer, useUserGrowth, type Answer, type PlatformStats } from "@mentorhub/analytics";
import type { ReactElement } from "react";

import { LONGEST, show, useView, type Page } from "./address.js";
import { WINDOWS } from "./commands.js";
import { useWords } from "./i18n/index.js";
import { dayOf } from "./metric.js";

const DAY = 86_400_000;

/** Which window, compared with what, in which currency: by what an administrator is answered. */
export function Toolbar({ page }: { page: Page }): ReactElement {
  const { days, compare, currency } = useView();
  const growth = useUserGrowth(days, { compare });
  const stats = useAnswer<PlatformStats>("platform", paths.platform({ compare, currency }));
  return <Choices page={page} window={growth.answer?.window} of={stats.answer} />;
}

/** `window`: the last days, and their time zone; `of`: an answer with amounts. */
export function Choices({
  page,
  window,
  of,
}: {
  page: Page;
  window: Answer<unknown>["window"] | undefined;
  of: Answer<unknown> | undefined;
}): ReactElement {
  const { days, from, to, compare, currency } = useView();
  const { f, t } = useWords();
  const range = page !== "platform" && from && to ? { from, to } : null;
  const asked = range ?? window;
  const today = window && of ? dayOf(of.asOf, window.timezone) : undefined;
  const before = compare && asked ? daysBefore(asked) : null;
  const shown = currency ?? of?.currency ?? "";
  const currencies = [...new Set([...(of?.currencies ?? []), shown])].filter(Boolean);
  return (
    <div className="toolbar">
      <fieldset className="windows">
        <legend className="unseen">{t.window.label}</legend>
        {WINDOWS.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={!range && days === each}
            onClick={() => show({ days: each, from: null, to: null })}
          >
            {t.window.days(each)}
          </button>
        ))}
      </fieldset>
      {window && page === "platform" && (
        <label className="since">
          {t.window.since}{" "}
          <input
            type="date"
            value={dayBefore(window.to, days - 1)}
            min={dayBefore(window.to, LONGEST - 1)}
            max={window.to}
            onChange={({ target }) => {
              const wanted = daysOf({ from: target.value, to: window.to });
              if (wanted >= 1 && wanted <= LONGEST) show({ days: wanted });
            }}
          />
        </label>
      )}
      {asked && page !== "platform" && (
        <span className="since">
          {(["from", "to"] as const).map((end) => (
            <label key={end}>
              {t.window[end]}{" "}
              <input
                type="date"
                value={asked[end]}
                max={today}
                onChange={({ target }) => {
                  const wanted = { from: asked.from, to: asked.to, [end]: target.value };
                  if (daysOf(wanted) >= 1) show(wanted);
                }}
              />
            </label>
          ))}
        </span>
      )}
      <label className="check">
        <input
          type="checkbox"
          checked={compare}
          onChange={({ target }) => show({ compare: target.checked })}
        />
        {t.compare}
      </label>
      {currencies.length > 0 && (
        <label className="choice">
          <span className="unseen">{t.currency}</span>
          <select value={shown} onChange={({ target }) => show({ currency: target.value })}>
            {currencies.map((code) => (
              <option key={code} value={code} title={f.currencyName(code)}>
                {code}
              </option>
            ))}
          </select>
        </label>
      )}
      {window && asked && (
        <p className="range">
          <span>{f.range(asked.from, asked.to)}</span>
          {before && <span className="quiet"> {t.versus(f.range(before.from, before.to))}</span>}{" "}
          <abbr className="zone" title={t.zone(window.timezone)}>
            {window.timezone}
          </abbr>
        </p>
      )}
    </div>
  );
}

interface Range {
  from: string;
  to: string;
}

/** NaN where one of them is no day. */
function daysOf({ from, to }: Range): number {
  return 1 + Math.round((Date.parse(to) - Date.parse(from)) / DAY);
}

/** As many days before, as the API compares. */
function daysBefore(range: Range): Range {
  return { from: dayBefore(range.from, daysOf(range)), to: dayBefore(range.from, 1) };
}

function dayBefore(day: string, days: number): string {
  return new Date(Date.parse(day) - days * DAY).toISOString().slice(0, 10);
}
