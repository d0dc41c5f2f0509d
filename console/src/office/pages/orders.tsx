import { useState } from "react";
import { hrefOf } from "../../core/router";
import { useShop } from "../../core/shop";
import { Button, Dialog, Field } from "../../core/ui";
import { ExecutionView } from "../execution-view";
import { Fields, Notice, RecordPage, Result, Table } from "../parts";
import { useAction, useRecord, useTexts } from "../use-api";

const FOLLOW_MS = 2_000;

/** Find an order by the id that is on its receipt. */
export function OrdersPage(): React.ReactNode {
  const { text, office, label } = useTexts();
  const [id, setId] = useState("");
  return (
    <section className="panel">
      <h1>{text.pages.orders}</h1>
      <form
        className="row narrow"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          location.assign(hrefOf("orders", id.trim()));
        }}
      >
        <Field label={label("order_id")} value={id} onChange={(event) => setId(event.target.value)} required className="grow" />
        <Button kind="primary" type="submit" disabled={id.trim() === ""}>{office.show}</Button>
      </form>
    </section>
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
          {person.scopes.includes("sell") && (order.status === "PAID" || order.status === "PLACED") && (
            <Button kind="danger" onClick={() => setCancelling(true)}>{office.cancelOrder}</Button>
          )}
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
      <Table
        caption={office.tenders}
        columns={[{ field: "type" }, { field: "state" }, { field: "amount", number: true }, { field: "captured", number: true }, { field: "refunded", number: true }]}
        rows={(value ?? []).map((tender) => ({ ...tender, currency }))}
      />
    </>
  );
}

function CancelDialog({ id, onDone, onClose }: { id: string; onDone: () => void; onClose: () => void }): React.ReactNode {
  const { office } = useTexts();
  const { api } = useShop();
  const [reason, setReason] = useState("");
  const action = useAction(onDone);
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
