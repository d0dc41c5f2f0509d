/** Texts for durations, times and JSON, the same in every view. */

/** Milliseconds since 1970 of a timestamp: ISO text, or seconds. NaN of anything else. */
export function toMillis(timestamp: string | number | undefined): number {
  if (typeof timestamp === "number") return timestamp * 1000;
  return timestamp === undefined ? Number.NaN : Date.parse(timestamp);
}

/** A duration for people: "0 ms", "340 ms", "2.50 s", "3 min 20 s", "4 h 10 min", "29 d 14 h". */
export function duration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return "";
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(2)} s`;
  const units: [number, string, number, string][] = [
    [60, "min", 1, "s"],
    [3600, "h", 60, "min"],
    [86_400, "d", 3600, "h"],
  ];
  const [large, largeName, small, smallName] = units.findLast(([size]) => seconds >= size) ?? [60, "min", 1, "s"];
  const whole = Math.floor(seconds / large);
  const rest = Math.floor((seconds - whole * large) / small);
  return rest === 0 ? `${whole} ${largeName}` : `${whole} ${largeName} ${rest} ${smallName}`;
}

/** An ISO time with milliseconds and zone; "" of no time. */
export function isoTime(milliseconds: number): string {
  return Number.isFinite(milliseconds) ? new Date(milliseconds).toISOString() : "";
}

/** JSON text indented by two; a text that is not JSON stays as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** The sentence of a cause: that of a Lambda function is JSON with the exception's text in errorMessage. */
export function causeText(cause: string): string {
  try {
    const parsed: unknown = JSON.parse(cause);
    if (parsed !== null && typeof parsed === "object" && "errorMessage" in parsed) return String(parsed.errorMessage);
  } catch {
    return cause;
  }
  return cause;
}
