import { useSyncExternalStore } from "react";

import { LANGUAGES, type Language } from "./i18n/languages.js";

/**
 * A reader's own: not in the address, so that a link does not force one's language on another. Where
 * nobody can choose (a screen on a wall), `?lang=he&theme=dark` says it.
 */
export type Theme = "light" | "dark" | "system";

export const THEMES: Theme[] = ["system", "light", "dark"];

/** As MentorHub's front end keeps its own: on one origin both are the same. */
const THEME_KEY = "mentorhub-theme";
const LANGUAGE_KEY = "analytics-language";
const KEYS_KEY = "analytics-keys";

interface Preferences {
  theme: Theme;
  language: Language;
  /** Whether single letters are commands: WCAG 2.1.4 wants a way to turn them off. */
  keys: boolean;
}

function oneOf<T extends string>(known: readonly T[], ...given: (string | null)[]): T | undefined {
  return given.find((text): text is T => known.includes(text as T)) as T | undefined;
}

function read(): Preferences {
  const given = new URLSearchParams(location.search);
  return {
    theme: oneOf(THEMES, given.get("theme"), localStorage.getItem(THEME_KEY)) ?? "system",
    language: oneOf(LANGUAGES, given.get("lang"), localStorage.getItem(LANGUAGE_KEY)) ?? "ru",
    keys: localStorage.getItem(KEYS_KEY) !== "off",
  };
}

let preferences = read();

const dark = matchMedia("(prefers-color-scheme: dark)");

export function apply(): void {
  const { theme, language } = preferences;
  const root = document.documentElement;
  root.classList.toggle("dark", theme === "dark" || (theme === "system" && dark.matches));
  root.lang = language;
  root.dir = language === "he" ? "rtl" : "ltr";
}

dark.addEventListener("change", apply);

const watchers = new Set<() => void>();

export function prefer(change: Partial<Preferences>): void {
  preferences = { ...preferences, ...change };
  if (change.theme) localStorage.setItem(THEME_KEY, change.theme);
  if (change.language) localStorage.setItem(LANGUAGE_KEY, change.language);
  if (change.keys !== undefined) localStorage.setItem(KEYS_KEY, change.keys ? "on" : "off");
  apply();
  for (const watcher of watchers) watcher();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => preferences,
  );
}
