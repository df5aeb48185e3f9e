import { paths, useAnswer, useUserGrowth, type PlatformStats } from "@mentorhub/analytics";
import type { ReactElement } from "react";

import { LONGEST, show, useView, type Page } from "./address.js";
import { WINDOWS } from "./commands.js";
import { useWords } from "./i18n/index.js";

const DAY = 86_400_000;

/** Which window, compared with what, in which currency. */
export function Toolbar({ page }: { page: Page }): ReactElement {
  const { days, from, to, compare, currency } = useView();
  const { f, t } = useWords();
  const growth = useUserGrowth(days, { compare });
  const stats = useAnswer<PlatformStats>("platform", paths.platform({ compare, currency }));
  const window = growth.answer?.window;
  const range = page === "metrics" && from && to ? { from, to } : null;
  const asked = range ?? window;
  const before = compare && asked ? daysBefore(asked) : null;
  const shown = currency ?? stats.answer?.currency ?? "";
  const currencies = [...new Set([...(stats.answer?.currencies ?? []), shown])].filter(Boolean);
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
      {asked && page === "metrics" && (
        <span className="since">
          {(["from", "to"] as const).map((end) => (
            <label key={end}>
              {t.window[end]}{" "}
              <input
                type="date"
                value={asked[end]}
                max={window?.to}
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
