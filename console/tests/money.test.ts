import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { format, likelyCash, parse, places } from "../src/core/money";

describe("format", () => {
  it.each([
    [1250, "EUR", "en", "€12.50"],
    [5, "EUR", "en", "€0.05"],
    [-1250, "EUR", "en", "-€12.50"],
    [1250, "JPY", "en", "¥1,250"],
    [1250, "KWD", "en", "KWD 1.250"],
    [123456, "HUF", "en", "HUF 1,234.56"],
    [1250, "IQD", "en", "IQD 1.250"],
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
    ["12.5", "HUF", 1250],
  ])("reads %s of %s as %d", (text, currency, amount) => expect(parse(text, currency)).toBe(amount));

  it.each(["", "-1", "1.234", "1e3", "12.5.0", "12.", "12,", ".5", "twelve", "12345678901"])("refuses %s", (text) => {
    expect(parse(text, "EUR")).toBeNull();
  });
});

it("has the decimal places that the API has", () => {
  const source = readFileSync("../layers/common/tillflow/money.py", "utf-8").split("_EXPONENTS = {")[1]?.split("}")[0] ?? "";
  const known = source.split(/(?=\b\d: )/).flatMap((part) => {
    const digits = /^\d/.exec(part)?.[0];
    return (part.match(/\b[A-Z]{3}\b/g) ?? []).map((code) => [code, Number(digits)] as const);
  });
  expect(known.length).toBeGreaterThan(150);
  expect(known.filter(([code, digits]) => places(code) !== digits)).toEqual([]);
});

it("offers the sum itself first, then round amounts above it, each once", () => {
  expect(likelyCash(3140, "EUR")).toEqual([3140, 3500, 4000, 5000, 10000]);
  expect(likelyCash(5000, "EUR")).toEqual([5000, 6000, 10000]);
});
