export const LANGUAGES = ["ru", "en", "zh", "he"] as const;

export type Language = (typeof LANGUAGES)[number];

/** As each calls itself. */
export const NAMES: Record<Language, string> = {
  ru: "Русский",
  en: "English",
  zh: "中文",
  he: "עברית",
};
