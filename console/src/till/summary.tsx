import { useState } from "react";
import { useReached } from "../core/connection";
import { useLanguage } from "../core/i18n";
import { format } from "../core/money";
import { isManager, useShop } from "../core/shop";
import { Button, LazyPart } from "../core/ui";
import { useQueue } from "../offline/queue";
import { offlineRefusal } from "../offline/rules";
import type { Checkout } from "./checkout";
import { discountText } from "./discount";
import { MAX_PARKED, park, parkedSales } from "./parked";
import { CustomerDialog, DiscountDialog, OfflinePayment, ParkedDialog, PaymentDialog, PlaceFields } from "./lazy-parts";
import { ManagerNote } from "./manager-note";
import { RefusalNotice } from "./refusal-notice";
import { estimate, exactTotal, setCustomer, type Sale } from "./sale";
import { editSale } from "./sale-store";
import type { CatalogView } from "./use-catalog";
import type { CheckoutView } from "./use-checkout";
import { useQuote } from "./use-quote";

interface SummaryProps {
  sale: Sale;
  place: Checkout;
  checkout: CheckoutView;
  catalog: CatalogView;
  /** Whether the till has all its files. */
  isLoaded: boolean;
  onDone: () => void;
  onDiscard: () => void;
  onLock: () => void;
}

type Opened = "payment" | "customer" | "discount" | "parked" | null;

/** Totals, customer, discount and payment. The API computes the totals; until then the till shows its estimate. */
export function Summary({ sale, place, checkout, catalog, isLoaded, onDone, onDiscard, onLock }: SummaryProps): React.ReactNode {
  const language = useLanguage();
  const { text, code } = language;
  const { person, config } = useShop();
  const [opened, setOpened] = useState<Opened>(null);
  const [note, setNote] = useState("");
  const { quote, problem, at } = useQuote(sale, place);
  const isReached = useReached();
  const queued = useQueue().length;
  const parked = parkedSales(place.register).length;
  const isEmpty = sale.lines.length === 0;
  const money = (amount: number): string => format(amount, place.currency, code);
  const close = (): void => {
    setOpened(null);
    onDone();
  };
  // Without a connection there is no quote: a sale for cash by the till's own price list is queued.
  const isOffline = problem?.status === 0 || (quote !== null && !isReached);
  const refusal = isOffline
    ? offlineRefusal(sale, { isLoaded, limit: config.offline_limit, queued, readAt: catalog.readAt, now: at, find: catalog.find })
    : null;
  const approval = quote?.discount_approval ?? "none";
  const isApproved = approval === "none" || (approval === "manager" && isManager(person) && note.trim() !== "");
  const startPayment = (): void => {
    editSale((current) => ({ ...current, approvalNote: approval === "manager" ? note.trim() : "" }));
    setOpened("payment");
  };
  // The basket is empty once the sale is parked, or discarded in another tab.
  // A sale that needs a connection is not paid without one.
  if (opened === "payment" && (isEmpty || refusal !== null)) setOpened(null);
  // A sale that was sent shows its progress in the payment dialog, also after a reload.
  const isPaying = sale.sent !== null || opened === "payment";
  return (
    <aside className="summary" aria-label={text.till.total}>
      <dl className="totals">
        <dt>{text.till.subtotal}</dt>
        <dd>{money(quote?.totals.subtotal ?? estimate(sale))}</dd>
        {quote !== null && quote.totals.discount > 0 && (
          <>
            <dt>{text.till.discount}</dt>
            <dd>−{money(quote.totals.discount)}</dd>
          </>
        )}
        {quote !== null && (
          <>
            <dt>{text.till.tax}</dt>
            <dd>{money(quote.totals.tax)}</dd>
          </>
        )}
        <dt className="grand">{text.till.total}</dt>
        <dd className="grand" data-testid="total">{money(quote === null ? estimate(sale) : exactTotal(quote))}</dd>
      </dl>
      <div className="stack">
        <Button onClick={() => setOpened("customer")}>
          {sale.customer === null ? text.till.chooseCustomer : `${text.till.customer}: ${sale.customer.name}`}
        </Button>
        <Button onClick={() => setOpened("discount")} disabled={isEmpty}>
          {text.till.orderDiscount}{sale.discount === null ? "" : `: ${discountText(sale.discount, place.currency, code)}`}
        </Button>
        {refusal !== null && !isEmpty && <p role="alert" className="notice bad">{text.offline.refusals[refusal](money(config.offline_limit))}</p>}
        {problem !== null && !isOffline && <p role="alert" className="notice bad">{language.problem(problem.title, problem.cashierMessage)}</p>}
        {checkout.refusal !== null && !isPaying && <RefusalNotice problem={checkout.refusal} />}
        {approval === "refused" && <p role="alert" className="notice bad">{text.till.discountRefused}</p>}
        {approval === "manager" && (
          <>
            <p role="status" className="notice">{text.till.approvalHint}</p>
            <ManagerNote label={text.till.approval} note={note} onChange={setNote} onLock={onLock} />
          </>
        )}
        <Button kind="primary" className="large" disabled={isEmpty || !isApproved || (isOffline ? refusal !== null : quote === null)} onClick={startPayment}>
          {text.till.pay}
        </Button>
        <div className="row">
          <Button className="grow" disabled={isEmpty || parked >= MAX_PARKED} onClick={() => park(place.register)}>{text.till.park}</Button>
          {parked > 0 && <Button className="grow" onClick={() => setOpened("parked")}>{text.till.parked} ({parked})</Button>}
        </div>
        <Button kind="quiet" onClick={onDiscard} disabled={isEmpty}>{text.till.discard}</Button>
      </div>
      <details className="muted">
        <summary>{text.till.settings}</summary>
        <LazyPart><PlaceFields location={place.location} register={place.register} isFixed={person.location !== ""} /></LazyPart>
      </details>
      {opened === "customer" && (
        <LazyPart><CustomerDialog onChoose={(customer) => editSale((current) => setCustomer(current, customer))} onClose={close} /></LazyPart>
      )}
      {opened === "parked" && <LazyPart><ParkedDialog register={place.register} currency={place.currency} onClose={close} /></LazyPart>}
      {opened === "discount" && (
        <LazyPart>
          <DiscountDialog
            title={text.till.orderDiscount}
            discount={sale.discount}
            currency={place.currency}
            onApply={(discount) => {
              editSale((current) => ({ ...current, discount, tenders: [] }));
              close();
            }}
            onClose={close}
          />
        </LazyPart>
      )}
      {isPaying && isOffline && sale.sent === null && <LazyPart><OfflinePayment sale={sale} place={place} onClose={close} /></LazyPart>}
      {isPaying && !(isOffline && sale.sent === null) && (
        <LazyPart><PaymentDialog sale={sale} quote={quote} place={place} checkout={checkout} onClose={close} /></LazyPart>
      )}
    </aside>
  );
}
