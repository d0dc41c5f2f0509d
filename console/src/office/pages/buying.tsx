import { useState } from "react";
import { parse } from "../../core/money";
import { hrefOf } from "../../core/router";
import { useShop } from "../../core/shop";
import type { Purchase } from "../../core/responses";
import { Button, Field } from "../../core/ui";
import { ExecutionView } from "../execution-view";
import { Fields, ListPage, ReasonForm, RecordPage, Result, Table } from "../parts";
import { QuantityForm } from "../quantity-form";
import { useAction, useRecord, useTexts, type ActionView, type Row } from "../use-api";

export function PurchasesPage(): React.ReactNode {
  const { text } = useTexts();
  return (
    <ListPage
      page="purchases"
      title={text.pages.purchases}
      route="GET /purchase-orders"
      columns={[{ field: "purchase_order_id" }, { field: "status" }, { field: "supplier_id" }, { field: "location" }, { field: "opened_at" }]}
      filters={[{ field: "status", options: ["OPEN", "SENT", "ACKNOWLEDGED", "MATCHED", "PAID", "CLOSED", "CANCELLED"] }]}
      linkTo={(row) => hrefOf("purchases", String(row.purchase_order_id))}
    />
  );
}

export function PurchasePage({ id }: { id: string }): React.ReactNode {
  const { office } = useTexts();
  const { person } = useShop();
  const { value: order, problem, reload } = useRecord("GET /purchase-orders/{purchase_order_id}", { purchase_order_id: id });
  return (
    <RecordPage page="purchases" title={id} problem={problem} isLoading={order === null}>
      {order !== null && (
        <>
          <Fields row={order as unknown as Row} fields={["status", "location", "reason", "opened_at", "cancel_reason"]} />
          <PurchaseActions order={order} onDone={reload} />
          <h2>{office.lines}</h2>
          <Table
            caption={office.lines}
            columns={[{ field: "sku" }, { field: "quantity", number: true }, { field: "received", number: true }, { field: "unit_cost", number: true }]}
            rows={order.lines.map((line) => ({ ...line, currency: order.currency }))}
          />
          <h2>{office.attempts}</h2>
          <Table
            caption={office.attempts}
            columns={[{ field: "supplier_id" }, { field: "state" }, { field: "sent_at" }, { field: "promised_on" }, { field: "note" }]}
            rows={order.attempts as Row[]}
          />
          <h2>{office.deliveries}</h2>
          <Table caption={office.deliveries} columns={[{ field: "receipt_id" }, { field: "received_at" }]} rows={order.receipts as Row[]} />
          {person.scopes.includes("operate") && order.execution !== "" && (
            <>
              <h2>{office.execution}</h2>
              <ExecutionView execution={order.execution} />
            </>
          )}
        </>
      )}
    </RecordPage>
  );
}

function PurchaseActions({ order, onDone }: { order: Purchase; onDone: () => void }): React.ReactNode {
  const { office } = useTexts();
  const { api } = useShop();
  const [receiptId, setReceiptId] = useState(() => crypto.randomUUID());
  const action = useAction(() => {
    setReceiptId(crypto.randomUUID());
    onDone();
  });
  const path = { purchase_order_id: order.purchase_order_id };
  const open = order.lines.map(({ sku, quantity, received }) => ({ sku, quantity: quantity - received })).filter(({ quantity }) => quantity > 0);
  if (!["OPEN", "SENT", "ACKNOWLEDGED"].includes(order.status)) return null;
  return (
    <div className="stack narrow">
      {order.status === "ACKNOWLEDGED" && open.length > 0 && (
        <QuantityForm
          key={receiptId}
          label={office.receiveOrdered}
          lines={open}
          action={action}
          onConfirm={(lines) => {
            const body = { receipt_id: receiptId, received_at: new Date().toISOString(), lines };
            return api.call("POST /purchase-orders/{purchase_order_id}/receipts", { path, body });
          }}
        />
      )}
      {order.status === "ACKNOWLEDGED" && order.lines.some(({ received }) => received > 0) && <SupplierInvoice order={order} action={action} />}
      <ReasonForm
        label={office.cancelPurchase}
        action={action}
        onConfirm={(reason) => api.call("POST /purchase-orders/{purchase_order_id}/cancel", { path, body: { reason } })}
      />
      <Result action={action} />
    </div>
  );
}

/** Record the supplier's invoice of what was received; the match compares it with the order. */
function SupplierInvoice({ order, action }: { order: Purchase; action: ActionView }): React.ReactNode {
  const { office, label } = useTexts();
  const { api } = useShop();
  const [number, setNumber] = useState("");
  const [day, setDay] = useState("");
  const [tax, setTax] = useState("0");
  const [total, setTotal] = useState("");
  const amounts = { tax: parse(tax, order.currency), total: parse(total, order.currency) };
  const isComplete = number.trim() !== "" && day !== "" && amounts.tax !== null && amounts.total !== null;
  return (
    <form
      className="stack"
      aria-label={office.supplierInvoice}
      onSubmit={(event) => {
        event.preventDefault();
        const lines = order.lines
          .filter(({ received }) => received > 0)
          .map(({ sku, received, unit_cost }) => ({ sku, quantity: received, unit_price: unit_cost }));
        const body = { number: number.trim(), invoiced_on: day, lines, ...amounts };
        const path = { purchase_order_id: order.purchase_order_id };
        action.run(() => api.call("POST /purchase-orders/{purchase_order_id}/invoice", { path, body }));
      }}
    >
      <Field label={label("invoice_number")} value={number} onChange={(event) => setNumber(event.target.value)} maxLength={60} required />
      <Field label={label("issued_at")} type="date" value={day} onChange={(event) => setDay(event.target.value)} required />
      <Field label={label("tax")} inputMode="decimal" value={tax} onChange={(event) => setTax(event.target.value)} required />
      <Field label={label("total")} hint={office.invoiceHint} inputMode="decimal" value={total} onChange={(event) => setTotal(event.target.value)} required />
      <Button type="submit" disabled={!isComplete || action.isRunning}>{office.supplierInvoice}</Button>
    </form>
  );
}

export function ApprovalsPage(): React.ReactNode {
  const { text } = useTexts();
  return (
    <ListPage
      page="approvals"
      title={text.pages.approvals}
      route="GET /approvals"
      columns={[
        { field: "purchase_order_id" }, { field: "asked" }, { field: "asked_at" }, { field: "total", number: true },
        { field: "decision", cell: (row) => <ApprovalForm id={String(row.purchase_order_id)} /> },
      ]}
    />
  );
}

function ApprovalForm({ id }: { id: string }): React.ReactNode {
  const { office } = useTexts();
  const { api } = useShop();
  const [note, setNote] = useState("");
  const action = useAction(() => undefined);
  const decide = (decision: "approve" | "refuse"): void =>
    action.run(() => api.call("POST /approvals/{purchase_order_id}/decision", { path: { purchase_order_id: id }, body: { decision, note } }));
  if (action.isDone) return <Result action={action} />;
  return (
    <div className="stack">
      <div className="row">
        <Button kind="primary" disabled={action.isRunning} onClick={() => decide("approve")}>{office.approve}</Button>
        <Field label={office.note} value={note} onChange={(event) => setNote(event.target.value)} maxLength={200} />
        <Button kind="danger" disabled={action.isRunning || note.trim() === ""} onClick={() => decide("refuse")}>{office.refuse}</Button>
      </div>
      <Result action={action} />
    </div>
  );
}
