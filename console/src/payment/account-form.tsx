import { useEffect, useState } from "react";
import { Problem } from "../core/api";
import { useLanguage } from "../core/i18n";
import { format } from "../core/money";
import type { Account } from "../core/responses";
import { useShop } from "../core/shop";
import { Button } from "../core/ui";
import type { OtherTenderProps } from "./other-tender";
import { paymentTexts } from "./texts";

/** Sell on account: what the customer may owe, and the part of it that pays this sale. */
export function AccountForm(properties: OtherTenderProps): React.ReactNode {
  const { code, text } = useLanguage();
  const texts = paymentTexts(code);
  const { customerId, onChooseCustomer } = properties;
  if (customerId !== undefined) return <AccountOf key={customerId} {...properties} customerId={customerId} />;
  return (
    <div className="stack card">
      <p>{onChooseCustomer === undefined ? texts.noCustomer : texts.customerFirst}</p>
      {onChooseCustomer !== undefined && <Button kind="primary" onClick={onChooseCustomer} autoFocus>{text.till.chooseCustomer}</Button>}
    </div>
  );
}

function AccountOf({ customerId, amount, currency, tenders, onAdd }: OtherTenderProps & { customerId: string }): React.ReactNode {
  const { code, text, problem: sentence } = useLanguage();
  const { api } = useShop();
  const texts = paymentTexts(code);
  const [account, setAccount] = useState<Account | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const money = (value: number): string => format(value, currency, code);
  useEffect(() => {
    let isOpen = true;
    api.get("GET /customers/{customer_id}/accounts/{currency}", { path: { customer_id: customerId, currency } }).then(
      (read) => { if (isOpen) setAccount(read); },
      (error: unknown) => { if (isOpen && error instanceof Problem) setProblem(error); },
    );
    return () => { isOpen = false; };
  }, [api, customerId, currency]);
  if (problem !== null) return <p role="alert" className="notice bad">{sentence(problem.title, problem.cashierMessage)}</p>;
  if (account === null) return <p className="muted">{text.loading}</p>;
  if (account.credit_limit === 0) return <p role="alert" className="notice bad">{texts.noAccount}</p>;
  const used = tenders.filter(({ type }) => type === "on_account").reduce((sum, tender) => sum + (tender.amount ?? 0), 0);
  // What is owed can be above a limit that was lowered since.
  const available = Math.max(0, account.available - used);
  const usable = Math.min(available, amount ?? 0);
  return (
    <div className="stack card">
      <dl className="totals">
        <dt>{texts.limit}</dt>
        <dd>{money(account.credit_limit)}</dd>
        <dt>{texts.owed}</dt>
        <dd>{money(account.owed + account.reserved)}</dd>
        <dt>{texts.available}</dt>
        <dd data-testid="account-available">{money(available)}</dd>
      </dl>
      {(amount ?? 0) > available && (
        <p role="alert" className="notice bad">{available > 0 ? texts.aboveLimit(money(available)) : texts.limitReached}</p>
      )}
      <Button kind="primary" disabled={usable <= 0} onClick={() => onAdd({ type: "on_account", amount: usable })}>
        {texts.payOnAccount(money(usable))}
      </Button>
    </div>
  );
}
