import { useEffect, useState } from "react";
import { hasSandboxCards } from "../core/config";
import { useLanguage } from "../core/i18n";
import { format, parse } from "../core/money";
import { useShop } from "../core/shop";
import { Button, Field, Icon } from "../core/ui";
import { CashKeypad } from "./cash-keypad";
import type { Checkout } from "./checkout";
import { OtherTenders } from "./other-tenders";
import type { Due, Tender } from "./sale";

// Test cards of the sandbox payment provider.
const SANDBOX_CARDS = [
  "tok_visa", "tok_declined", "tok_insufficient_funds", "tok_timeout_after_effect", "tok_action_required", "tok_action_abandoned",
];

/** A chosen tender, which can be removed. */
export function TenderRow({ tender, amount, onRemove }: { tender: Tender; amount: string; onRemove: () => void }): React.ReactNode {
  const { text, tender: nameOf } = useLanguage();
  const name = nameOf(tender.type);
  return (
    <>
      <dt>{name} <Button kind="quiet" onClick={onRemove} aria-label={text.till.removeTender(name)}><Icon name="cross" /></Button></dt>
      <dd>{amount}</dd>
    </>
  );
}

interface TenderFormProps {
  customerId: string | undefined;
  due: Due;
  /** The tenders that the sale has already. */
  tenders: readonly Tender[];
  place: Checkout;
  onAdd: (tender: Tender) => void;
  /** Absent where the customer is given. */
  onChooseCustomer?: () => void;
}

/** Add one tender. Its amount is what remains unless another one is typed; only cash may be more. */
export function TenderForm({ customerId, due, tenders, place, onAdd, onChooseCustomer }: TenderFormProps): React.ReactNode {
  const { text, code, tender: nameOf } = useLanguage();
  const { config } = useShop();
  const { currency } = place;
  const [typed, setTyped] = useState("");
  const hasTestCards = hasSandboxCards(config, place.location);
  const [token, setToken] = useState(hasTestCards ? "tok_visa" : "");
  const credit = useCredit(customerId, currency);
  const remaining = due.exact;
  const amount = typed === "" ? remaining : parse(typed, currency);
  const exact = amount !== null && amount > 0 && amount <= remaining;
  // What was typed was for this tender: the next one is what remains.
  const add = (tender: Tender): void => {
    setTyped("");
    onAdd(tender);
  };
  const payable = amount === null ? null : Math.min(amount, remaining);
  const usedCredit = tenders.filter(({ type }) => type === "store_credit").reduce((sum, tender) => sum + (tender.amount ?? 0), 0);
  const usableCredit = Math.min(credit - usedCredit, payable ?? 0);
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
          {nameOf("card")}
        </Button>
        {usableCredit > 0 && (
          <Button onClick={() => add({ type: "store_credit", amount: usableCredit })}>
            {text.till.creditOf(format(credit - usedCredit, currency, code))}
          </Button>
        )}
      </div>
      <OtherTenders
        key={tenders.length}
        customerId={customerId}
        amount={payable}
        currency={currency}
        tenders={tenders}
        onAdd={add}
        onChooseCustomer={onChooseCustomer}
      />
      <CashKeypad
        remaining={due.cash}
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
