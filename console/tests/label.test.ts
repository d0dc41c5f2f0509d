import { expect, it } from "vitest";
import type { BarcodeLayout, Product } from "../src/core/responses";
import { Catalog } from "../src/till/catalog";
import { readLabel } from "../src/till/label";
import { addProduct, estimate, newSale, quoteKey, requestOf } from "../src/till/sale";

const PRICE: BarcodeLayout = { prefix: "21", content: "price", item_digits: 5, check_digit: true, currency: "EUR" };
const LONG: BarcodeLayout = { prefix: "24", content: "price", item_digits: 4, check_digit: true, currency: "EUR" };
const WEIGHT: BarcodeLayout = { prefix: "23", content: "weight", item_digits: 5, check_digit: false, currency: null };
const LAYOUTS = [PRICE, LONG, WEIGHT];
const CHEESE: Product = { sku: "CHEESE", name: "Cheese", barcode: "2112345000008", prices: { EUR: 2000 }, category: "", tax_included: true };
const APPLES: Product = { sku: "APPLES", name: "Apples", barcode: "2300007000002", prices: { EUR: 399 }, category: "", tax_included: true };

function catalog(): Catalog {
  const built = new Catalog();
  built.add([CHEESE, APPLES]);
  built.layouts = LAYOUTS;
  return built;
}

it("reads the price and the product of a label", () => {
  // 2875 and 14685 are the examples of the GS1 General Specifications.
  expect(readLabel("2112345928753", LAYOUTS)).toEqual({ item: "2112345000008", layout: PRICE, value: 2875 });
  expect(readLabel("2400016146859", LAYOUTS)).toMatchObject({ item: "2400010000003", value: 14685 });
});

it.each([
  ["a wrong check digit of the price", "2112345828756"],
  ["a wrong check digit of the barcode", "2112345928750"],
  ["a price of zero", "2112345000008"],
])("does not read a label with %s", (_, code) => {
  expect(readLabel(code, LAYOUTS)).toBe("unreadable");
  expect(catalog().find(code)).toBeUndefined();
  expect(catalog().refusalOf(code)).toBe("unreadable");
});

it("takes other barcodes as they are", () => {
  expect(readLabel("4006381333931", LAYOUTS)).toBeNull();
  expect(readLabel("2912345928759", LAYOUTS)).toBeNull();
  expect(catalog().refusalOf("4006381333931")).toBe("unknown");
});

it("prices a weight at the price of a kilogram, rounded half up", () => {
  const found = catalog().find("2300007003454");
  expect(found).toMatchObject({ sku: "APPLES", name: "Apples, 0.345 kg", prices: { EUR: 138 }, label: "2300007003454" });
});

it("sends each label as a line of its own, and equal ones as one", () => {
  const scanned = (code: string): Product => catalog().find(code) ?? CHEESE;
  let sale = newSale("till-1");
  for (const code of ["2112345928753", "2300007003454", "2112345928753"]) sale = addProduct(sale, scanned(code), "EUR");
  const request = requestOf(sale, { location: "store-1", register: "till-1" }, "EUR", new Date(0));
  expect(request.lines).toEqual([
    { sku: "CHEESE", quantity: 2, barcode: "2112345928753" },
    { sku: "APPLES", quantity: 1, barcode: "2300007003454" },
  ]);
  expect(estimate(sale)).toBe(2 * 2875 + 138);
  const other = addProduct(newSale("till-1"), scanned("2300007003454"), "EUR");
  const another = addProduct(newSale("till-1"), { ...scanned("2300007003454"), label: "2300007003461" }, "EUR");
  expect(quoteKey(other)).not.toBe(quoteKey(another));
});

it("needs the label of a product that is sold by it", () => {
  expect(catalog().needsLabel(CHEESE)).toBe(true);
  expect(catalog().needsLabel(catalog().find("2112345928753") ?? CHEESE)).toBe(false);
  expect(catalog().needsLabel({ ...CHEESE, barcode: null })).toBe(false);
});
