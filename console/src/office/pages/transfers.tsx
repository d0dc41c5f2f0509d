import { useState } from "react";
import { hrefOf } from "../../core/router";
import { useShop } from "../../core/shop";
import type { Transfer } from "../../core/responses";
import { Button } from "../../core/ui";
import { Fields, ListPage, ReasonForm, RecordPage, Result, Table } from "../parts";
import { QuantityForm } from "../quantity-form";
import { useAction, useRecord, useTexts, type Row } from "../use-api";
import { NewTransfer } from "./new-transfer";

/** A transfer moves on some time after its action: its workflow does the work. */
const FOLLOW_MS = 3_000;

export function TransfersPage(): React.ReactNode {
  const { text, office } = useTexts();
  const [isOpening, setOpening] = useState(false);
  return (
    <ListPage
      page="transfers"
      title={text.pages.transfers}
      route="GET /transfers"
      columns={[{ field: "transfer_id" }, { field: "status" }, { field: "source" }, { field: "destination" }, { field: "requested_at" }]}
      filters={[{ field: "status", options: ["REQUESTED", "IN_TRANSIT", "CLOSED", "CANCELLED"] }, { field: "location" }]}
      linkTo={(row) => hrefOf("transfers", String(row.transfer_id))}
    >
      {(list) => (isOpening
        ? <NewTransfer onDone={list.reload} />
        : <Button kind="primary" onClick={() => setOpening(true)}>{office.newTransfer}</Button>)}
    </ListPage>
  );
}

export function TransferPage({ id }: { id: string }): React.ReactNode {
  const { office } = useTexts();
  const { value: transfer, problem, reload } = useRecord("GET /transfers/{transfer_id}", { transfer_id: id }, ({ status }) => (
    status === "CLOSED" || status === "CANCELLED" ? null : FOLLOW_MS));
  return (
    <RecordPage page="transfers" title={id} problem={problem} isLoading={transfer === null}>
      {transfer !== null && (
        <>
          <Fields row={transfer as unknown as Row} fields={["status", "source", "destination", "requested_at", "left_at", "reason", "cancel_reason"]} />
          {transfer.status === "CANCELLED" && transfer.left_at !== null && <p role="alert" className="notice bad">{office.leftNotReserved}</p>}
          <TransferActions transfer={transfer} onDone={reload} />
          <h2>{office.lines}</h2>
          <Table
            caption={office.lines}
            columns={[{ field: "sku" }, { field: "quantity", number: true }, { field: "received", number: true }, { field: "lost", number: true }]}
            rows={transfer.lines}
          />
          <h2>{office.deliveries}</h2>
          <Table caption={office.deliveries} columns={[{ field: "arrival_id" }, { field: "arrived_at" }]} rows={transfer.arrivals as Row[]} />
        </>
      )}
    </RecordPage>
  );
}

function TransferActions({ transfer, onDone }: { transfer: Transfer; onDone: () => void }): React.ReactNode {
  const { office } = useTexts();
  const { api } = useShop();
  const [arrivalId, setArrivalId] = useState(() => crypto.randomUUID());
  const action = useAction(() => {
    setArrivalId(crypto.randomUUID());
    onDone();
  }, onDone);
  const path = { transfer_id: transfer.transfer_id };
  const open = transfer.lines
    .map(({ sku, quantity, received, lost }) => ({ sku, quantity: quantity - received - lost }))
    .filter(({ quantity }) => quantity > 0);
  return (
    <div className="stack narrow">
      {transfer.status === "REQUESTED" && transfer.left_at === null && (
        <>
          <Button kind="primary" disabled={action.isRunning} onClick={() => action.run(() => api.call("POST /transfers/{transfer_id}/ship", { path }))}>
            {office.ship}
          </Button>
          <ReasonForm
            label={office.cancelTransfer}
            action={action}
            onConfirm={(reason) => api.call("POST /transfers/{transfer_id}/cancel", { path, body: { reason } })}
          />
        </>
      )}
      {transfer.status === "IN_TRANSIT" && open.length > 0 && (
        <QuantityForm
          key={arrivalId}
          label={office.receiveTransit}
          lines={open}
          action={action}
          onConfirm={(lines) => {
            const body = { arrival_id: arrivalId, arrived_at: new Date().toISOString(), lines };
            return api.call("POST /transfers/{transfer_id}/arrivals", { path, body });
          }}
        />
      )}
      <Result action={action} />
    </div>
  );
}
