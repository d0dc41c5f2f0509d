import { describe, expect, it } from "vitest";
import type { Order } from "../src/core/responses";
import { isComplete, newDraft, refundOf, renewed, requestOf, returnableLines, type Draft } from "../src/returns/return";

function orderOf(changes: Partial<Order> = {}): Order {
  const lines = [
    { line_no: 1, sku: "MUG", description: "Mug", quantity: 3, total: 1000 },
    { line_no: 2, sku: "BEAN", description: "Beans", quantity: 1, total: 900 },
  ];
  const document = { customer_id: null, lines, totals: { rounding: 2 } };
  return { order_id: "ord-1", status: "PAID", currency: "EUR", document, returns: null, ...changes } as unknown as Order;
}

function draftOf(units: Record<number, number>, changes: Partial<Draft> = {}): Draft {
  const chosen = Object.entries(units).map(([lineNo, quantity]) => [lineNo, { quantity, condition: "resell", reason: "" }] as const);
  return { ...newDraft("ord-1", "till-1"), units: Object.fromEntries(chosen), ...changes };
}

describe("refundOf", () => {
  it.each([
    [{ 1: 1 }, 333],
    [{ 1: 2 }, 667],
    [{ 1: 3 }, 1000],
    [{}, 0],
  ])("rounds the share of %o half up", (units, refund) => {
    expect(refundOf(orderOf(), draftOf(units))).toBe(refund);
  });

  it("refunds the rounding of the sale with its last units", () => {
    expect(refundOf(orderOf(), draftOf({ 1: 3, 2: 1 }))).toBe(1902);
  });

  it("counts no units that were returned meanwhile", () => {
    const returns = [{ return_id: "ret-1", lines: [{ line_no: 1, quantity: 3, total: 1000 }, { line_no: 2, quantity: 1, total: 900 }] }];
    const order = orderOf({ returns });
    const draft = draftOf({ 1: 2, 2: 1 });
    expect(() => refundOf(order, draft)).not.toThrow();
    expect([isComplete(draft, order), requestOf(draft, order, "").lines]).toEqual([false, []]);
    const fewer = orderOf({ returns: [{ ...returns[0], lines: [{ line_no: 1, quantity: 2, total: 667 }] }] } as unknown as Partial<Order>);
    expect(requestOf(draft, fewer, "changed mind").lines.map(({ quantity }) => quantity)).toEqual([1, 1]);
  });

  describe("of a cash sale in francs", () => {
    const lines = [1, 2, 3].map((line_no) => ({ line_no, sku: "MUG", description: "Mug", quantity: 1, total: 498 }));
    const document = { customer_id: null, lines, totals: { rounding: 1 }, tenders: [{ tender_no: 1, type: "cash", amount: 1495 }] };
    const francs = (claims: { amount: number; refund: string }[]): Order => {
      const returns = claims.map(({ amount, refund }, at) =>
        ({ return_id: `ret-${String(at)}`, lines: [{ line_no: at + 1, quantity: 1, total: 498 }], refund, value: 498, amount }));
      return orderOf({ currency: "CHF", document, returns } as unknown as Partial<Order>);
    };
    const first = { amount: 500, refund: "original" };

    it.each([[[], 1, 500], [[first], 2, 495], [[first, { amount: 495, refund: "original" }], 3, 500]])(
      "rounds the refund after %o in coins", (claims, line, refund) => {
        expect(refundOf(francs(claims), draftOf({ [line]: 1 }))).toBe(refund);
      });

    it.each(["store_credit", "exchange"] as const)("does not round a refund as %s", (refund) => {
      expect(refundOf(francs([]), draftOf({ 1: 1 }, { refund }))).toBe(498);
      expect(refundOf(francs([{ amount: 498, refund }]), draftOf({ 2: 1 }))).toBe(500);
    });
  });

  it("refunds the rest of a line of which units were returned before", () => {
    const order = orderOf({ returns: [{ return_id: "ret-0", lines: [{ line_no: 1, quantity: 1, total: 333 }] }] });
    expect(returnableLines(order)[0]).toMatchObject({ returnable: 2, total: 667 });
    expect(refundOf(order, draftOf({ 1: 2 }))).toBe(667);
  });
});

it("sends the chosen lines alone, with the reason that stands for an empty one", () => {
  const request = requestOf(draftOf({ 1: 2, 2: 0 }), orderOf(), "returned");
  expect(request.lines).toEqual([{ line_no: 1, sku: "MUG", quantity: 2, condition: "resell", reason: "returned" }]);
  expect(request).not.toHaveProperty("override_note");
});

it("needs a customer for store credit", () => {
  const draft = draftOf({ 1: 1 }, { refund: "store_credit" });
  expect(isComplete(draft, orderOf())).toBe(false);
  expect(isComplete({ ...draft, customer: { customer_id: "cus-1", name: "Ada" } }, orderOf())).toBe(true);
});

it("keeps the choices under new ids after a refusal", () => {
  const draft = draftOf({ 1: 1 });
  const next = renewed({ ...draft, sent: { kind: "return", body: requestOf(draft, orderOf(), "returned") } }, "till-1");
  expect(next).toMatchObject({ units: draft.units, sent: null });
  expect(next.returnId).not.toBe(draft.returnId);
  expect(next.sale.orderId).not.toBe(draft.sale.orderId);
});
