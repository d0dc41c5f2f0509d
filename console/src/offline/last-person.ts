/** Who was signed in at this till: without a connection, a reload lets that person continue to sell for cash. */

import type { Person } from "../core/session";

const KEY = "tillflow.person";
const VALID_MS = 12 * 3_600_000;

export function rememberPerson(person: Person, now: number = Date.now()): void {
  localStorage.setItem(KEY, JSON.stringify({ person, at: now }));
}

/** Forget the person when the till is locked or the session ends. */
export function forgetPerson(): void {
  localStorage.removeItem(KEY);
}

/** Return the person that was signed in within the last hours, with the right to sell alone. */
export function lastPerson(now: number = Date.now()): Person | null {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "null") as { person: Person; at: number } | null;
    if (stored === null || now - stored.at > VALID_MS || !stored.person.scopes.includes("sell")) return null;
    return { ...stored.person, scopes: ["sell"] };
  } catch {
    return null;
  }
}
