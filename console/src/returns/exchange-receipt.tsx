import { useLanguage } from "../core/i18n";
import { format } from "../core/money";
import { hrefOf } from "../core/router";
import type { Exchanged, Order, Return } from "../core/responses";
import { Button, Icon } from "../core/ui";
import { useRecord } from "../office/use-api";
import { rateText } from "../till/receipt";
import { receiptTexts } from "../till/receipt-texts";
import { RETURN_TEXTS } from "./texts";
import "../till/receipt.css";

/** The receipt of a completed exchange: what came back, what was sold, and how the difference was settled. */
export function ExchangeReceipt({ exchanged }: { exchanged: Exchanged }): React.ReactNode {
  const language = useLanguage();
  const { code } = language;
  const texts = RETURN_TEXTS[code];
  const receipt = receiptTexts(code);
  const returned = useRecord("GET /returns/{return_id}", { return_id: exchanged.return_id });
  const sold = useRecord("GET /orders/{order_id}", { order_id: exchanged.order_id });
  const problem = returned.problem ?? sold.problem;
  return (
    <div className="receipt-page">
      <p className="sold" role="status"><strong><Icon name="check" /> {texts.exchanged}</strong></p>
      <div className="row no-print">
        <a className="button primary large" href={hrefOf("till")}>{receipt.next}</a>
        <Button className="large" onClick={() => window.print()}>{texts.print}</Button>
      </div>
      {problem !== null && <p role="alert" className="notice bad">{language.problem(problem.title, problem.cashierMessage)}</p>}
      {returned.value !== null && sold.value !== null && <Paper returned={returned.value} sold={sold.value} />}
    </div>
  );
}

function Paper({ returned, sold }: { returned: Return; sold: Order }): React.ReactNode {
  const { text, code, date, tender: nameOf } = useLanguage();
  const texts = RETURN_TEXTS[code];
  const receipt = receiptTexts(code);
  const money = (amount: number): string => format(amount, sold.currency ?? "EUR", code);
  const priced = sold.document;
  const tenders = priced?.tenders ?? [];
  const rounding = priced?.totals.rounding ?? 0;
  const change = tenders.reduce((sum, tender) => sum + (tender.change ?? 0), 0);
  return (
    <article className="receipt" aria-label={texts.exchangeReceipt}>
      <h2>Tillflow</h2>
      <p>{sold.location} · {priced?.register}<br />{date(sold.paid_at)}</p>
      <table>
        <tbody>
          {returned.document?.lines.map((line) => (
            <tr key={line.line_no}><td>{line.quantity} × {line.description}</td><td className="number">−{money(line.total)}</td></tr>
          ))}
        </tbody>
      </table>
      <table>
        <tbody>
          {priced?.lines.map((line) => (
            <tr key={line.line_no}><td>{line.quantity} × {line.description}</td><td className="number">{money(line.total)}</td></tr>
          ))}
        </tbody>
      </table>
      <table>
        <tbody>
          {priced?.taxes.map((tax) => (
            <tr key={`${tax.tax_class}-${tax.rate}`}>
              <td>{receipt.of(rateText(tax.rate, code))} ({receipt.net} {money(tax.net)})</td>
              <td className="number">{money(tax.tax)}</td>
            </tr>
          ))}
          {rounding !== 0 && <tr><td>{text.till.rounding}</td><td className="number">{money(rounding)}</td></tr>}
          <tr className="grand"><td>{text.till.total}</td><td className="number">{money(sold.total ?? 0)}</td></tr>
          {tenders.map((tender) => (
            <tr key={tender.tender_no}>
              <td>{nameOf(tender.type)}</td>
              <td className="number">{money(tender.tendered ?? tender.amount)}</td>
            </tr>
          ))}
          {change > 0 && <tr><td>{text.till.change}</td><td className="number">{money(change)}</td></tr>}
          {returned.refunds?.filter(({ type }) => type !== "exchange").map((refund, index) => (
            <tr key={index}><td>{texts.refund}: {nameOf(refund.type)}</td><td className="number">{money(refund.amount)}</td></tr>
          ))}
        </tbody>
      </table>
      <p className="small">
        {receipt.invoice} {sold.invoice_number}<br />{texts.creditNote} {returned.credit_note_number}<br />
        {receipt.order} {sold.order_id}<br />{returned.return_id}
      </p>
      <p>{receipt.thanks}</p>
    </article>
  );
}
