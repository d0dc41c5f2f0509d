import { beforeEach, describe, expect, it, vi } from "vitest";
import { Problem, type Api } from "../src/core/api";
import type { Order, Product } from "../src/core/responses";
import { settle, type Progress } from "../src/core/settle";
import { cancelSale, placeOrder, sell } from "../src/till/checkout";
import { park, resume } from "../src/till/parked";
import { addProduct, newOrderId, newSale, requestOf, setLine, type OrderRequest } from "../src/till/sale";
import { currentSale, setSale } from "../src/till/sale-store";

const PRODUCT: Product = { sku: "MUG", name: "Mug", barcode: null, prices: { EUR: 1250 }, category: "", tax_included: true };
const PLACE = { location: "store-1", register: "till-1", currency: "EUR" };

function orderOf(request: OrderRequest, status: Order["status"]): Order {
  return { order_id: request.order_id, status } as Order;
}

function fakeApi(call: (body: OrderRequest) => Promise<{ status: number; body: Order; etag: null }>): Api {
  return { call: (_: string, request: { body: OrderRequest }) => call(request.body) } as unknown as Api;
}

const instantly = (): Promise<void> => Promise.resolve();

describe("basket", () => {
  it("counts a product that is added twice on one line", () => {
    const sale = addProduct(addProduct(newSale("till-1"), PRODUCT, "EUR"), PRODUCT, "EUR");
    expect(sale.lines.map(({ sku, quantity }) => [sku, quantity])).toEqual([["MUG", 2]]);
  });

  it("does not join a line that has a discount", () => {
    const discounted = setLine(addProduct(newSale("till-1"), PRODUCT, "EUR"), 0, { discount: { percent: "10" } });
    expect(addProduct(discounted, PRODUCT, "EUR").lines).toHaveLength(2);
  });

  it("removes a line of quantity 0", () => {
    expect(setLine(addProduct(newSale("till-1"), PRODUCT, "EUR"), 0, { quantity: 0 }).lines).toEqual([]);
  });

  it("drops the tenders of another total when a line changes", () => {
    const paid = { ...addProduct(newSale("till-1"), PRODUCT, "EUR"), tenders: [{ type: "cash" as const, amount: 1250 }] };
    expect(setLine(paid, 0, { quantity: 2 }).tenders).toEqual([]);
  });

  it("makes ids that the API accepts, and another one for each sale", () => {
    const [first, second] = [newSale("till-1").orderId, newSale("till-1").orderId];
    expect(first).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/);
    expect(first).not.toBe(second);
  });
});

describe("settle", () => {
  const request = requestOf(addProduct(newSale("till-1"), PRODUCT, "EUR"), PLACE, "EUR", new Date(0));

  it("repeats the same request after lost connections, server errors and 202 until the order has ended", async () => {
    const sent: OrderRequest[] = [];
    const progress: Progress[] = [];
    const responses = [
      new Problem(0, "NetworkError", "", ""),
      new Problem(503, "Busy", "", ""),
      new Problem(429, "TooManyRequests", "", ""),
      202,
      201,
    ];
    const api = fakeApi((body) => {
      sent.push(body);
      const response = responses.shift();
      if (response instanceof Problem) return Promise.reject(response);
      return Promise.resolve({ status: response ?? 500, body: orderOf(body, "PAID"), etag: null });
    });
    const outcome = await settle(() => placeOrder(api, request), (step) => progress.push(step), instantly);
    expect(outcome.kind).toBe("done");
    expect(sent).toEqual(Array(5).fill(request));
    expect(progress).toEqual(["sending", "reconnecting", "reconnecting", "reconnecting", "waiting"]);
  });

  it("returns a refusal without repeating it", async () => {
    const call = vi.fn(() => Promise.reject(new Problem(402, "PaymentDeclined", "", "Declined.")));
    const outcome = await settle(() => placeOrder(fakeApi(call), request), undefined, instantly);
    expect(outcome).toMatchObject({ kind: "refused", problem: { title: "PaymentDeclined" } });
    expect(call).toHaveBeenCalledTimes(1);
  });

  it("raises the end of the session, so that the request stays to be sent", async () => {
    const api = fakeApi(() => Promise.reject(new Problem(401, "SignedOut", "", "")));
    await expect(settle(() => placeOrder(api, request), undefined, instantly)).rejects.toMatchObject({ status: 401 });
  });
});

