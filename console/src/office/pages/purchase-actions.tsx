import { useState } from "react";
import type { Purchase } from "../../core/responses";
import { useShop } from "../../core/shop";
import { Button, Field } from "../../core/ui";
import { ReasonForm, Result } from "../parts";
import { QuantityForm } from "../quantity-form";
import { useAction, useTexts, type ActionView } from "../use-api";
import { SupplierInvoice } from "./supplier-invoice";

/** What a person does with an order that is under way. */
export function PurchaseActions({ order, onDone }: { order: Purchase; onDone: () => void }): React.ReactNode {
  const { office } = useTexts();
  const { api } = useShop();
  // The id of a delivery is its idempotency key: a new one only after the delivery is recorded.
  const [receiptId, setReceiptId] = useState(() => crypto.randomUUID());
  const action = useAction(() => {
    setReceiptId(crypto.randomUUID());
    onDone();
  }, onDone);
  const path = { purchase_order_id: order.purchase_order_id };
  const open = order.lines
    .map(({ sku, quantity, received, rejected }) => ({ sku, quantity: quantity - received + rejected }))
    .filter(({ quantity }) => quantity > 0);
  const isAcknowledged = order.status === "ACKNOWLEDGED";
  const hasGoods = order.lines.some(({ received, rejected }) => received > rejected);
  if (!["OPEN", "SENT", "ACKNOWLEDGED"].includes(order.status) || order.cancel_reason !== null) return <Result action={action} />;
  return (
    <div className="stack narrow">
      {order.status === "SENT" && <SupplierAnswer order={order} action={action} />}
      {isAcknowledged && open.length > 0 && !order.closed_short && (
        <>
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
          {hasGoods && (
            <Button disabled={action.isRunning} onClick={() => action.run(() => api.call("POST /purchase-orders/{purchase_order_id}/close", { path }))}>
              {office.closeShort}
            </Button>
          )}
        </>
      )}
      {isAcknowledged && hasGoods && <SupplierInvoice key={order.receipts.length} order={order} action={action} />}
      <ReasonForm
        label={office.cancelPurchase}
        action={action}
        onConfirm={(reason) => api.call("POST /purchase-orders/{purchase_order_id}/cancel", { path, body: { reason } })}
      />
      <Result action={action} />
    </div>
  );
}

/** Record what the supplier answered by phone or mail. */
function SupplierAnswer({ order, action }: { order: Purchase; action: ActionView }): React.ReactNode {
  const { office, label } = useTexts();
  const { api } = useShop();
  const [day, setDay] = useState("");
  const supplierId = order.attempts.at(-1)?.supplier_id;
  const path = { purchase_order_id: order.purchase_order_id };
  return (
    <section className="card stack" aria-label={office.answer}>
      <h2>{office.answer}</h2>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          const body = { promised_on: day, supplier_id: supplierId };
          action.run(() => api.call("POST /purchase-orders/{purchase_order_id}/acknowledgement", { path, body }));
        }}
      >
        <Field label={label("promised_on")} type="date" value={day} onChange={(event) => setDay(event.target.value)} required className="grow" />
        <Button kind="primary" type="submit" disabled={action.isRunning || day === ""}>{office.supplierAccepts}</Button>
      </form>
      <ReasonForm
        label={office.supplierRefuses}
        action={action}
        onConfirm={(note) => api.call("POST /purchase-orders/{purchase_order_id}/refusal", { path, body: { note, supplier_id: supplierId } })}
      />
    </section>
  );
}
