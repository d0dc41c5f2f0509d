/** A stock count as it is scanned: pure functions on its lines, and the requests that book them. */

import type { Correction } from "../core/corrections";

export interface CountedLine {
  sku: string;
  name: string;
  counted: number;
  /** Makes the booking of the line happen once. */
  countId: string;
  state: "open" | "booked" | "implausible";
}

/** Count one more unit of a SKU; a line that was booked is counted anew. */
export function countUnit(lines: readonly CountedLine[], sku: string, name: string): CountedLine[] {
  const line = lines.find((one) => one.sku === sku);
  if (line === undefined) return [{ sku, name, counted: 1, countId: crypto.randomUUID(), state: "open" }, ...lines];
  return setCounted(lines, sku, line.state === "booked" ? 1 : line.counted + 1);
}

/** Set the units of a SKU. What was booked before stays booked: another number is another count. */
export function setCounted(lines: readonly CountedLine[], sku: string, counted: number): CountedLine[] {
  return lines.map((line) => (line.sku === sku ? { ...line, counted, state: "open", countId: crypto.randomUUID() } : line));
}

export function setState(lines: readonly CountedLine[], sku: string, state: CountedLine["state"]): CountedLine[] {
  return lines.map((line) => (line.sku === sku ? { ...line, state } : line));
}

export function removeLine(lines: readonly CountedLine[], sku: string): CountedLine[] {
  return lines.filter((line) => line.sku !== sku);
}

/** The count of a line as the API takes it. A person confirms one that is far from the stock. */
export function countRequest(line: CountedLine, location: string, currency: string): Correction {
  return { count_id: line.countId, location, sku: line.sku, currency, counted: line.counted, confirmed: line.state === "implausible" };
}
