import { useState } from "react";
import { format, parse } from "../../core/money";
import type { Purchase } from "../../core/responses";
import { useShop } from "../../core/shop";
import { Button, Field } from "../../core/ui";
import { amountText } from "../prices";
import { useTexts, type ActionView } from "../use-api";

interface TypedLine {
  sku: string;
  quantity: string;
  price: string;
}

/** A line of an invoice; null if its quantity or its price is not readable. */
function lineOf({ sku, quantity, price }: TypedLine, currency: string): { sku: string; quantity: number; unit_price: number } | null {
  const cost = parse(price, currency);
  const units = Number(quantity);
  return cost === null || !Number.isInteger(units) || units < 1 ? null : { sku, quantity: units, unit_price: cost };
}

/** Record the supplier's invoice. Its lines are offered as received at the ordered price; the match compares them. */
export function SupplierInvoice({ order, action }: { order: Purchase; action: ActionView }): React.ReactNode {
  const { office, label, code } = useTexts();
  const { api } = useShop();
  const { currency } = order;
  const [number, setNumber] = useState("");
  const [day, setDay] = useState("");
  const [discount, setDiscount] = useState("");
  const [tax, setTax] = useState("");
  const [typed, setTyped] = useState<TypedLine[]>(() => order.lines
    .filter(({ received, rejected }) => received > rejected)
    .map(({ sku, received, rejected, unit_cost: cost }) => ({ sku, quantity: String(received - rejected), price: amountText(cost, currency, code) })));
  const change = (sku: string, changes: Partial<TypedLine>): void => {
    setTyped((before) => before.map((line) => (line.sku === sku ? { ...line, ...changes } : line)));
  };
  const lines = typed.map((line) => lineOf(line, currency)).filter((line) => line !== null);
  const less = parse(discount === "" ? "0" : discount, currency);
  const added = parse(tax === "" ? "0" : tax, currency);
  const total = lines.length < typed.length || less === null || added === null
    ? null
    : lines.reduce((sum, line) => sum + line.quantity * line.unit_price, 0) - less + added;
  return (
    <form
      className="card stack"
      aria-label={office.supplierInvoice}
      onSubmit={(event) => {
        event.preventDefault();
        const body = { number: number.trim(), invoiced_on: day, lines, discount: less, tax: added, total };
        const path = { purchase_order_id: order.purchase_order_id };
        action.run(() => api.call("POST /purchase-orders/{purchase_order_id}/invoice", { path, body }));
      }}
    >
      <h2>{office.supplierInvoice}</h2>
      <Field label={label("invoice_number")} value={number} onChange={(event) => setNumber(event.target.value)} maxLength={64} required />
      <Field label={label("invoiced_on")} type="date" value={day} onChange={(event) => setDay(event.target.value)} required />
      {typed.map((line) => (
        <div key={line.sku} className="row">
          <Field
            label={`${label("quantity")}: ${line.sku}`}
            inputMode="numeric"
            value={line.quantity}
            onChange={(event) => change(line.sku, { quantity: event.target.value })}
            className="grow"
          />
          <Field
            label={`${label("unit_price")}: ${line.sku}`}
            inputMode="decimal"
            value={line.price}
            aria-invalid={parse(line.price, currency) === null}
            onChange={(event) => change(line.sku, { price: event.target.value })}
            className="grow"
          />
        </div>
      ))}
      <div className="row">
        <Field label={label("discount")} inputMode="decimal" value={discount} aria-invalid={less === null} onChange={(event) => setDiscount(event.target.value)} className="grow" />
        <Field label={label("tax")} inputMode="decimal" value={tax} aria-invalid={added === null} onChange={(event) => setTax(event.target.value)} className="grow" />
      </div>
      <p className="row spread">
        <span>{label("total")} <small>{office.invoiceHint}</small></span>
        <strong data-testid="invoice-total">{total === null ? "–" : format(total, currency, code)}</strong>
      </p>
      <Button kind="primary" type="submit" disabled={number.trim() === "" || day === "" || total === null || action.isRunning}>
        {office.recordInvoice}
      </Button>
    </form>
  );
}
