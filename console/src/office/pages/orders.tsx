import { useState } from "react";
import { hrefOf } from "../../core/router";
import { useShop } from "../../core/shop";
import { Button, Dialog, Field } from "../../core/ui";
import { Documents } from "../documents";
import { ExecutionView } from "../execution-view";
import { Fields, ListPage, More, Notice, RecordPage, Result, Table } from "../parts";
import { useAction, useList, useRecord, useTexts } from "../use-api";

const FOLLOW_MS = 2_000;

export function OrdersPage(): React.ReactNode {
  const { text } = useTexts();
  return (
    <ListPage
      page="orders"
      title={text.pages.orders}
      route="GET /orders"
      columns={[
        { field: "order_id" }, { field: "status" }, { field: "placed_at" }, { field: "location" }, { field: "customer_id" },
        { field: "total", number: true }, { field: "invoice_number" },
      ]}
      filters={[
        { field: "status", options: ["PLACED", "PAID", "REJECTED", "CANCELLED"] }, { field: "location" }, { field: "customer_id" },
        { field: "first_day", type: "date" }, { field: "last_day", type: "date" },
      ]}
      linkTo={(row) => hrefOf("orders", String(row.order_id))}
    >
      {() => <FindOrder />}
    </ListPage>
  );
}

/** Open an order by the id that is on its receipt. */
function FindOrder(): React.ReactNode {
  const { office, label } = useTexts();
  const [id, setId] = useState("");
  return (
    <form
      className="row narrow"
      aria-label={office.show}
      onSubmit={(event) => {
        event.preventDefault();
        location.assign(hrefOf("orders", id.trim()));
      }}
    >
      <Field label={label("order_id")} value={id} onChange={(event) => setId(event.target.value)} required className="grow" />
      <Button kind="primary" type="submit" disabled={id.trim() === ""}>{office.show}</Button>
    </form>
  );
}

export function InvoicesPage(): React.ReactNode {
  const { text } = useTexts();
  return (
    <ListPage
      page="invoices"
      title={text.pages.invoices}
      route="GET /invoices"
      columns={[
        { field: "invoice_number" }, { field: "status" }, { field: "issued_at" }, { field: "location" }, { field: "customer_id" },
        { field: "total", number: true }, { field: "paid", number: true }, { field: "outstanding", number: true }, { field: "due_on" },
        { field: "credited", number: true }, { field: "credit_note_number" },
      ]}
      filters={[{ field: "location" }, { field: "first_day", type: "date" }, { field: "last_day", type: "date" }]}
      linkTo={(row) => hrefOf("orders", String(row.invoice_id))}
    />
  );
}

export function PaymentsPage(): React.ReactNode {
  const { text } = useTexts();
  return (
    <ListPage
      page="payments"
      title={text.pages.payments}
      route="GET /payments"
      columns={[
        { field: "order_id" }, { field: "type" }, { field: "state" }, { field: "opened_at" }, { field: "amount", number: true },
        { field: "captured", number: true }, { field: "refunded", number: true }, { field: "reason" },
      ]}
      filters={[
        { field: "type", options: ["cash", "card", "gift_card", "store_credit", "on_account"] },
        { field: "first_day", type: "date" }, { field: "last_day", type: "date" },
      ]}
      linkTo={(row) => hrefOf("orders", String(row.order_id))}
    />
  );
}

export function DeliveriesPage(): React.ReactNode {
  const { text } = useTexts();
  return (
    <ListPage
      page="deliveries"
      title={text.pages.deliveries}
      route="GET /deliveries"
      columns={[
        { field: "order_id" }, { field: "status" }, { field: "opened_at" }, { field: "location" }, { field: "carrier" },
        { field: "shipments", number: true }, { field: "in_transit", number: true }, { field: "delivered", number: true }, { field: "not_delivered", number: true },
      ]}
      filters={[{ field: "status", options: ["OPEN", "CLOSED"] }, { field: "location" }]}
      linkTo={(row) => hrefOf("orders", String(row.order_id))}
    />
  );
}

