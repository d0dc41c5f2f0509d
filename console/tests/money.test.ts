import { describe, expect, it } from "vitest";
import { format, likelyCash, parse, places } from "../src/core/money";

describe("format", () => {
  it.each([
    [1250, "EUR", "en", "€12.50"],
    [5, "EUR", "en", "€0.05"],
    [-1250, "EUR", "en", "-€12.50"],
    [1250, "JPY", "en", "¥1,250"],
    [1250, "KWD", "en", "KWD 1.250"],
    [123456, "EUR", "de", "1.234,56 €"],
  ])("prints %d %s in %s as %s", (amount, currency, language, text) => {
    expect(format(amount, currency, language).replace(/\u00a0/g, " ")).toBe(text);
  });

  it("prints the largest amount of the API exactly", () => {
    expect(format(99_999_999_999_999, "EUR", "en")).toBe("€999,999,999,999.99");
  });
});

describe("parse", () => {
  it.each([
    ["12.50", "EUR", 1250],
    ["12,5", "EUR", 1250],
    ["12", "EUR", 1200],
    ["0.1", "KWD", 100],
    ["1250", "JPY", 1250],
  ])("reads %s of %s as %d", (text, currency, amount) => expect(parse(text, currency)).toBe(amount));

  it.each(["", "-1", "1.234", "1e3", "12.5.0", "twelve", "12345678901"])("refuses %s", (text) => {
    expect(parse(text, "EUR")).toBeNull();
  });
});

it("knows the decimal places of currencies", () => {
  expect(["EUR", "JPY", "KWD"].map(places)).toEqual([2, 0, 3]);
});

it("offers the sum itself first, then round amounts above it, each once", () => {
  expect(likelyCash(3140, "EUR")).toEqual([3140, 3500, 4000, 5000, 10000]);
  expect(likelyCash(5000, "EUR")).toEqual([5000, 6000, 10000]);
});
