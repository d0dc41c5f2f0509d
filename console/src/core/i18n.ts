/** Texts of the console in the chosen language. */

import { de } from "../texts/de";
import { en, type Messages } from "../texts/en";
import { usePreferences } from "./preferences";

const TEXTS: Record<"en" | "de", Messages> = { en, de };

export interface Language {
  code: "en" | "de";
  text: Messages;
  date: (iso: string | null | undefined) => string;
  problem: (title: string, fallback: string) => string;
  /** The name of a type of tender. */
  tender: (type: string) => string;
}

export function languageOf(code: "en" | "de"): Language {
  const text = TEXTS[code];
  const tenders: Record<string, string> = text.till.tenders;
  const formatter = new Intl.DateTimeFormat(code, { dateStyle: "medium", timeStyle: "short" });
  return {
    code,
    text,
    date: (iso) => (iso === null || iso === undefined || iso === "" ? "–" : formatter.format(new Date(iso))),
    problem: (title, fallback) => text.problems[title] ?? (fallback === "" ? text.unexpected : fallback),
    tender: (type) => tenders[type] ?? type,
  };
}

const LANGUAGES = { en: languageOf("en"), de: languageOf("de") };

export function useLanguage(): Language {
  return LANGUAGES[usePreferences().language];
}
