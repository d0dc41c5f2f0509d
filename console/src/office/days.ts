/** Days of a time zone as the instants that they begin at. */

const DAY_MS = 86_400_000;
// No zone is further from UTC.
const FURTHEST_MS = 15 * 3_600_000;

/** Whether a text is a day that exists, such as 2026-01-31. */
export function isDay(text: string): boolean {
  const milliseconds = Date.parse(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(text);
}

/** The day after, as a text. */
export function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
}

/**
 * The first second of a day in a time zone, as the API takes a time.
 *
 * It is not always midnight: where clocks are put forward at midnight, the day begins at one o'clock.
 */
export function startOfDay(day: string, timeZone: string): string {
  const formatter = new Intl.DateTimeFormat("en", { timeZone, calendar: "gregory", numberingSystem: "latn", year: "numeric", month: "2-digit", day: "2-digit" });
  const isReached = (milliseconds: number): boolean => {
    const parts = Object.fromEntries(formatter.formatToParts(milliseconds).map(({ type, value }) => [type, value]));
    return `${(parts.year ?? "").padStart(4, "0")}-${parts.month}-${parts.day}` >= day;
  };
  const middle = Date.parse(`${day}T00:00:00Z`);
  let [before, reached] = [middle - FURTHEST_MS, middle + FURTHEST_MS];
  while (reached - before > 1_000) {
    const between = before + Math.floor((reached - before) / 2_000) * 1_000;
    if (isReached(between)) reached = between;
    else before = between;
  }
  return `${new Date(reached).toISOString().slice(0, 19)}Z`;
}

/** The query of a list for the days that were chosen: their times in the shop's time zone. The API refuses a text that is not a day. */
export function timesOf(query: Record<string, string>, timeZone: string): Record<string, string> {
  const { first_day: first = "", last_day: last = "", ...rest } = query;
  if ((first !== "" && !isDay(first)) || (last !== "" && !isDay(last))) return query;
  return {
    ...rest,
    ...(first === "" ? {} : { start: startOfDay(first, timeZone) }),
    ...(last === "" ? {} : { end: startOfDay(dayAfter(last), timeZone) }),
  };
}
