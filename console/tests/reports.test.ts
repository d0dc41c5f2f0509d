import { expect, it } from "vitest";
import { barsOf } from "../src/office/pages/reports";

function row(day: string, value: string, total: number, returned_total = 0): Record<string, unknown> {
  return { day, value, total, returned_total };
}

it("has a bar for each day, in order, of the total less returns", () => {
  const bars = barsOf([row("2026-11-02", "", 500), row("2026-11-01", "", 900, 300)], true);
  expect(bars).toEqual([{ name: "2026-11-01", amount: 600 }, { name: "2026-11-02", amount: 500 }]);
});

it("adds the days of a value, the highest first", () => {
  const bars = barsOf([row("2026-11-01", "MUG", 100), row("2026-11-01", "BEAN", 250), row("2026-11-02", "MUG", 400)], false);
  expect(bars).toEqual([{ name: "MUG", amount: 500 }, { name: "BEAN", amount: 250 }]);
});

it("has one bar for what has no value, whatever its day", () => {
  const bars = barsOf([row("2026-11-01", "", 100), row("2026-11-02", "", 50), row("2026-11-02", "coffee", 10)], false);
  expect(bars).toEqual([{ name: "–", amount: 150 }, { name: "coffee", amount: 10 }]);
});
