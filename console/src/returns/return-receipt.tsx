import { useLanguage } from "../core/i18n";
import { format } from "../core/money";
import { hrefOf } from "../core/router";
import type { Return } from "../core/responses";
import { Button, Icon } from "../core/ui";
import { receiptTexts } from "../till/receipt-texts";
import { RETURN_TEXTS } from "./texts";
import "../till/receipt.css";

/** The receipt of a completed return: what came back and where the money went, printed 80 mm wide. */
export function ReturnReceipt({ returned }: { returned: Return }): React.ReactNode {
  const { text, code, date, tender: nameOf } = useLanguage();
  const texts = RETURN_TEXTS[code];
  const receipt = receiptTexts(code);
  const money = (amount: number): string => format(amount, returned.currency ?? "EUR", code);
  const document = returned.document;
  return (
    <div className="receipt-page">
      <p className="sold" role="status"><strong><Icon name="check" /> {texts.done}</strong></p>
      <div className="row no-print">
        <a className="button primary large" href={hrefOf("till")}>{receipt.next}</a>
        <Button className="large" onClick={() => window.print()}>{texts.print}</Button>
      </div>
      <article className="receipt" aria-label={texts.creditNote}>
        <h2>Tillflow</h2>
        <p>{texts.creditNote} {returned.credit_note_number}<br />{date(returned.completed_at)}</p>
        <table>
          <tbody>
            {document?.lines.map((line) => (
              <tr key={line.line_no}>
                <td>{line.quantity} × {line.description}</td>
                <td className="number">−{money(line.total)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <table>
          <tbody>
            {document !== null && (
              <>
                <tr><td>{receipt.net}</td><td className="number">−{money(document.totals.net)}</td></tr>
                <tr><td>{text.till.tax}</td><td className="number">−{money(document.totals.tax)}</td></tr>
              </>
            )}
            <tr className="grand"><td>{texts.refund}</td><td className="number">{money(returned.total ?? 0)}</td></tr>
            {returned.refunds?.map((refund, index) => (
              <tr key={index}><td>{nameOf(refund.type)}</td><td className="number">{money(refund.amount)}</td></tr>
            ))}
          </tbody>
        </table>
        <p className="small">{receipt.order} {returned.order_id}<br />{returned.return_id}</p>
      </article>
    </div>
  );
}
