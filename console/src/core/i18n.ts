/** Texts of the console in the chosen language. */

import { useContext } from "react";
import { de } from "../texts/de";
import { en, type Messages } from "../texts/en";
import { usePreferences } from "./preferences";
import { ShopContext } from "./shop";

const TEXTS: Record<"en" | "de", Messages> = { en, de };

/** Scripts that are written from right to left. */
const RIGHT_TO_LEFT = new Set(["Adlm", "Arab", "Hebr", "Nkoo", "Rohg", "Syrc", "Thaa"]);

/** The direction of a language's script: that of "ar" is Arabic, that of "az-Arab" too. */
export function directionOf(code: string): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.has(new Intl.Locale(code).maximize().script ?? "") ? "rtl" : "ltr";
}

export interface Language {
  code: "en" | "de";
  text: Messages;
  /** A time in the shop's time zone. */
  date: (iso: string | null | undefined) => string;
  problem: (title: string, fallback: string) => string;
  /** The name of a type of tender. */
  tender: (type: string) => string;
}

export function languageOf(code: "en" | "de", timeZone = "UTC"): Language {
  const text = TEXTS[code];
  const tenders: Record<string, string> = text.till.tenders;
  const formatter = new Intl.DateTimeFormat(code, { dateStyle: "medium", timeStyle: "short", timeZone });
  return {
    code,
    text,
    date: (iso) => (iso === null || iso === undefined || iso === "" ? "–" : formatter.format(new Date(iso))),
    problem: (title, fallback) => text.problems[title] ?? (fallback === "" ? text.unexpected : fallback),
    tender: (type) => tenders[type] ?? type,
  };
}

// A formatter is expensive to create, and a list has a component for each status.
const languages: Record<string, Language> = {};

export function useLanguage(): Language {
  const { language } = usePreferences();
  const timeZone = useContext(ShopContext)?.config.time_zone;
  return (languages[`${language} ${timeZone}`] ??= languageOf(language, timeZone));
}
