import { useState } from "react";
import type { Purchase } from "../../core/responses";
import { hrefOf, useRoute } from "../../core/router";
import { useShop } from "../../core/shop";
import { Button } from "../../core/ui";
import { ExecutionView } from "../execution-view";
import { Fields, ListPage, RecordPage, Table } from "../parts";
import { useRecord, useTexts, type Row } from "../use-api";
import { NewPurchase } from "./new-purchase";
import { PurchaseActions } from "./purchase-actions";

/** A purchase order moves on some time after its action: its workflow does the work. */
const FOLLOW_MS = 3_000;

export function PurchasesPage(): React.ReactNode {
  const { text, office } = useTexts();
  const [isOpening, setOpening] = useState(false);
  return (
    <ListPage
      page="purchases"
      title={text.pages.purchases}
      route="GET /purchase-orders"
      columns={[
        { field: "purchase_order_id" }, { field: "status" }, { field: "supplier_id" }, { field: "location" }, { field: "opened_at" },
        { field: "ordered_units", number: true, cell: (row) => String(row.ordered) }, { field: "received", number: true }, { field: "owed", number: true },
      ]}
      filters={[
        { field: "status", options: ["OPEN", "SENT", "ACKNOWLEDGED", "MATCHED", "PAID", "CLOSED", "CANCELLED"] },
        { field: "supplier_id" }, { field: "location" },
      ]}
      linkTo={(row) => hrefOf("purchases", String(row.purchase_order_id))}
    >
      {(list) => (isOpening
        ? <NewPurchase onDone={list.reload} />
        : <Button kind="primary" onClick={() => setOpening(true)}>{office.newPurchase}</Button>)}
    </ListPage>
  );
}

export function PurchasePage({ id }: { id: string }): React.ReactNode {
  const { office } = useTexts();
  const { person } = useShop();
  const isAwaited = useRoute().query.has("awaited");
  const { value: order, problem, reload } = useRecord("GET /purchase-orders/{purchase_order_id}", { purchase_order_id: id }, ({ status }) => (
    status === "CLOSED" || status === "CANCELLED" ? null : FOLLOW_MS), isAwaited);
  return (
    <RecordPage page="purchases" title={id} problem={problem} isLoading={order === null}>
      {isAwaited && order === null && problem === null && <p role="status" className="notice">{office.purchaseAwaited}</p>}
      {isAwaited && problem?.status === 404 && <p><Button onClick={reload}>{office.reload}</Button></p>}
      {order !== null && (
        <>
          <Fields row={summaryOf(order)} fields={["status", "supplier_id", "location", "ordered_value", "reason", "opened_at", "cancel_reason"]} />
          <Progress order={order} />
          <PurchaseActions order={order} onDone={reload} />
          <h2>{office.lines}</h2>
          <Table
            caption={office.lines}
            columns={[
              { field: "sku" }, { field: "quantity", number: true }, { field: "received", number: true }, { field: "rejected", number: true },
              { field: "unit_cost", number: true },
            ]}
            rows={order.lines.map((line) => ({ ...line, currency: order.currency }))}
          />
          {order.invoice !== null && <InvoiceAndPayment order={order} />}
          <h2>{office.attempts}</h2>
          <Table
            caption={office.attempts}
            columns={[{ field: "supplier_id" }, { field: "state" }, { field: "sent_at" }, { field: "promised_on" }, { field: "note" }]}
            rows={order.attempts}
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

function summaryOf(order: Purchase): Row {
  const value = order.lines.reduce((sum, { quantity, unit_cost: cost }) => sum + quantity * cost, 0);
  return { ...order, supplier_id: order.attempts.at(-1)?.supplier_id, ordered_value: value };
}

/** What the order waits for, where that is not obvious from its status. */
function Progress({ order }: { order: Purchase }): React.ReactNode {
  const { office } = useTexts();
  if (order.cancel_reason !== null && order.status !== "CANCELLED") return <p role="status" className="notice">{office.cancelling}</p>;
  if (order.pending_total !== null) return <p role="status" className="notice">{office.waitsForApproval}</p>;
  if (order.status === "MATCHED") return <p role="status" className="notice">{office.waitsForDueDate}</p>;
  return null;
}

function InvoiceAndPayment({ order: { invoice, payment, differences, currency } }: { order: Purchase }): React.ReactNode {
  const { office, difference: differenceText } = useTexts();
  return (
    <>
      <h2>{office.invoice}</h2>
      {differences.length > 0 && (
        <div role="alert" className="notice bad">
          {office.invoiceDiffers}
          <ul>{differences.map((difference) => <li key={difference}>{differenceText(difference)}</li>)}</ul>
        </div>
      )}
      <Fields row={{ ...invoice, currency }} fields={["number", "invoiced_on", "discount", "tax", "total", "due_on"]} />
      {payment !== null && (
        <>
          <h2>{office.payment}</h2>
          <Fields row={{ ...payment, currency }} fields={["state", "amount", "account", "reference", "paid_at"]} />
        </>
      )}
    </>
  );
}
