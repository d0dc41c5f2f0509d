/** Choices of this browser: language, location and register. They are no secrets, and survive a reload. */

import { useSyncExternalStore } from "react";

export interface Preferences {
  language: "en" | "de";
  location: string;
  register: string;
}

const KEY = "tillflow.preferences";
const listeners = new Set<() => void>();
let current: Preferences | undefined;

/** Whether the API takes a text as the id of a location or register. */
export function isCode(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text);
}

function read(): Preferences {
  const language = navigator.language.startsWith("de") ? "de" : "en";
  const defaults: Preferences = { language, location: "store-1", register: "till-1" };
  try {
    const stored = { ...defaults, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Preferences>) };
    const { location, register } = stored;
    return {
      ...stored,
      location: isCode(location) ? location : defaults.location,
      register: isCode(register) ? register : defaults.register,
    };
  } catch {
    return defaults;
  }
}

export function preferences(): Preferences {
  return (current ??= read());
}

export function setPreferences(changes: Partial<Preferences>): void {
  current = { ...preferences(), ...changes };
  localStorage.setItem(KEY, JSON.stringify(current));
  for (const listener of listeners) listener();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, preferences);
}
