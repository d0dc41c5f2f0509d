/** Bodies of the API's responses, by route. `/api/openapi.json` describes every field; these are those that are shown. */

export interface Page {
  next_cursor: string | null;
}

export interface Product {
  sku: string;
  name: string;
  barcode: string | null;
  prices: Record<string, number>;
  category: string;
  tax_included: boolean;
}

export interface Discount {
  percent?: string;
  amount?: number;
}

export interface PricedLine {
  line_no: number;
  sku: string;
  description: string;
  quantity: number;
  unit_price: number;
  line_discount: number;
  order_discount: number;
  net: number;
  tax: number;
  total: number;
}

export interface PricedTender {
  tender_no: number;
  type: string;
  amount: number;
  tendered?: number;
  change?: number;
}

export interface PricedOrder {
  order_id: string;
  location: string;
  register: string;
  currency: string;
  customer_id: string | null;
  placed_at: string;
  lines: PricedLine[];
  tenders: PricedTender[];
  taxes: { tax_class: string; rate: string; net: number; tax: number }[];
  totals: { subtotal: number; discount: number; net: number; tax: number; total: number };
}

export interface Order {
  order_id: string;
  status: "PLACED" | "PAID" | "REJECTED" | "CANCELLED";
  execution: string;
  location: string | null;
  placed_at: string | null;
  currency: string | null;
  total: number | null;
  document: PricedOrder | null;
  paid_at: string | null;
  invoice_number: string | null;
  reason: string | null;
  cause: string | null;
  cancelled_at: string | null;
  cancel_reason: string | null;
}

export interface Customer {
  customer_id: string;
  name: string;
  email: string | null;
  phone: string | null;
  note: string;
}

export interface Balances {
  customer_id: string;
  balances: Record<string, number>;
}

export interface Responses {
  "GET /products": Page & { products: Product[] };
  "GET /customers": Page & { customers: Customer[] };
  "POST /customers": Customer;
  "GET /customers/{customer_id}": Customer;
  "GET /customers/{customer_id}/credit": Balances;
  "POST /quotes": PricedOrder;
  "POST /orders": Order;
  "GET /orders/{order_id}": Order;
}
