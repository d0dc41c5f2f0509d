import { beforeEach, describe, expect, it } from "vitest";
import { Problem, type Api } from "../src/core/api";
import type { Product } from "../src/core/responses";
import { forgetPerson, lastPerson, rememberPerson } from "../src/offline/last-person";
import { correctStock } from "../src/offline/oversold";
import { enqueue, MAX_QUEUED, queuedSales, renewQueued, type QueuedSale } from "../src/offline/queue";
import { provisionalOrder } from "../src/offline/provisional-order";
import { offlineRefusal, orderAtChargedPrice } from "../src/offline/rules";
import { sendQueuedSales } from "../src/offline/sync";
import { VALID_MS } from "../src/offline/price-list";
import { addProduct, newSale, requestOf, setLine, type OrderRequest, type Sale } from "../src/till/sale";

const MUG: Product = { sku: "MUG", name: "Mug", barcode: null, prices: { EUR: 1250 }, category: "", tax_included: true };
const PLACE = { location: "store-1", register: "till-1" };
const NOW = Date.parse("2026-11-28T10:00:00Z");

function saleOf(quantity = 1): Sale {
  return setLine(addProduct(newSale("till-1"), MUG, "EUR"), 0, { quantity });
}

function queuedOf(charged: number): QueuedSale {
  const sale = { ...saleOf(), tenders: [{ type: "cash" as const, amount: charged }] };
  const order = requestOf(sale, PLACE, "EUR", new Date(NOW));
  return { order, charged, soldAt: "", state: "waiting", sent: null, refusal: null, overpaid: 0 };
}

/** An API that quotes a total and returns the responses to orders in turn; a Problem is thrown. */
class FakeApi {
  sent: OrderRequest[] = [];
  adjusted: object[] = [];
  cases: object[] = [];
  constructor(private readonly total: number, private readonly responses: (number | Problem)[] = [], private readonly available = 0) {}

  get(route: string): Promise<object> {
    return Promise.resolve(route === "GET /stock" ? { levels: [{ available: this.available }] } : { totals: { total: this.total } });
  }

  call(route: string, { body }: { body: OrderRequest }): Promise<object> {
    if (route === "POST /stock/adjustments" || route === "POST /cases") {
      (route === "POST /cases" ? this.cases : this.adjusted).push(body);
      return Promise.resolve({});
    }
    this.sent.push(body);
    const response = this.responses.shift() ?? 201;
    return response instanceof Problem ? Promise.reject(response) : Promise.resolve({ status: response, body: {} });
  }

  get api(): Api {
    return this as unknown as Api;
  }
}

beforeEach(() => {
  localStorage.clear();
  window.dispatchEvent(new StorageEvent("storage", { key: "tillflow.queue" }));
});

describe("offlineRefusal", () => {
  const circumstances = { isLoaded: true, limit: 2500, queued: 0, readAt: NOW - 1000, now: NOW, find: () => MUG };

  it("allows a sale up to the limit", () => {
    expect(offlineRefusal(saleOf(2), circumstances)).toBeNull();
  });

  it.each([
    ["limit", saleOf(3), {}],
    ["discount", { ...saleOf(), discount: { percent: "10" } }, {}],
    ["tax", saleOf(), { find: () => ({ ...MUG, tax_included: false }) }],
    ["priceList", saleOf(), { readAt: NOW - VALID_MS - 1 }],
    ["priceList", saleOf(), { readAt: null }],
    ["queue", saleOf(), { queued: MAX_QUEUED }],
    ["parts", saleOf(), { isLoaded: false }],
  ])("refuses a sale by its %s", (refusal, sale, changes) => {
    expect(offlineRefusal(sale, { ...circumstances, ...changes })).toBe(refusal);
  });
});

it("gives the change of a sale without a connection on its receipt", () => {
  const sale = saleOf(2);
  const order = provisionalOrder(requestOf(sale, PLACE, "EUR", new Date(NOW)), sale, 3000);
  expect(order).toMatchObject({ status: "PLACED", total: 2500, document: { tenders: [{ tendered: 3000, change: 500 }] } });
});

