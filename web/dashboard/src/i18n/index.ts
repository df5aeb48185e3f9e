import { useMemo } from "react";

import { usePreferences } from "../preferences.js";
import { en } from "./en.js";
import { he } from "./he.js";
import { ru } from "./ru.js";
import { zh } from "./zh.js";
import type { Language } from "./languages.js";
import { formats, type Formats } from "./formats.js";
import type { Messages } from "./messages.js";

const MESSAGES: Record<Language, (f: Formats) => Messages> = { ru, en, zh, he };

export interface Words {
  language: Language;
  isRightToLeft: boolean;
  f: Formats;
  t: Messages;
}

const known = new Map<Language, Words>();

export function words(language: Language): Words {
  let found = known.get(language);
  if (!found) {
    const f = formats(language);
    found = { language, isRightToLeft: language === "he", f, t: MESSAGES[language](f) };
    known.set(language, found);
  }
  return found;
}

export function useWords(): Words {
  const { language } = usePreferences();
  return useMemo(() => words(language), [language]);
}