export function OrderPage({ id }: { id: string }): React.ReactNode {
  const { office } = useTexts();
  const { person } = useShop();
  const { value: order, problem, reload } = useRecord("GET /orders/{order_id}", { order_id: id }, (read) => (read.status === "PLACED" ? FOLLOW_MS : null));
  const [isCancelling, setCancelling] = useState(false);
  const priced = order?.document ?? null;
  const currency = order?.currency ?? "EUR";
  return (
    <RecordPage page="orders" title={id} problem={problem} isLoading={order === null}>
      {order !== null && (
        <>
          <Fields
            row={{ ...order, customer_id: priced?.customer_id }}
            fields={["status", "placed_at", "location", "customer_id", "total", "paid_at", "invoice_number", "reason", "cause", "cancelled_at", "cancel_reason"]}
          />
          {priced?.approval !== undefined && <p className="muted">{office.approvedBy(priced.approval.manager, priced.approval.note)}</p>}
          {person.scopes.includes("sell") && (
            <div className="row wrap actions">
              {(order.status === "PAID" || order.status === "PLACED") && (
                <Button kind="danger" onClick={() => setCancelling(true)}>{office.cancelOrder}</Button>
              )}
              {order.status === "PAID" && <a href={hrefOf("returns", id)}>{office.returnUnits}</a>}
            </div>
          )}
          {order.invoice_number !== null && <Documents number={order.invoice_number} orderId={id} hasCustomer={priced !== null && priced.customer_id !== null} />}
          {isCancelling && <CancelDialog id={id} onDone={reload} onClose={() => setCancelling(false)} />}
          {priced !== null && (
            <>
              <h2>{office.lines}</h2>
              <Table
                caption={office.lines}
                columns={[
                  { field: "description" }, { field: "sku" }, { field: "quantity", number: true }, { field: "unit_price", number: true },
                  { field: "net", number: true }, { field: "tax", number: true }, { field: "total", number: true },
                ]}
                rows={priced.lines.map((line) => ({ ...line, currency }))}
              />
              <Tenders id={id} currency={currency} />
              {order.paid_at !== null && <ReturnsOf id={id} hasCustomer={priced.customer_id !== null} />}
            </>
          )}
          {person.scopes.includes("operate") && (
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

function Tenders({ id, currency }: { id: string; currency: string }): React.ReactNode {
  const { office } = useTexts();
  const { value, problem } = useRecord("GET /orders/{order_id}/tenders", { order_id: id });
  return (
    <>
      <h2>{office.tenders}</h2>
      <Notice problem={problem} />
      {value !== null && (
        <Table
          caption={office.tenders}
          columns={[{ field: "type" }, { field: "state" }, { field: "amount", number: true }]}
          rows={value.map((tender) => ({ ...tender, currency }))}
        />
      )}
    </>
  );
}

function ReturnsOf({ id, hasCustomer }: { id: string; hasCustomer: boolean }): React.ReactNode {
  const { text } = useTexts();
  const { value, problem } = useRecord("GET /orders/{order_id}/returns", { order_id: id });
  if (problem === null && (value === null || value.length === 0)) return null;
  return (
    <>
      <h2>{text.pages.returns}</h2>
      <Notice problem={problem} />
      {value !== null && (
        <Table
          caption={text.pages.returns}
          columns={[
            { field: "return_id" }, { field: "status" }, { field: "completed_at" }, { field: "total", number: true },
            { field: "credit_note_number" }, { field: "reason" },
          ]}
          rows={value.map((one) => ({ ...one, reason: one.document?.lines.map(({ reason }) => reason).join(", ") }))}
        />
      )}
      {value?.map(({ credit_note_number: number }) => number !== null && <Documents key={number} number={number} hasCustomer={hasCustomer} />)}
    </>
  );
}

function CancelDialog({ id, onDone, onClose }: { id: string; onDone: () => void; onClose: () => void }): React.ReactNode {
  const { office } = useTexts();
  const { api } = useShop();
  const [reason, setReason] = useState("");
  const action = useAction(onDone, onDone);
  return (
    <Dialog title={office.cancelOrder} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          action.run(() => api.call("POST /orders/{order_id}/cancel", { path: { order_id: id }, query: { wait: 15 }, body: { reason } }));
        }}
      >
        <Field label={office.reason} value={reason} onChange={(event) => setReason(event.target.value)} maxLength={500} required data-focus />
        <Result action={action} />
        <Button kind="danger" type="submit" disabled={action.isRunning || action.isDone || reason.trim() === ""}>{office.confirm}</Button>
      </form>
    </Dialog>
  );
}

/** The orders of a customer, on the customer's page. */
export function OrdersOf({ customerId }: { customerId: string }): React.ReactNode {
  const { text } = useTexts();
  const list = useList("GET /orders", { customer_id: customerId });
  return (
    <>
      <h2>{text.pages.orders}</h2>
      <Notice problem={list.problem} />
      <Table
        caption={text.pages.orders}
        columns={[{ field: "order_id" }, { field: "status" }, { field: "placed_at" }, { field: "total", number: true }]}
        rows={list.rows}
        linkTo={(row) => hrefOf("orders", String(row.order_id))}
      />
      <More list={list} />
    </>
  );
}
