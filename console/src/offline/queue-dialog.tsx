import { useState } from "react";
import { useLanguage } from "../core/i18n";
import { format } from "../core/money";
import { isManager, useShop } from "../core/shop";
import { Problem } from "../core/api";
import { Button, Dialog } from "../core/ui";
import { newOrderId } from "../till/sale";
import { correctStock } from "./oversold";
import { removeQueued, renewQueued, useQueue, type QueuedSale } from "./queue";
import { offlineTexts } from "./texts";

/** The sales without a connection that wait, and those that a person has to settle. */
export function QueueDialog({ onClose }: { onClose: () => void }): React.ReactNode {
  const texts = offlineTexts(useLanguage().code);
  const queue = useQueue();
  return (
    <Dialog title={texts.queue} onClose={onClose}>
      {queue.length === 0 && <p role="status" className="notice">{texts.allSent}</p>}
      <ul className="choices">{queue.map((sale) => <li key={sale.order.order_id}><Entry sale={sale} /></li>)}</ul>
    </Dialog>
  );
}

function Entry({ sale }: { sale: QueuedSale }): React.ReactNode {
  const { text, code, date, problem: sentence } = useLanguage();
  const texts = offlineTexts(code);
  const { api, person } = useShop();
  const [problem, setProblem] = useState<Problem | null>(null);
  const { order, state, refusal } = sale;
  const money = (amount: number): string => format(amount, order.currency, code);
  const isOversold = refusal?.title === "InsufficientStock";
  // A price that has risen is honoured by a discount, which may be above what a cashier may give.
  const needsApproval = refusal?.title === "DiscountAboveLimit";
  const again = (): void => renewQueued(order.order_id, newOrderId(order.register, new Date()), needsApproval ? texts.charged : undefined);
  const correct = (): void => {
    correctStock(api, order).then(again, (error: unknown) => { if (error instanceof Problem) setProblem(error); });
  };
  return (
    <div className="stack">
      <p>
        <strong>{money(sale.charged)}</strong> · {order.lines.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(", ")}{" "}
        <small>{date(sale.soldAt)} · {order.order_id}</small>
      </p>
      {state === "waiting" && <p className="muted">{texts.waits}</p>}
      {refusal !== null && <p className="notice bad">{sentence(refusal.title, refusal.message)}</p>}
      {problem !== null && <p role="alert" className="notice bad">{sentence(problem.title, problem.cashierMessage)} <small lang="en">{problem.message}</small></p>}
      {state === "refused" && (
        <div className="row">
          <Button onClick={again} disabled={needsApproval && !isManager(person)}>{text.retry}</Button>
          {isOversold && person.scopes.includes("manage") && <Button kind="primary" onClick={correct}>{texts.correct}</Button>}
        </div>
      )}
      {state === "overpaid" && (
        <>
          <p className="notice">{texts.overpaid(money(sale.overpaid))}</p>
          <div className="row"><Button onClick={() => removeQueued(order.order_id)}>{texts.settled}</Button></div>
        </>
      )}
    </div>
  );
}
