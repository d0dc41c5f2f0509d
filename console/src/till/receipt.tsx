import { useLanguage } from "../core/i18n";
import { format } from "../core/money";
import type { Order } from "../core/responses";
import { Button, Icon } from "../core/ui";
import { PaperForms } from "./paper-forms";
import { receiptTexts } from "./receipt-texts";
import "./receipt.css";

/** A rate such as "0.055" as "5.5 %". */
export function rateText(rate: string, language: string): string {
  const formatter = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 4 });
  return formatter.format(rate as Intl.StringNumericLiteral);
}

/** The receipt of a sold order, printed 80 mm wide. */
export function Receipt({ order, onNext }: { order: Order; onNext: () => void }): React.ReactNode {
  const { text, code, date, tender: nameOf } = useLanguage();
  const texts = receiptTexts(code);
  const priced = order.document;
  const money = (amount: number): string => format(amount, order.currency ?? "EUR", code);
  const change = priced?.tenders.reduce((sum, tender) => sum + (tender.change ?? 0), 0) ?? 0;
  const rounding = priced?.totals.rounding ?? 0;
  return (
    <div className="receipt-page">
      <h1 className="sold"><Icon name="check" /> {texts.sold}</h1>
      {change > 0 && <p className="change" data-testid="change">{text.till.change} {money(change)}</p>}
      <div className="row no-print">
        <Button kind="primary" className="large" onClick={onNext} autoFocus>{texts.next}</Button>
        <Button className="large" onClick={() => window.print()}>{texts.print}</Button>
        {order.invoice_number !== null && <PaperForms orderId={order.order_id} number={order.invoice_number} hasCustomer={priced !== null && priced.customer_id !== null} />}
      </div>
      <article className="receipt" aria-label={texts.title}>
        <h2>Tillflow</h2>
        <p>{order.location} · {priced?.register}<br />{date(order.paid_at ?? order.placed_at)}</p>
        <table>
          <tbody>
            {priced?.lines.map((line) => (
              <tr key={line.line_no}>
                <td>{line.quantity} × {line.description}</td>
                <td className="number">{money(line.total)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <table>
          <tbody>
            {priced !== null && priced.totals.discount > 0 && (
              <tr><td>{text.till.discount}</td><td className="number">−{money(priced.totals.discount)}</td></tr>
            )}
            {priced?.taxes.map((tax) => (
              <tr key={`${tax.tax_class}-${tax.rate}`}>
                <td>{texts.of(rateText(tax.rate, code))} ({texts.net} {money(tax.net)})</td>
                <td className="number">{money(tax.tax)}</td>
              </tr>
            ))}
            {rounding !== 0 && <tr><td>{text.till.rounding}</td><td className="number">{money(rounding)}</td></tr>}
            <tr className="grand"><td>{text.till.total}</td><td className="number">{money(order.total ?? 0)}</td></tr>
            {priced?.tenders.map((tender) => (
              <tr key={tender.tender_no}>
                <td>{nameOf(tender.type)}</td>
                <td className="number">{money(tender.tendered ?? tender.amount)}</td>
              </tr>
            ))}
            {change > 0 && <tr><td>{text.till.change}</td><td className="number">{money(change)}</td></tr>}
          </tbody>
        </table>
        <p className="small">{order.status === "PLACED" ? texts.invoiceFollows : `${texts.invoice} ${order.invoice_number ?? ""}`}<br />{texts.order} {order.order_id}</p>
        <p>{texts.thanks}</p>
      </article>
    </div>
  );
}