describe("sell", () => {
  beforeEach(() => setSale(addProduct(newSale("till-1"), PRODUCT, "EUR")));

  it("stores the request before it is sent and the order after it", async () => {
    const id = currentSale().orderId;
    const api = fakeApi((body) => {
      expect(currentSale().sent).toEqual(body);
      return Promise.resolve({ status: 201, body: orderOf(body, "PAID"), etag: null });
    });
    expect(await sell(api, PLACE, () => undefined)).toBeNull();
    expect(currentSale().sold?.order_id).toBe(id);
  });

  it("sends the stored request again after a reload, not one of the changed clock", async () => {
    const stored = requestOf(currentSale(), PLACE, "EUR", new Date("2026-01-01T00:00:00Z"));
    setSale({ ...currentSale(), sent: stored });
    const call = vi.fn((body: OrderRequest) => Promise.resolve({ status: 201, body: orderOf(body, "PAID"), etag: null }));
    await sell(fakeApi(call), PLACE, () => undefined);
    expect(call.mock.calls).toEqual([[stored]]);
  });

  it("sends nothing when another tab has sold the sale", async () => {
    setSale({ ...currentSale(), sold: { order_id: "x" } as Order });
    const call = vi.fn();
    await sell(fakeApi(call), PLACE, () => undefined);
    expect(call).not.toHaveBeenCalled();
  });

  it("ends when the sale is parked, which then stays as it was sent whatever the response is", async () => {
    const id = currentSale().orderId;
    let response: (order: { status: number; body: Order; etag: null }) => void = () => undefined;
    const call = vi.fn(() => new Promise<{ status: number; body: Order; etag: null }>((resolve) => { response = resolve; }));
    const selling = sell(fakeApi(call), PLACE, () => undefined);
    await vi.waitFor(() => expect(call).toHaveBeenCalled());
    const { sent } = currentSale();
    park("till-1");
    expect(await selling).toBeNull();
    response({ status: 201, body: orderOf(sent as OrderRequest, "PAID"), etag: null });
    await new Promise((resolve) => { setTimeout(resolve, 5); });
    expect(currentSale()).toMatchObject({ lines: [], sent: null, sold: null });
    resume("till-1", id);
    expect(currentSale()).toMatchObject({ orderId: id, sent, sold: null });
    await sell(fakeApi((body) => Promise.resolve({ status: 201, body: orderOf(body, "PAID"), etag: null })), PLACE, () => undefined);
    expect(currentSale().sold?.status).toBe("PAID");
  });

  it("keeps the basket under a new order id after a refusal", async () => {
    const id = currentSale().orderId;
    const problem = await sell(fakeApi(() => Promise.reject(new Problem(402, "PaymentDeclined", "", ""))), PLACE, () => undefined);
    expect(problem?.title).toBe("PaymentDeclined");
    expect(currentSale()).toMatchObject({ sent: null, sold: null, lines: [{ sku: "MUG" }] });
    expect(currentSale().orderId).not.toBe(id);
  });
});

describe("cancel of a sale in progress", () => {
  const cancelled: string[] = [];

  /** An API whose orders end as `order` says, and whose cancels as `cancel` says. */
  function cancellingApi(order: () => Promise<Order["status"]>, cancel: () => Promise<number>): Api {
    return {
      call: async (route: string, request: { body: OrderRequest; path?: { order_id: string } }) => {
        if (route === "POST /orders") return { status: 201, body: orderOf(request.body, await order()), etag: null };
        cancelled.push(request.path?.order_id ?? "");
        return { status: await cancel(), body: {}, etag: null };
      },
    } as unknown as Api;
  }

  beforeEach(() => {
    cancelled.length = 0;
    setSale(addProduct(newSale("till-1"), PRODUCT, "EUR"));
  });

  async function sellAndCancel(api: Api): Promise<{ problem: Problem | null; orderId: string }> {
    const { orderId } = currentSale();
    const selling = sell(api, PLACE, () => undefined);
    await Promise.resolve();
    await cancelSale(api);
    return { problem: await selling, orderId };
  }

  it("ends without a sale, and keeps the basket under a new order id", async () => {
    let end: (status: Order["status"]) => void = () => undefined;
    const order = new Promise<Order["status"]>((resolve) => { end = resolve; });
    const api = cancellingApi(() => order, () => {
      end("CANCELLED");
      return Promise.resolve(200);
    });
    const { problem, orderId } = await sellAndCancel(api);
    expect(problem?.title).toBe("SaleCancelled");
    expect(cancelled).toEqual([orderId]);
    expect(currentSale()).toMatchObject({ sent: null, sold: null, isCancelled: false, lines: [{ sku: "MUG" }] });
    expect(currentSale().orderId).not.toBe(orderId);
  });

  it("is a cancel when the workflow rejects the order for it", async () => {
    const api = cancellingApi(() => Promise.reject(new Problem(409, "OrderClosed", "", "")), () => Promise.resolve(200));
    expect((await sellAndCancel(api)).problem?.title).toBe("SaleCancelled");
  });

  it("cancels again, and pays back, what was paid before the cancel reached it", async () => {
    const api = cancellingApi(() => Promise.resolve("PAID"), () => Promise.resolve(200));
    const { problem, orderId } = await sellAndCancel(api);
    expect(problem?.title).toBe("SaleCancelled");
    expect(cancelled).toEqual([orderId, orderId]);
    expect(currentSale().sold).toBeNull();
  });

  it("leaves the sale sold when it can no longer be cancelled", async () => {
    const api = cancellingApi(() => Promise.resolve("PAID"), () => Promise.reject(new Problem(409, "OrderHasReturns", "", "")));
    expect((await sellAndCancel(api)).problem).toBeNull();
    expect(currentSale().sold?.status).toBe("PAID");
  });

  it("says so of an order that somebody else has cancelled", async () => {
    const api = cancellingApi(() => Promise.resolve("CANCELLED"), () => Promise.reject(new Error("not called")));
    expect((await sell(api, PLACE, () => undefined))?.title).toBe("SaleCancelled");
    expect(cancelled).toEqual([]);
  });
});

it.each(["till-1", "till.1", "Kasse 1", "t".repeat(64), ""])("makes ids of their own that the API takes, of register %s", (register) => {
  const ids = [1, 2].map(() => newOrderId(register, new Date()));
  expect(new Set(ids).size).toBe(2);
  for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/);
});
