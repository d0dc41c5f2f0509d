/**
 * Sentences of the API in German: what a field accepts, why an image was rejected, how an invoice differs,
 * why nothing is known of a message that failed.
 *
 * The API writes them in English by templates such as "at most {} items", which are the keys of the catalogues: a test
 * of the API compares them with its source. Any other text is returned as it is.
 */

import accepted from "./accepted-de.json";
import differences from "./differences-de.json";
import failures from "./failures-de.json";
import rejections from "./rejections-de.json";

type Rule = readonly [RegExp, string];
type Words = Readonly<Record<string, string>>;
/** Return a time in German, in the shop's time zone. */
type FormatTime = (iso: string) => string;

const ACCEPTED = rulesOf(accepted);
const REJECTIONS = rulesOf(rejections);
const FAILURES = rulesOf(failures);
/** Values of which one is accepted, such as 'cash', 'card' or 'exchange'. */
const QUOTED = /^'[^']*'(?:, '[^']*')* or '[^']*'$/;

/** Return the rules of a catalogue, those with the most words first: "at most {} items" before "at most {}". */
function rulesOf(catalogue: Record<string, string>): Rule[] {
  const wordsOf = (template: string): number => template.replaceAll("{}", "").length;
  return Object.entries(catalogue)
    .sort(([one], [other]) => wordsOf(other) - wordsOf(one))
    .map(([template, german]) => {
      const parts = template.split("{}").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      return [new RegExp(`^${parts.join("(.+?)")}$`, "s"), german];
    });
}

/** Return what a field accepts. words: values of the API in German. */
export function acceptedInGerman(text: string, words: Words, time: FormatTime): string {
  if (QUOTED.test(text)) return text.replace(/ or (?='[^']*'$)/, " oder ").replace(/'([^']*)'/g, (_, value: string) => inGerman(value, words, time));
  return translated(ACCEPTED, text, words, time);
}

/** Return why an image was rejected. */
export function rejectionInGerman(text: string, time: FormatTime): string {
  return translated(REJECTIONS, text, {}, time);
}

/** Return why a message failed; what an error said is not translated. */
export function failureInGerman(text: string, time: FormatTime): string {
  return translated(FAILURES, text, {}, time);
}

/** Return how a supplier's invoice differs, which the API writes as "MUG: unit price 4.60 EUR; expected 4.50 EUR". */
export function differenceInGerman(text: string, time: FormatTime): string {
  const match = /^(.+): (quantity|unit price|amount) (.+); expected (.+)$/.exec(text);
  if (match === null) return text;
  const words: Words = differences;
  const [subject = "", value = "", billed = "", expected = ""] = match.slice(1).map((one) => inGerman(one, words, time));
  return `${subject}: ${value} ${billed}; erwartet ${expected}`;
}

function translated(rules: readonly Rule[], text: string, words: Words, time: FormatTime): string {
  for (const [pattern, german] of rules) {
    const match = pattern.exec(text);
    if (match !== null) return german.replace(/\{(\d)\}/g, (_, position: string) => part(match[Number(position) + 1] ?? "", rules, words, time));
  }
  return text;
}

/** A part of a text: a text of its own, or values. */
function part(text: string, rules: readonly Rule[], words: Words, time: FormatTime): string {
  const german = translated(rules, text, words, time);
  return german === text ? text.split(", ").map((value) => inGerman(value, words, time)).join(", ") : german;
}

/** A value in German: a word of the API, a day, a time or a number. */
function inGerman(value: string, words: Words, time: FormatTime): string {
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return new Intl.DateTimeFormat("de", { dateStyle: "medium", timeZone: "UTC" }).format(new Date(value));
  if (/^\d{4}-\d\d-\d\dT\S+$/.test(value)) return time(value);
  if (/^-?\d+(,\d{3})*(\.\d+)?( [A-Z]{3})?$/.test(value)) return value.replace(/[.,]/g, (sign) => (sign === "." ? "," : "."));
  return words[value] ?? value;
}
