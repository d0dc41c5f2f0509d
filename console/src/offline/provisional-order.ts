import { inCoins } from "../core/money";
import type { Order, PricedOrder } from "../core/responses";
import { estimate, type OrderRequest, type Sale } from "../till/sale";

/** The sale as its receipt shows it until the API has priced it: without tax and invoice number. */
export function provisionalOrder(request: OrderRequest, sale: Sale, given: number): Order {
  const exact = estimate(sale);
  const total = inCoins(exact, request.currency);
  const lines = sale.lines.map((line, index) => ({
    line_no: index + 1, sku: line.sku, description: line.name, quantity: line.quantity, unit_price: line.unitPrice,
    line_discount: 0, order_discount: 0, net: 0, tax: 0, total: line.unitPrice * line.quantity,
  }));
  const { order_id, location, register, currency, placed_at } = request;
  const document: PricedOrder = {
    order_id, location, register, currency, placed_at, lines, taxes: [],
    customer_id: request.customer_id ?? null,
    tenders: [{ tender_no: 1, type: "cash", amount: total, tendered: given, change: given - total }],
    totals: { subtotal: exact, discount: 0, net: 0, tax: 0, rounding: total - exact, total },
  };
  return {
    order_id, location, currency, placed_at, total, document, status: "PLACED", execution: "",
    paid_at: null, invoice_number: null, reason: null, cause: null, cancelled_at: null, cancel_reason: null, returns: null,
  };
}
