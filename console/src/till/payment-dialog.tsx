import { useState } from "react";
import { useLanguage } from "../core/i18n";
import { format } from "../core/money";
import type { PricedOrder } from "../core/responses";
import { Button, Dialog, LazyPart } from "../core/ui";
import type { Checkout } from "./checkout";
import { Cardholder, CustomerDialog } from "./lazy-parts";
import { MAX_PARKED, park, parkedSales } from "./parked";
import { RefusalNotice } from "./refusal-notice";
import { due, exactTotal, setCustomer, type Sale, type Tender } from "./sale";
import { editSale } from "./sale-store";
import { TenderForm, TenderRow } from "./tender-form";
import type { CheckoutView } from "./use-checkout";

interface PaymentDialogProps {
  sale: Sale;
  quote: PricedOrder | null;
  place: Checkout;
  checkout: CheckoutView;
  onClose: () => void;
}

/** Tenders until nothing is due, then the sale. */
export function PaymentDialog({ sale, quote, place, checkout, onClose }: PaymentDialogProps): React.ReactNode {
  const { text } = useLanguage();
  const isSending = sale.sent !== null || checkout.progress !== null;
  const close = (): void => {
    if (isSending) return;
    checkout.clear();
    onClose();
  };
  return (
    <Dialog title={text.till.payment} onClose={close} className="payment">
      {isSending && <Sending sale={sale} checkout={checkout} register={place.register} />}
      {!isSending && quote === null && <p className="muted">{text.loading}</p>}
      {!isSending && quote !== null && <Tenders sale={sale} quote={quote} place={place} checkout={checkout} />}
    </Dialog>
  );
}

/** How far a sale is that was sent, and what the cardholder has to do for it. */
function Sending({ sale, checkout, register }: { sale: Sale; checkout: CheckoutView; register: string }): React.ReactNode {
  const { text } = useLanguage();
  const { sent, isCancelled = false } = sale;
  return (
    <>
      {!isCancelled && <p role="status" className="progress">{text.till[checkout.progress ?? "waiting"]}</p>}
      {sent?.tenders.some(({ type }) => type === "card") === true && (
        <LazyPart>
          <Cardholder orderId={sent.order_id} since={sent.placed_at} isCancelled={isCancelled} onCancel={checkout.cancel} />
        </LazyPart>
      )}
      <div className="row end">
        {checkout.progress === null && <Button kind="primary" onClick={checkout.start}>{text.retry}</Button>}
        {checkout.progress !== "sending" && parkedSales(register).length < MAX_PARKED && (
          <Button onClick={() => park(register)}>{text.till.park}</Button>
        )}
      </div>
    </>
  );
}

function Tenders({ sale, quote, place, checkout }: Omit<PaymentDialogProps, "onClose"> & { quote: PricedOrder }): React.ReactNode {
  const { text, code } = useLanguage();
  const [isChoosing, setChoosing] = useState(false);
  const { currency } = place;
  const money = (amount: number): string => format(amount, currency, code);
  const total = exactTotal(quote);
  const remaining = due(total, sale.tenders, currency);
  // Cash alone gives change. Other tenders are above the total when a price has fallen since they were added.
  const isOverpaid = remaining.exact < 0 && !sale.tenders.some(({ type, amount }) => type === "cash" && (amount ?? 0) > -remaining.exact);
  const rounding = remaining.exact + sale.tenders.reduce((sum, { amount }) => sum + (amount ?? 0), 0) - total;
  const add = (tender: Tender): void => {
    checkout.clear();
    editSale((current) => ({ ...current, tenders: [...current.tenders, tender] }));
  };
  const removeAt = (index: number): void =>
    editSale((current) => ({ ...current, tenders: current.tenders.filter((_, position) => position !== index) }));
  return (
    <>
      {checkout.refusal !== null && <RefusalNotice problem={checkout.refusal} />}
      <dl className="totals">
        <dt>{text.till.total}</dt>
        <dd>{money(total)}</dd>
        {rounding !== 0 && (
          <>
            <dt>{text.till.rounding}</dt>
            <dd>{money(rounding)}</dd>
          </>
        )}
        {sale.tenders.map((tender, index) => (
          <TenderRow key={index} tender={tender} amount={money(tender.amount ?? 0)} onRemove={() => removeAt(index)} />
        ))}
        <dt className="grand">{remaining.exact < 0 ? text.till.change : text.till.due}</dt>
        <dd className="grand" data-testid="due">{money(Math.abs(remaining.exact))}</dd>
      </dl>
      {remaining.exact > 0 && (
        <TenderForm
          customerId={sale.customer?.customer_id}
          due={remaining}
          tenders={sale.tenders}
          place={place}
          onAdd={add}
          onChooseCustomer={() => setChoosing(true)}
        />
      )}
      {isOverpaid && <p role="alert" className="notice bad">{text.till.overpaid}</p>}
      {remaining.exact <= 0 && (
        <Button kind="primary" className="large" disabled={isOverpaid} onClick={checkout.start} data-focus autoFocus>{text.till.complete}</Button>
      )}
      {isChoosing && (
        <LazyPart>
          <CustomerDialog onChoose={(customer) => editSale((current) => setCustomer(current, customer))} onClose={() => setChoosing(false)} />
        </LazyPart>
      )}
    </>
  );
}
