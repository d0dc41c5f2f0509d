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
  /** The barcode of a scanned label, whose price the product has. Not of the API. */
  label?: string;
}

/** How barcodes of a prefix are laid out that have a price or weight in them. */
export interface BarcodeLayout {
  prefix: string;
  content: "price" | "weight";
  item_digits: number;
  check_digit: boolean;
  currency: string | null;
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
  totals: { subtotal: number; discount: number; net: number; tax: number; rounding?: number; total: number };
  approval?: { manager: string; note: string };
}

export interface Quote extends PricedOrder {
  discount_approval: "none" | "manager" | "refused";
}

export interface DiscountLimit {
  percent: string;
  amounts: Record<string, number>;
}

/** What a return claims of its order. value and amount: before and after the rounding of a refund in cash. */
export interface Claim {
  return_id: string;
  lines: { line_no: number; quantity: number; total: number }[];
  refund?: "original" | "store_credit" | "exchange";
  value?: number | null;
  amount?: number | null;
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
  returns: Claim[] | null;
}

export interface Return {
  return_id: string;
  status: "CLAIMED" | "COMPLETED" | "RELEASED";
  order_id: string | null;
  currency: string | null;
  total: number | null;
  document: {
    lines: { line_no: number; sku: string; description: string; quantity: number; condition: string; reason: string; total: number }[];
    totals: { net: number; tax: number; total: number };
  } | null;
  completed_at: string | null;
  credit_note_number: string | null;
  refunds: { tender_no: number; type: string; amount: number }[] | null;
}

/** An exchange that is completed or runs: `order_id` is the new sale. */
export interface Exchanged {
  return_id: string;
  order_id: string;
}

