/** The time at which a day (YYYY-MM-DD) begins in a time zone, in UTC. */
export function startOfDay(day: string, timeZone: string): string {
  const clock = new Intl.DateTimeFormat("en", {
    timeZone, calendar: "iso8601", hourCycle: "h23",
    year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
  });
  const ahead = (time: number): number => {
    const parts = clock.formatToParts(time).map(({ type, value }) => [type, Number(value)]);
    const { year = 0, month = 0, day: dayOfMonth, hour, minute, second } = Object.fromEntries(parts) as Record<string, number>;
    return Date.UTC(year, month - 1, dayOfMonth, hour, minute, second) - time;
  };
  const midnight = Date.parse(`${day}T00:00:00Z`);
  // The clocks may have been changed between midnight there and midnight in UTC.
  const near = midnight - ahead(midnight);
  return new Date(midnight - ahead(near)).toISOString().replace(".000Z", "Z");
}
