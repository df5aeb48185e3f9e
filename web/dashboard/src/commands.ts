import { paths, useAnswer, type PlatformStats } from "@mentorhub/analytics";
import { useSWRConfig } from "swr";

import { PAGES, show, useView, type Page } from "./address.js";
import { useWords } from "./i18n/index.js";
import { LANGUAGES, NAMES } from "./i18n/languages.js";
import { prefer, THEMES, usePreferences } from "./preferences.js";
import { says } from "./session.js";

export const WINDOWS = [7, 30, 90, 365];

/** The pages that a reader is led to: administrators to a mentor's by that mentor's name. */
export function pagesOf(page: Page): readonly Page[] {
  if (says("admin") || page === "platform" || page === "metrics") {
    return PAGES.filter((each) => each !== "mentor" || each === page);
  }
  return says("mentor") || page === "mentor" ? ["mentor", "me"] : [];
}

/** Something that a reader can have done. */
export interface Command {
  name: string;
  /** The single letter that does it, too. */
  key?: string;
  run: () => void;
}

/** Everything that can be done on a page, but for what takes typing. */
export function useCommands(page: Page): Command[] {
  const { t } = useWords();
  const { compare, tables } = useView();
  const { theme } = usePreferences();
  const { mutate } = useSWRConfig();
  const currencies = useCurrencies(page);
  const pages = pagesOf(page);
  const other = pages[(pages.indexOf(page) + 1) % pages.length] ?? page;
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
  return [
    ...WINDOWS.map((days, at) => ({
      name: `${t.window.label}: ${t.window.days(days)}`,
      key: String(at + 1),
      run: () => show({ days, from: null, to: null }),
    })),
    { name: t.help.compare, key: "c", run: () => show({ compare: !compare }) },
    { name: t.help.tables, key: "t", run: () => show({ tables: tables.length ? [] : charts() }) },
    { name: t.help.search, key: "/", run: () => document.getElementById("search")?.focus() },
    { name: t.help.pages, key: "p", run: () => show({ page: other }) },
    ...pages.map((each) => ({
      name: `${t.pages.label}: ${t.pages[each]}`,
      run: () => show({ page: each }),
    })),
    { name: t.help.theme, key: "d", run: () => prefer({ theme: next }) },
    ...THEMES.map((each) => ({
      name: `${t.theme.label}: ${t.theme[each]}`,
      run: () => prefer({ theme: each }),
    })),
    ...LANGUAGES.map((each) => ({
      name: `${t.language}: ${NAMES[each]}`,
      run: () => prefer({ language: each }),
    })),
    ...currencies.map((code) => ({
      name: `${t.currency}: ${code}`,
      run: () => show({ currency: code }),
    })),
    { name: t.help.reload, key: "r", run: () => void mutate(() => true) },
    { name: t.palette.print, run: () => print() },
  ];
}

function useCurrencies(page: Page): string[] {
  const { compare, currency } = useView();
  const path = page === "me" || page === "mentor" ? null : paths.platform({ compare, currency });
  return useAnswer<PlatformStats>("platform", path).answer?.currencies ?? [];
}

/** The panels that can be tables. */
function charts(): string[] {
  const panels = document.querySelectorAll<HTMLElement>("[data-panel]:has(.tools [aria-pressed])");
  return [...panels].map(({ dataset }) => dataset["panel"] ?? "");
}

/** The panels that are there, as places to go to. */
export function places(): Command[] {
  return [...document.querySelectorAll<HTMLElement>("[data-panel]")].map((panel) => ({
    name: panel.querySelector("h2")?.innerText ?? "",
    run: () => {
      panel.scrollIntoView({ block: "start" });
      panel.focus();
    },
  }));
}

/** By what the key writes, or, where that is no Latin letter, by where it is: с is on C's key. */
export function commandOf(commands: readonly Command[], event: KeyboardEvent): Command | undefined {
  const place = /^Key([A-Z])$/.exec(event.code)?.[1]?.toLowerCase();
  return (
    commands.find(({ key }) => key === event.key) ??
    (/^[a-z]$/i.test(event.key) ? undefined : commands.find(({ key }) => key && key === place))
  );
}
