import { beforeEach, expect, it } from "vitest";
import type { Order } from "../src/core/responses";
import { MAX_PARKED, park, parkedSales, resume } from "../src/till/parked";
import { addProduct, newSale, requestOf } from "../src/till/sale";
import { currentSale, setSale } from "../src/till/sale-store";

const PLACE = { location: "store-1", register: "till-1", currency: "EUR" };

function begin(sku: string): string {
  const product = { sku, name: sku, barcode: null, prices: { EUR: 500 }, category: "", tax_included: true };
  setSale(addProduct(newSale("till-1"), product, "EUR"));
  return currentSale().orderId;
}

function parkedIds(): string[] {
  return parkedSales("till-1").map(({ sale }) => sale.orderId);
}

beforeEach(() => localStorage.clear());

it("keeps a parked sale under its order id and begins another one", () => {
  const id = begin("A");
  expect(park("till-1")).toBe(true);
  expect(parkedIds()).toEqual([id]);
  expect(currentSale().lines).toEqual([]);
  expect(currentSale().orderId).not.toBe(id);
});

it("parks the current sale in place of the one that is continued", () => {
  const first = begin("A");
  park("till-1");
  const second = begin("B");
  resume("till-1", first);
  expect(currentSale().orderId).toBe(first);
  expect(parkedIds()).toEqual([second]);
});

it("parks no more sales than the limit", () => {
  for (let count = 0; count < MAX_PARKED; count += 1) {
    begin(`SKU-${count}`);
    park("till-1");
  }
  const id = begin("ONE-MORE");
  expect(park("till-1")).toBe(false);
  expect(currentSale().orderId).toBe(id);
});

it("parks neither an empty sale nor one that is sold", () => {
  setSale(newSale("till-1"));
  expect(park("till-1")).toBe(false);
  begin("A");
  setSale({ ...currentSale(), sold: {} as Order });
  expect(park("till-1")).toBe(false);
});

it("keeps the request and the tenders of a sale that was sent", () => {
  const id = begin("A");
  const tenders = [{ type: "card" as const, token: "tok_visa", amount: 500 }];
  const sent = requestOf({ ...currentSale(), tenders }, PLACE, "EUR", new Date());
  setSale({ ...currentSale(), tenders, sent });
  park("till-1");
  expect(currentSale().sent).toBeNull();
  resume("till-1", id);
  expect(currentSale()).toMatchObject({ tenders, sent });
});

it("shows the parked sales of a register to that register alone", () => {
  begin("A");
  park("till-1");
  expect(parkedSales("till-2")).toEqual([]);
});
