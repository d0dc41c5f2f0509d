import { expect, it } from "vitest";
import { parsePrices } from "../src/office/prices";

it.each([
  ["MUG-1 4,50\n\n  BEAN 9\n", [{ sku: "MUG-1", unit_cost: 450 }, { sku: "BEAN", unit_cost: 900 }]],
  ["", []],
  ["MUG-1", null],
  ["MUG-1 4.505", null],
  ["MUG 1 4.50", null],
])("reads the prices %j", (text, prices) => {
  expect(parsePrices(text, "EUR")).toEqual(prices);
});
