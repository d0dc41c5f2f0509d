import { useRef, useState } from "react";
import { useLanguage } from "../core/i18n";
import { format } from "../core/money";
import type { Product } from "../core/responses";
import { Button } from "../core/ui";
import { Basket } from "../till/basket";
import type { Checkout } from "../till/checkout";
import { addProduct, estimate, exactTotal, type Sale } from "../till/sale";
import { ScanBox } from "../till/scan-box";
import { TenderForm, TenderRow } from "../till/tender-form";
import { useCatalog } from "../till/use-catalog";
import { useQuote } from "../till/use-quote";
import { settlement } from "./exchange";
import type { Draft } from "./return";
import { RETURN_TEXTS } from "./texts";

interface ExchangeSaleProps {
  draft: Draft;
  /** What the returned units are worth, 0 while none is chosen. */
  value: number;
  customerId: string | undefined;
  place: Checkout;
  onEdit: (change: (sale: Sale) => Sale) => void;
  onConfirm: () => void;
}

/** The goods that returned units are exchanged for, and how the difference is settled. */
export function ExchangeSale({ draft, value, customerId, place, onEdit, onConfirm }: ExchangeSaleProps): React.ReactNode {
  const language = useLanguage();
  const { text, code } = language;
  const texts = RETURN_TEXTS[code];
  const catalog = useCatalog();
  const scanBox = useRef<HTMLInputElement>(null);
  const [notice, setNotice] = useState("");
  const { sale } = draft;
  const { currency } = place;
  const { quote, problem } = useQuote(sale, place);
  const money = (amount: number): string => format(amount, currency, code);
  const add = (product: Product): void => {
    const refusal = catalog.needsLabel(product) ? text.till.needsLabel(product.name)
      : product.prices[currency] === undefined ? text.till.noPrice(product.name) : "";
    setNotice(refusal);
    if (refusal === "") onEdit((current) => ({ ...addProduct(current, product, currency), tenders: [] }));
  };
  const scan = async (scanned: string): Promise<void> => {
    const product = catalog.find(scanned) ?? (await catalog.findRemotely(scanned));
    if (product === undefined) setNotice(text.till[catalog.refusalOf(scanned)](scanned));
    else add(product);
  };
  const open = quote === null ? null : settlement(draft, value, quote);
  return (
    <section className="stack exchange" aria-label={texts.newGoods}>
      <h2>{texts.newGoods}</h2>
      <ScanBox input={scanBox} search={catalog.search} onScan={scan} onChoose={add} />
      <p role="status" className={notice === "" ? "visually-hidden" : "notice bad"}>{notice}</p>
      <Basket sale={sale} currency={currency} onEdit={onEdit} />
      {problem !== null && <p role="alert" className="notice bad">{language.problem(problem.title, problem.cashierMessage)}</p>}
      <dl className="totals narrow">
        <dt>{text.till.total}</dt>
        <dd>{money(quote === null ? estimate(sale) : exactTotal(quote))}</dd>
        <dt>{texts.value}</dt>
        <dd>−{money(value)}</dd>
        {sale.tenders.map((tender, index) => (
          <TenderRow
            key={index}
            tender={tender}
            amount={`−${money(tender.amount ?? 0)}`}
            onRemove={() => onEdit((current) => ({ ...current, tenders: current.tenders.filter((_, position) => position !== index) }))}
          />
        ))}
        {open !== null && (
          <>
            <dt className="grand">{open.refund > 0 ? texts.refund : open.change > 0 ? text.till.change : text.till.due}</dt>
            <dd className="grand" data-testid="net">{money(open.refund || open.change || open.due.exact)}</dd>
          </>
        )}
      </dl>
      {open !== null && open.due.exact > 0 && value > 0 && (
        <div className="narrow">
          <TenderForm
            customerId={customerId}
            due={open.due}
            tenders={sale.tenders}
            place={place}
            onAdd={(tender) => onEdit((current) => ({ ...current, tenders: [...current.tenders, tender] }))}
          />
        </div>
      )}
      <Button kind="primary" className="large" disabled={open === null || open.due.exact > 0 || value === 0} onClick={onConfirm} data-testid="exchange">
        {open !== null && open.refund > 0 ? texts.exchangeAndRefund(money(open.refund)) : texts.exchange}
      </Button>
    </section>
  );
}