describe("orderAtChargedPrice", () => {
  it("honours the charged price of a product that costs more today by a discount", () => {
    const { order, overpaid } = orderAtChargedPrice(queuedOf(1250), 1400);
    expect([order.discounts, overpaid]).toEqual([[{ amount: 150 }], 0]);
  });

  it("tells what was paid above the price of a product that costs less today", () => {
    const { order, overpaid } = orderAtChargedPrice(queuedOf(1250), 1000);
    expect([order.discounts, overpaid]).toEqual([[], 250]);
  });
});

describe("sendQueuedSales", () => {
  it("removes a sale once it is sold, and sends no sale twice", async () => {
    enqueue(queuedOf(1250));
    const fake = new FakeApi(1250, [202, 201]);
    await sendQueuedSales(fake.api);
    await sendQueuedSales(fake.api);
    expect(queuedSales()).toEqual([]);
    expect(fake.sent).toHaveLength(2);
    expect(fake.sent[1]).toEqual(fake.sent[0]);
  });

  it("sends the same order again after a lost response, whatever the price is then", async () => {
    enqueue(queuedOf(1250));
    const lost = new FakeApi(1400, [new Problem(0, "NetworkError", "", "")]);
    await expect(sendQueuedSales(lost.api)).rejects.toMatchObject({ status: 0 });
    const later = new FakeApi(9999);
    await sendQueuedSales(later.api);
    expect(later.sent).toEqual(lost.sent);
  });

  it("keeps a refused sale for a person and continues with the others", async () => {
    const [first, second] = [queuedOf(1250), queuedOf(1250)];
    enqueue(first);
    enqueue(second);
    await sendQueuedSales(new FakeApi(1250, [new Problem(409, "InsufficientStock", "", "Not enough in stock.")]).api);
    expect(queuedSales()).toMatchObject([{ order: { order_id: first.order.order_id }, state: "refused", refusal: { title: "InsufficientStock" } }]);
  });

  it("sends a refused sale again under a new order id", async () => {
    const sale = queuedOf(1250);
    enqueue(sale);
    await sendQueuedSales(new FakeApi(1250, [new Problem(409, "InsufficientStock", "", "")]).api);
    renewQueued(sale.order.order_id, "ord-2");
    const fake = new FakeApi(1250);
    await sendQueuedSales(fake.api);
    expect(fake.sent.map(({ order_id: id }) => id)).toEqual(["ord-2"]);
    expect(queuedSales()).toEqual([]);
  });

  it("shows a sale that was overpaid once it is sold", async () => {
    enqueue(queuedOf(1250));
    await sendQueuedSales(new FakeApi(1000).api);
    expect(queuedSales()).toMatchObject([{ state: "overpaid", overpaid: 250 }]);
  });
});

it("adds the units that are missing of an oversold line", async () => {
  const fake = new FakeApi(0, [], 1);
  await correctStock(fake.api, requestOf(saleOf(3), PLACE, "EUR", new Date(NOW)));
  expect(fake.adjusted).toMatchObject([{ sku: "MUG", location: "store-1", quantity: 2 }]);
  expect(fake.cases).toMatchObject([{ decision: "done", opening: { cause: "sold offline at store-1: 2 × MUG" } }]);
});

describe("lastPerson", () => {
  const person = { username: "cashier", groups: ["cashier"], scopes: ["read" as const, "sell" as const], location: "store-1" };

  it("may sell alone, within twelve hours", () => {
    rememberPerson(person, NOW);
    expect(lastPerson(NOW)?.scopes).toEqual(["sell"]);
    expect(lastPerson(NOW + 12 * 3_600_000 + 1)).toBeNull();
  });

  it("is forgotten when the till is locked", () => {
    rememberPerson(person, NOW);
    forgetPerson();
    expect(lastPerson(NOW)).toBeNull();
  });
});
