import { useEffect, useState } from "react";
import { hasSandboxCards } from "../core/config";
import { useLanguage } from "../core/i18n";
import { format, parse } from "../core/money";
import type { PricedOrder } from "../core/responses";
import { useShop } from "../core/shop";
import { Button, Dialog, Field } from "../core/ui";
import { CashKeypad } from "./cash-keypad";
import type { Checkout } from "./checkout";
import { due, type Sale, type Tender } from "./sale";
import { editSale } from "./sale-store";
import { RefusalNotice } from "./till-page";
import type { CheckoutView } from "./use-checkout";

// Test cards of the sandbox payment provider.
const SANDBOX_CARDS = ["tok_visa", "tok_declined", "tok_insufficient_funds", "tok_timeout_after_effect"];

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
      {remaining > 0 && <TenderForm sale={sale} remaining={remaining} place={place} />}
      {remaining <= 0 && (
        <Button kind="primary" className="large" onClick={checkout.start} data-focus autoFocus>{text.till.complete}</Button>
      )}
    </Dialog>
  );
}

function useTenderName(): (tender: Tender) => string {
  const { text } = useLanguage();
  return ({ type }) => ({ card: text.till.card, cash: text.till.cash, store_credit: text.till.credit })[type];
}

function TenderRow({ tender, amount, onRemove }: { tender: Tender; amount: string; onRemove: () => void }): React.ReactNode {
  const { text } = useLanguage();
  const name = useTenderName()(tender);
  return (
    <>
      <dt>{name} <Button kind="quiet" onClick={onRemove} aria-label={text.till.removeTender(name)}>✕</Button></dt>
      <dd>{amount}</dd>
    </>
  );
}

/** Add one tender. Its amount is what remains unless another one is typed; only cash may be more. */
function TenderForm({ sale, remaining, place }: { sale: Sale; remaining: number; place: Checkout }): React.ReactNode {
  const { text, code } = useLanguage();
  const { config } = useShop();
  const { currency } = place;
  const [typed, setTyped] = useState("");
  const hasTestCards = hasSandboxCards(config, place.location);
  const [token, setToken] = useState(hasTestCards ? "tok_visa" : "");
  const credit = useCredit(sale.customer?.customer_id, currency);
  const amount = typed === "" ? remaining : parse(typed, currency);
  const add = (tender: Tender): void => editSale((current) => ({ ...current, tenders: [...current.tenders, tender] }));
  const exact = amount !== null && amount > 0 && amount <= remaining;
  const usableCredit = Math.min(credit, amount ?? 0, remaining);
  return (
    <div className="stack">
      <Field
        label={text.till.amount}
        inputMode="decimal"
        placeholder={format(remaining, currency, code)}
        value={typed}
        aria-invalid={amount === null}
        onChange={(event) => setTyped(event.target.value)}
      />
      <div className="row">
        {hasTestCards ? (
          <label className="field grow">
            {text.till.testCard}
            <select value={token} onChange={(event) => setToken(event.target.value)}>
              {SANDBOX_CARDS.map((card) => <option key={card}>{card}</option>)}
            </select>
          </label>
        ) : (
          <Field label={text.till.cardToken} value={token} onChange={(event) => setToken(event.target.value)} className="grow" />
        )}
        <Button
          kind="primary"
          disabled={!exact || token === ""}
          onClick={() => add({ type: "card", token, amount: amount ?? remaining })}
          data-focus
          autoFocus
        >
          {text.till.card}
        </Button>
        {usableCredit > 0 && (
          <Button onClick={() => add({ type: "store_credit", amount: usableCredit })}>
            {text.till.creditOf(format(credit, currency, code))}
          </Button>
        )}
      </div>
      <CashKeypad
        remaining={remaining}
        currency={currency}
        typed={typed}
        onType={setTyped}
        onCash={(cash) => add({ type: "cash", amount: cash })}
      />
    </div>
  );
}

/** The customer's store credit in the currency, 0 without a customer. */
function useCredit(customerId: string | undefined, currency: string): number {
  const { api } = useShop();
  const [balance, setBalance] = useState(0);
  useEffect(() => {
    if (customerId === undefined) return;
    let isCurrent = true;
    api.get("GET /customers/{customer_id}/credit", { path: { customer_id: customerId } }).then(
      ({ balances }) => { if (isCurrent) setBalance(balances[currency] ?? 0); },
      () => undefined,
    );
    return () => { isCurrent = false; };
  }, [api, customerId, currency]);
  return customerId === undefined ? 0 : balance;
}
