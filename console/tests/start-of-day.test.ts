import { expect, it } from "vitest";
import { startOfDay } from "../src/office/start-of-day";

it.each([
  ["2027-01-01", "UTC", "2027-01-01T00:00:00Z"],
  ["2027-01-01", "Europe/Berlin", "2026-12-31T23:00:00Z"],
  ["2020-07-01", "Europe/Berlin", "2020-06-30T22:00:00Z"],
  ["2026-03-29", "Europe/Berlin", "2026-03-28T23:00:00Z"],
  ["2026-03-30", "Europe/Berlin", "2026-03-29T22:00:00Z"],
  ["2026-10-25", "Europe/Berlin", "2026-10-24T22:00:00Z"],
  ["2027-01-01", "America/New_York", "2027-01-01T05:00:00Z"],
  ["2026-11-02", "America/New_York", "2026-11-02T05:00:00Z"],
  ["2027-01-01", "Pacific/Auckland", "2026-12-31T11:00:00Z"],
  ["2027-01-01", "Asia/Kathmandu", "2026-12-31T18:15:00Z"],
])("%s begins in %s at %s", (day, timeZone, time) => {
  expect(startOfDay(day, timeZone)).toBe(time);
});
