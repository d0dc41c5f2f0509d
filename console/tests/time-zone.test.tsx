import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { Api } from "../src/core/api";
import { loadConfig } from "../src/core/config";
import { languageOf } from "../src/core/i18n";
import { setPreferences } from "../src/core/preferences";
import { ShopContext } from "../src/core/shop";
import { StockPage } from "../src/office/pages/stock";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  location.hash = "";
});

/** A time as the console shows it, with the spaces of a keyboard. */
function shown(iso: string, zone?: string, language: "en" | "de" = "en"): string {
  return languageOf(language, zone).date(iso).replaceAll("\u202f", " ");
}

it.each([
  ["UTC", "2026-11-30T11:30:00Z", "Nov 30, 2026, 11:30 AM"],
  ["Pacific/Auckland", "2026-11-30T11:30:00Z", "Dec 1, 2026, 12:30 AM"],
  ["America/New_York", "2026-12-01T04:30:00+00:00", "Nov 30, 2026, 11:30 PM"],
  ["Asia/Kathmandu", "2026-11-30T11:30:00.123Z", "Nov 30, 2026, 5:15 PM"],
  // The clocks are put forward: there is no time from 2 to 3.
  ["America/New_York", "2026-03-08T06:59:00Z", "Mar 8, 2026, 1:59 AM"],
  ["America/New_York", "2026-03-08T07:00:00Z", "Mar 8, 2026, 3:00 AM"],
  ["Pacific/Auckland", "2026-09-26T13:59:00Z", "Sep 27, 2026, 1:59 AM"],
  ["Pacific/Auckland", "2026-09-26T14:00:00Z", "Sep 27, 2026, 3:00 AM"],
  // The clocks are put back: an hour is there twice.
  ["America/New_York", "2026-11-01T05:30:00Z", "Nov 1, 2026, 1:30 AM"],
  ["America/New_York", "2026-11-01T06:30:00Z", "Nov 1, 2026, 1:30 AM"],
  ["Pacific/Auckland", "2026-04-04T13:30:00Z", "Apr 5, 2026, 2:30 AM"],
  ["Pacific/Auckland", "2026-04-04T14:30:00Z", "Apr 5, 2026, 2:30 AM"],
])("shows the time of %s at %s", (zone, iso, text) => {
  expect(shown(iso, zone)).toBe(text);
});

it("shows times of the zone in German", () => {
  expect(shown("2026-11-30T11:30:00Z", "Pacific/Auckland", "de")).toBe("01.12.2026, 00:30");
});

it("shows times in UTC, not in the zone of the device, without a shop", () => {
  expect(new Date(0).getTimezoneOffset()).not.toBe(0);
  expect(shown("2026-11-30T11:30:00Z")).toBe("Nov 30, 2026, 11:30 AM");
});

it.each([
  ["Pacific/Auckland", "Pacific/Auckland"],
  ["Europe/Nowhere", "UTC"],
  ["", "UTC"],
  [undefined, "UTC"],
])("reads the time zone %s as %s", async (name, zone) => {
  vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ currency: "EUR", time_zone: name })));
  expect((await loadConfig()).config).toEqual({ currency: "EUR", time_zone: zone });
});

it.each([
  ["Pacific/Auckland", "Dec 1, 2026, 12:30 AM"],
  ["America/New_York", "Nov 30, 2026, 6:30 AM"],
])("shows rows of the back office in the time zone of the shop, %s", async (zone, text) => {
  setPreferences({ language: "en" });
  location.hash = "#/stock/store-1/MUG";
  const movements = [{ at: "2026-11-30T11:30:00Z", kind: "count", quantity: 1, cost: 500, currency: null, business_id: "seed", reason: "" }];
  const api = { get: () => Promise.resolve({ next_cursor: null, movements }) } as unknown as Api;
  const person = { username: "p", groups: [], scopes: ["manage" as const], location: "" };
  const config = { stack: "", client_id: "", issuer: "", sign_in_url: "", currency: "EUR", time_zone: zone, card_providers: {}, offline_limit: 0, sends_mail: false };
  render(<ShopContext value={{ config, person, api }}><StockPage /></ShopContext>);
  await act(() => Promise.resolve());
  const cells = (await screen.findAllByRole("cell")).map((cell) => cell.textContent.replaceAll("\u202f", " "));
  expect(cells).toContain(text);
});
