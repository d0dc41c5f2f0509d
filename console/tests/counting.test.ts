import { expect, it } from "vitest";
import { countRequest, countUnit, setCounted, setState, type CountedLine } from "../src/office/counting";

const ONE: CountedLine = { sku: "MUG", name: "Mug", counted: 1, countId: "count-1", state: "open" };

it("counts a unit per scan, each SKU on a line of its own", () => {
  const lines = ["MUG", "BEAN", "MUG"].reduce<CountedLine[]>((before, sku) => countUnit(before, sku, sku), []);
  expect(lines.map(({ sku, counted }) => [sku, counted])).toEqual([["BEAN", 1], ["MUG", 2]]);
});

it("books a changed number as another count, and the same number once", () => {
  const ids = setCounted([ONE], "MUG", 7).map((line) => [line.countId, countRequest(line, "store-1", "EUR")] as const);
  expect(ids.map(([id]) => id)).not.toContain("count-1");
  expect(ids.map(([, request]) => request)).toMatchObject([{ count_id: ids[0]?.[0], counted: 7, confirmed: false }]);
});

it("starts a new count of a SKU that is booked", () => {
  const booked = setState(setCounted([ONE], "MUG", 7), "MUG", "booked");
  expect(countUnit(booked, "MUG", "Mug")).toMatchObject([{ counted: 1, state: "open" }]);
});

it("confirms a count that is far from the stock under the same id", () => {
  const requests = setState([ONE], "MUG", "implausible").map((line) => countRequest(line, "store-1", "EUR"));
  expect(requests).toMatchObject([{ confirmed: true, count_id: "count-1" }]);
});
