import { describe, expect, it } from "vitest";
import type { Order, PricedOrder, Product } from "../src/core/responses";
import { exchangeOf, settlement } from "../src/returns/exchange";
import { newDraft, type Draft } from "../src/returns/return";
import { addProduct, type Tender } from "../src/till/sale";

const BEANS: Product = { sku: "BEAN", name: "Beans", barcode: null, prices: { EUR: 1500 }, category: "", tax_included: true };
const PLACE = { location: "store-1", register: "till-1", currency: "EUR" };
const NOW = new Date("2026-11-28T10:00:00Z");

function draftOf(tenders: Tender[] = []): Draft {
  const draft = newDraft("ord-1", "till-1");
  const sale = { ...addProduct(draft.sale, BEANS, "EUR"), tenders };
  return { ...draft, refund: "exchange", units: { 1: { quantity: 1, condition: "resell", reason: "" } }, sale };
}

function orderOf(customer: string | null = null): Order {
  const lines = [{ line_no: 1, sku: "MUG", description: "Mug", quantity: 1, total: 1000 }];
  return { order_id: "ord-1", currency: "EUR", document: { customer_id: customer, lines, totals: {} }, returns: null } as unknown as Order;
}

function quoteOf(total: number, rounding = 0): PricedOrder {
  return { currency: "EUR", totals: { total, rounding } } as unknown as PricedOrder;
}

describe("settlement", () => {
  it.each([
    [1500, [], { due: 500, refund: 0, change: 0 }],
    [1500, [{ type: "card", amount: 200 }], { due: 300, refund: 0, change: 0 }],
    [1500, [{ type: "cash", amount: 2000 }], { due: 0, refund: 0, change: 1500 }],
    [1000, [], { due: 0, refund: 0, change: 0 }],
    [400, [], { due: 0, refund: 600, change: 0 }],
  ] as [number, Tender[], object][])("of 1000 against %i with tenders %o", (total, tenders, expected) => {
    const { due, ...rest } = settlement(draftOf(tenders), 1000, quoteOf(total));
    expect({ due: Math.max(0, due.exact), ...rest }).toEqual(expected);
  });

  it("does not count the cash rounding of the whole sale", () => {
    expect(settlement(draftOf(), 1000, quoteOf(1500, 2)).due.exact).toBe(498);
  });
});

describe("exchangeOf", () => {
  it("pays what the returned units do not, and nothing with an even exchange", () => {
    const tenders: Tender[] = [{ type: "cash", amount: 500 }];
    expect(exchangeOf(draftOf(tenders), orderOf(), PLACE, "returned", NOW).sale.tenders).toEqual(tenders);
    expect(exchangeOf(draftOf(), orderOf(), PLACE, "returned", NOW).sale.tenders).toEqual([]);
  });

  it("refunds to the tenders of the sale, and sells to its customer", () => {
    const request = exchangeOf(draftOf(), orderOf("cus-ada"), PLACE, "returned", NOW);
    expect(request.return).toMatchObject({ refund: "original", lines: [{ line_no: 1, quantity: 1 }] });
    expect(request.sale).toMatchObject({ customer_id: "cus-ada", lines: [{ sku: "BEAN", quantity: 1 }], location: "store-1" });
  });
});