/** How far an execution is. waits: for a callback, such as a person's decision of a case. */
export interface ExecutionProgress {
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED" | "PENDING_REDRIVE";
  waits: boolean;
  error: string | null;
  cause: string | null;
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

/** action_url: where the cardholder confirms the payment, while that is waited for; else "". */
export interface Tender {
  tender_no: number;
  type: string;
  state: string;
  amount: number;
  action_url: string;
}

export interface GiftCard {
  number: string;
  balances: Record<string, number>;
}

/** What a customer may owe and owes in a currency; available is what the limit leaves of it. */
export interface Account {
  credit_limit: number;
  available: number;
  reserved: number;
  owed: number;
}

export interface StockLevel {
  location: string;
  sku: string;
  on_hand: number;
  available: number;
}

export interface Case {
  case_id: string;
  business_id: string;
  workflow: string;
  step: string;
  steps: string[];
  failures: { step: string; error: string; cause: string }[];
  error: string;
  cause: string;
  execution: string;
  status: "OPEN" | "RESOLVED";
}

/** A dead-letter queue. `redrivable`: its messages can be moved back to the queue that they came from. */
export interface DeadLetterQueue {
  name: string;
  messages: number;
  redrivable: boolean;
}

export interface DeadLetter {
  message_id: string;
  sent_at: string | null;
  body: string;
  shortened: boolean;
  attributes: Record<string, string>;
  failure: { reason: string; failed_at: string | null; attempts: number | null };
}

export interface ExecutionDetail {
  definition: object;
  execution: { executionArn: string; name: string; status: string };
  events: object[];
}

export interface Image {
  key: string;
  status: "READY" | "REJECTED";
  updated_at: string;
  sentence: string | null;
  /** Thumbnails, the largest first. */
  outputs: { url: string }[];
}

export interface SignedUpload {
  key: string;
  url: string;
  fields: Record<string, string>;
}

/** pdf: an A4 page; receipt: PDF for a roll of 80 mm; text: the same receipt as plain text. */
export type DocumentForm = "pdf" | "receipt" | "text";

/** The shop as it is printed on documents. */
export interface Seller {
  name: string;
  street: string;
  postal_code: string;
  city: string;
  country: string;
  vat_id: string | null;
  registration: string;
  email: string;
  footer: string;
}

/** A category of products, by its code. retired: no further product gets it. */
export interface Category {
  category: string;
  name: string;
  retired: boolean;
}

/** Products that are taxed alike. percent: their rate now, as a decimal number; changes: the rates to come. */
export interface TaxClass {
  tax_class: string;
  percent: string;
  changes: { valid_from: string; percent: string }[];
  retired: boolean;
}

/** Days in which products of a category are returned; "" for any other category. */
export interface ReturnWindow {
  category: string;
  days: number;
}

export interface Transfer {
  transfer_id: string;
  status: string;
  left_at: string | null;
  lines: { sku: string; quantity: number; received: number; lost: number }[];
  arrivals: object[];
}

export interface Purchase {
  purchase_order_id: string;
  status: string;
  currency: string;
  lines: { sku: string; quantity: number; received: number; rejected: number; unit_cost: number }[];
  attempts: { supplier_id: string; state: string }[];
  receipts: object[];
  closed_short: boolean;
  cancel_reason: string | null;
  /** The total that waits for an approval. */
  pending_total: number | null;
  invoice: object | null;
  payment: object | null;
  /** Of an invoice that is not matched, from the order and what was received of it. */
  differences: string[];
  execution: string;
}

/** An import of products: its counts, the first of its problems, and the address of a CSV file with each row's result. */
export interface ImportReport {
  dry_run: boolean;
  status: "RUNNING" | "REJECTED" | "COMPLETE";
  rows: number;
  created: number;
  updated: number;
  unchanged: number;
  refused: number;
  problems: { row: number; sku: string; field: string; value: string; accepted: string }[];
  result_url: string | null;
}

export interface Responses {
  "GET /products": Page & { products: Product[]; version: string };
  "GET /products/{sku}": Product;
  "POST /product-imports/uploads": { url: string; fields: Record<string, string> };
  "POST /product-imports": object;
  "GET /product-imports/{import_id}": ImportReport;
  "GET /customers": Page & { customers: Customer[] };
  "POST /customers": Customer;
  "GET /customers/{customer_id}": Customer & { merged_into: string | null; merge_id: string | null };
  "PATCH /customers/{customer_id}": Customer;
  "POST /customers/{customer_id}/merge": object;
  "GET /customer-merges/{merge_id}": object;
  "GET /executions/{execution}/progress": ExecutionProgress;
  "GET /customers/{customer_id}/credit": Balances;
  "POST /customers/{customer_id}/credit": Balances;
  "GET /customers/{customer_id}/accounts/{currency}": Account;
  "POST /gift-cards/balance": GiftCard;
  "POST /quotes": Quote;
  "GET /orders": Page;
  "POST /orders": Order;
  "GET /orders/{order_id}": Order;
  "POST /orders/{order_id}/cancel": Order;
  "GET /orders/{order_id}/tenders": Tender[];
  "GET /orders/{order_id}/returns": Return[];
  "POST /orders/{order_id}/returns": Return;
  "POST /orders/{order_id}/exchanges": Exchanged;
  "GET /returns/{return_id}": Return;
  "GET /invoices": Page;
  "GET /payments": Page;
  "GET /stock": Page & { levels: StockLevel[] };
  "GET /deliveries": Page;
  "GET /images": Page;
  "GET /images/quarantine": Page;
  "GET /images/details": Image;
  "POST /images/uploads": SignedUpload;
  "GET /documents": { url: string };
  "GET /orders/{order_id}/receipt": string;
  "POST /documents/mails": { mail_id: string };
  "GET /settings/seller": Seller;
  "PUT /settings/seller": Seller;
  "GET /categories": Page & { categories: Category[] };
  "PUT /categories/{category}": Category;
  "GET /settings/barcode-layouts": { layouts: BarcodeLayout[] };
  "PUT /settings/barcode-layouts": { layouts: BarcodeLayout[] };
  "GET /settings/tax-classes": TaxClass[];
  "PUT /settings/tax-classes/{tax_class}": TaxClass;
  "PUT /settings/tax-classes/{tax_class}/retired": TaxClass;
  "GET /settings/return-windows": ReturnWindow[];
  "PUT /settings/return-windows": ReturnWindow;
  "GET /settings/discount-limits": Record<"cashier" | "manager", DiscountLimit>;
  "PUT /settings/discount-limits/{role}": DiscountLimit;
  "GET /settings/price-days": { days: number };
  "PUT /settings/price-days": { days: number };
  "GET /reports/sales": Page;
  "GET /stock/movements": Page & { movements: { quantity: number; cost: number }[] };
  "POST /stock/adjustments": object;
  "POST /stock/counts": object;
  "GET /transfers": Page;
  "POST /transfers": object;
  "GET /transfers/{transfer_id}": Transfer;
  "POST /transfers/{transfer_id}/ship": Transfer;
  "POST /transfers/{transfer_id}/arrivals": Transfer;
  "POST /transfers/{transfer_id}/cancel": Transfer;
  "GET /purchase-orders": Page;
  "GET /purchase-orders/{purchase_order_id}": Purchase;
  "POST /purchase-orders": object;
  "POST /purchase-orders/{purchase_order_id}/acknowledgement": Purchase;
  "POST /purchase-orders/{purchase_order_id}/refusal": Purchase;
  "POST /purchase-orders/{purchase_order_id}/close": Purchase;
  "POST /purchase-orders/{purchase_order_id}/receipts": Purchase;
  "POST /purchase-orders/{purchase_order_id}/invoice": Purchase;
  "POST /purchase-orders/{purchase_order_id}/cancel": Purchase;
  "GET /approvals": Page;
  "POST /approvals/{purchase_order_id}/decision": { delivered: boolean };
  "GET /suppliers": Page;
  "POST /suppliers": object;
  "GET /suppliers/{supplier_id}/report": { prices: { sku: string; unit_cost: number }[] };
  "GET /cases": Page;
  "POST /cases": Case;
  "GET /cases/{case_id}": Case;
  "POST /cases/{case_id}/decision": { delivered: boolean };
  "GET /dead-letters": { queues: DeadLetterQueue[] };
  "GET /dead-letters/{queue}/messages": { messages: DeadLetter[] };
  "POST /dead-letters/{queue}/redrive": { message_ids: string[] };
  "POST /dead-letters/{queue}/messages/{message_id}/drop": { case_id: string };
  "POST /images/redrive": { key: string }[];
  "GET /users": object[];
  "POST /users": object;
  "PUT /users/{username}/group": object;
  "PUT /users/{username}/access": object;
  "GET /executions": Page;
  "GET /executions/{execution}": ExecutionDetail;
  "POST /executions/{execution}/redrive": object;
  "POST /executions/{execution}/stop": object;
}
