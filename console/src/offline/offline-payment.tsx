import { useState } from "react";
import { useLanguage } from "../core/i18n";
import { format, inCoins } from "../core/money";
import { Button, Dialog, Field } from "../core/ui";
import { CashKeypad } from "../till/cash-keypad";
import type { Checkout } from "../till/checkout";
import { estimate, requestOf, type Sale } from "../till/sale";
import { currentSale, setSale } from "../till/sale-store";
import { enqueue } from "./queue";
import { provisionalOrder } from "./provisional-order";
import { offlineTexts } from "./texts";

/** Sell the current sale for cash without a connection: it is queued, and sent once the API is reached. */
function sellLater(place: Checkout, given: number): void {
  const sale = currentSale();
  if (sale.sent !== null || sale.sold !== null) return;
  const now = new Date();
  const order = requestOf({ ...sale, tenders: [{ type: "cash", amount: given }] }, place, place.currency, now);
  enqueue({ order, charged: inCoins(estimate(sale), place.currency), soldAt: now.toISOString(), state: "waiting", sent: null, refusal: null, overpaid: 0 });
  setSale({ ...sale, sold: provisionalOrder(order, sale, given) });
}

/** Take cash for a sale without a connection. */
export function OfflinePayment({ sale, place, onClose }: { sale: Sale; place: Checkout; onClose: () => void }): React.ReactNode {
  const { text, code, tender } = useLanguage();
  const texts = offlineTexts(code);
  const [typed, setTyped] = useState("");
  const [given, setGiven] = useState<number | null>(null);
  const total = inCoins(estimate(sale), place.currency);
  const money = (amount: number): string => format(amount, place.currency, code);
  const others = sale.tenders.filter(({ type }) => type !== "cash");
  const isPaid = given !== null && given >= total;
  return (
    <Dialog title={text.till.payment} onClose={onClose} className="payment">
      <p className="notice" role="status">
        {texts.cashOnly} {texts.others}
        {others.length > 0 && <> <strong>{texts.notCharged(others.map(({ type, amount }) => `${tender(type)} ${money(amount ?? 0)}`).join(", "))}</strong></>}
      </p>
      <dl className="totals">
        <dt>{text.till.total}</dt>
        <dd>{money(total)}</dd>
        <dt className="grand">{isPaid ? text.till.change : text.till.due}</dt>
        <dd className="grand" data-testid="due">{money(isPaid ? given - total : total)}</dd>
      </dl>
      {isPaid ? (
        <Button kind="primary" className="large" onClick={() => sellLater(place, given)} autoFocus>{text.till.complete}</Button>
      ) : (
        <div className="stack">
          <Field label={text.till.amount} inputMode="decimal" value={typed} onChange={(event) => setTyped(event.target.value)} data-focus />
          <CashKeypad remaining={total} currency={place.currency} typed={typed} onType={setTyped} onCash={setGiven} />
        </div>
      )}
    </Dialog>
  );
}
