import { expect, it } from "vitest";
import { dayAfter, isDay, startOfDay, timesOf } from "../src/office/days";

it.each([
  ["UTC", "2026-11-30", "2026-11-30T00:00:00Z"],
  ["Europe/Berlin", "2026-11-30", "2026-11-29T23:00:00Z"],
  ["Europe/Berlin", "2026-06-30", "2026-06-29T22:00:00Z"],
  // The clocks are put forward and back within the day: it begins by the time of the day before.
  ["Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z"],
  ["Europe/Berlin", "2026-03-30", "2026-03-29T22:00:00Z"],
  ["Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z"],
  ["Europe/Berlin", "2026-10-26", "2026-10-25T23:00:00Z"],
  ["America/New_York", "2026-12-31", "2026-12-31T05:00:00Z"],
  ["Europe/Berlin", "2020-07-01", "2020-06-30T22:00:00Z"],
  ["America/New_York", "2026-11-02", "2026-11-02T05:00:00Z"],
  ["Pacific/Auckland", "2027-01-01", "2026-12-31T11:00:00Z"],
  ["Asia/Kathmandu", "2026-01-01", "2025-12-31T18:15:00Z"],
  ["Pacific/Kiritimati", "2026-01-01", "2025-12-31T10:00:00Z"],
  ["Pacific/Pago_Pago", "2026-01-01", "2026-01-01T11:00:00Z"],
  // The clocks are put forward at midnight: the day begins at one o'clock.
  ["Africa/Cairo", "2024-04-26", "2024-04-25T22:00:00Z"],
  // They are put back at midnight: the hour before is there twice, and the day begins once.
  ["America/Asuncion", "2024-03-24", "2024-03-24T04:00:00Z"],
])("begins a day of %s, %s, at %s", (zone, day, start) => {
  expect(startOfDay(day, zone)).toBe(start);
});

it.each([["2026-02-28", true], ["2026-02-29", false], ["2024-02-29", true], ["2026-13-01", false], ["today", false], ["2026-1-1", false], ["", false]])(
  "says whether %o is a day", (text, expected) => {
    expect(isDay(text)).toBe(expected);
  });

it("counts days across months and years", () => {
  expect([dayAfter("2026-12-31"), dayAfter("2024-02-28")]).toEqual(["2027-01-01", "2024-02-29"]);
});

it("asks for the times of days, with both ends", () => {
  expect(timesOf({ status: "PAID", first_day: "2026-10-25", last_day: "2026-10-25" }, "Europe/Berlin")).toEqual({
    status: "PAID", start: "2026-10-24T22:00:00Z", end: "2026-10-25T23:00:00Z",
  });
  expect(timesOf({ last_day: "2026-10-25" }, "UTC")).toEqual({ end: "2026-10-26T00:00:00Z" });
});

it("leaves what is no day to the API", () => {
  expect(timesOf({ first_day: "today", last_day: "2026-10-25" }, "UTC")).toEqual({ first_day: "today", last_day: "2026-10-25" });
});
