import { paths, useAnswer, useUserGrowth, type PlatformStats } from "@mentorhub/analytics";
import type { ReactElement } from "react";

import { LONGEST, show, useView } from "./address.js";
import { WINDOWS } from "./commands.js";
import { useWords } from "./i18n/index.js";

const DAY = 86_400_000;

/** Which window, compared with what, in which currency. */
export function Toolbar(): ReactElement {
  const { days, compare, currency } = useView();
  const { f, t } = useWords();
  const growth = useUserGrowth(days, { compare });
  const stats = useAnswer<PlatformStats>("platform", paths.platform({ compare, currency }));
  const window = growth.answer?.window;
  const before = growth.comparison;
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
            aria-pressed={days === each}
            onClick={() => show({ days: each })}
          >
            {t.window.days(each)}
          </button>
        ))}
      </fieldset>
      {window && (
        <label className="since">
          {t.window.since}{" "}
          <input
            type="date"
            value={dayBefore(window.to, days - 1)}
            min={dayBefore(window.to, LONGEST - 1)}
            max={window.to}
            onChange={({ target }) => {
              const asked = 1 + Math.round((Date.parse(window.to) - Date.parse(target.value)) / DAY);
              if (asked >= 1 && asked <= LONGEST) show({ days: asked });
            }}
          />
        </label>
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
      {window && (
        <p className="range">
          <span>{f.range(window.from, window.to)}</span>
          {before?.from && (
            <span className="quiet"> {t.versus(f.range(before.from, before.to))}</span>
          )}{" "}
          <abbr className="zone" title={t.zone(window.timezone)}>
            {window.timezone}
          </abbr>
        </p>
      )}
    </div>
  );
}

function dayBefore(day: string, days: number): string {
  return new Date(Date.parse(day) - days * DAY).toISOString().slice(0, 10);
}
