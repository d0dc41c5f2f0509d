import { useLanguage } from "../core/i18n";
import { format } from "../core/money";
import type { PricedOrder } from "../core/responses";
import { Button, Dialog } from "../core/ui";
import type { Checkout } from "./checkout";
import { due, type Sale, type Tender } from "./sale";
import { editSale } from "./sale-store";
import { TenderForm, TenderRow } from "./tender-form";
import { RefusalNotice } from "./till-page";
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
  const { text, code } = useLanguage();
  const money = (amount: number): string => format(amount, place.currency, code);
  const isSending = sale.sent !== null || checkout.progress !== null;
  const close = (): void => {
    if (isSending) return;
    checkout.clear();
    onClose();
  };
  if (isSending || quote === null) {
    return (
      <Dialog title={text.till.payment} onClose={close} className="payment">
        {isSending && <p role="status" className="progress">{text.till[checkout.progress ?? "waiting"]}</p>}
        {isSending && checkout.progress === null && <Button kind="primary" onClick={checkout.start}>{text.retry}</Button>}
      </Dialog>
    );
  }
  const remaining = due(sale, quote);
  const add = (tender: Tender): void => editSale((current) => ({ ...current, tenders: [...current.tenders, tender] }));
  const removeAt = (index: number): void =>
    editSale((current) => ({ ...current, tenders: current.tenders.filter((_, position) => position !== index) }));
  return (
    <Dialog title={text.till.payment} onClose={close} className="payment">
      {checkout.refusal !== null && <RefusalNotice problem={checkout.refusal} />}
      <dl className="totals">
        <dt>{text.till.total}</dt>
        <dd>{money(quote.totals.total)}</dd>
        {sale.tenders.map((tender, index) => (
          <TenderRow key={index} tender={tender} amount={money(tender.amount ?? 0)} onRemove={() => removeAt(index)} />
        ))}
        <dt className="grand">{remaining < 0 ? text.till.change : text.till.due}</dt>
        <dd className="grand" data-testid="due">{money(Math.abs(remaining))}</dd>
      </dl>
      {remaining > 0 && <TenderForm customerId={sale.customer?.customer_id} remaining={remaining} place={place} onAdd={add} />}
      {remaining <= 0 && (
        <Button kind="primary" className="large" onClick={checkout.start} data-focus autoFocus>{text.till.complete}</Button>
      )}
    </Dialog>
  );
}
