import { useState } from "react";
import { useLanguage } from "../core/i18n";
import { format } from "../core/money";
import { usePreferences } from "../core/preferences";
import { hrefOf } from "../core/router";
import type { Order } from "../core/responses";
import { useShop } from "../core/shop";
import { Button, Field, Icon, LazyPart } from "../core/ui";
import { useRecord, useTexts } from "../office/use-api";
import "./returns.css";
import { ExchangeReceipt } from "./exchange-receipt";
import { ExchangeSale } from "./exchange-sale";
import { ManagerNote } from "../till/manager-note";
import { Cardholder, CustomerDialog } from "../till/lazy-parts";
import { NO_UNITS, isComplete, refundOf, returnableLines, type Draft, type Settlement } from "./return";
import { ReturnLines } from "./return-lines";
import { ReturnReceipt } from "./return-receipt";
import { RETURN_TEXTS } from "./texts";
import { useReturn } from "./use-return";

/** Return or exchange units of a sale by its receipt. */
export default function ReturnsPage({ id, onLock }: { id: string; onLock: () => void }): React.ReactNode {
  return id === "" ? <FindReceipt /> : <ReceiptOf key={id} id={id} onLock={onLock} />;
}

function FindReceipt(): React.ReactNode {
  const { code, text } = useLanguage();
  const texts = RETURN_TEXTS[code];
  const [id, setId] = useState("");
  return (
    <section className="panel">
      <h1>{text.pages.returns}</h1>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          location.assign(hrefOf("returns", id.trim()));
        }}
      >
        <Field label={texts.find} hint={texts.findHint} value={id} onChange={(event) => setId(event.target.value)} className="grow" autoFocus />
        <Button kind="primary" type="submit" disabled={id.trim() === ""}>{texts.open}</Button>
      </form>
    </section>
  );
}

function ReceiptOf({ id, onLock }: { id: string; onLock: () => void }): React.ReactNode {
  const language = useTexts();
  const texts = RETURN_TEXTS[language.code];
  const { value: order, problem, reload } = useRecord("GET /orders/{order_id}", { order_id: id });
  return (
    <section className="panel">
      <p className="crumb no-print"><a href={hrefOf("returns")}><Icon name="back" /> {texts.another}</a></p>
      <h1 className="no-print">{language.text.pages.returns}: {id}</h1>
      {problem !== null && <p role="alert" className="notice bad">{language.problem(problem.title, problem.cashierMessage)}</p>}
      {order === null && problem === null && <p className="muted">{language.text.loading}</p>}
      {order !== null && order.status !== "PAID" && <p role="alert" className="notice bad">{texts.notReturnable}</p>}
      {order?.status === "PAID" && <ReturnForm order={order} onRefused={reload} onLock={onLock} />}
    </section>
  );
}

function ReturnForm({ order, onRefused, onLock }: { order: Order; onRefused: () => void; onLock: () => void }): React.ReactNode {
  const language = useTexts();
  const { code } = language;
  const texts = RETURN_TEXTS[code];
  const { config, person } = useShop();
  const { register, location: chosen } = usePreferences();
  const currency = order.currency ?? config.currency;
  const place = { location: person.location === "" ? chosen : person.location, register, currency };
  const { draft, progress, refusal, completed, change, send } = useReturn(order, place, texts.defaultReason, onRefused);
  const lines = returnableLines(order);
  if (completed?.kind === "return") return <ReturnReceipt returned={completed.returned} />;
  if (completed?.kind === "exchange") return <ExchangeReceipt exchanged={completed.exchanged} />;
  if (progress !== null) {
    const sale = draft.sent?.kind === "exchange" ? draft.sent.body.sale : null;
    return (
      <>
        <p role="status" className="progress">{texts.progress[progress]}</p>
        {sale?.tenders.some(({ type }) => type === "card") === true && (
          <LazyPart><Cardholder orderId={sale.order_id} since={sale.placed_at} /></LazyPart>
        )}
      </>
    );
  }
  if (lines.every(({ returnable }) => returnable === 0)) return <p role="status" className="notice">{texts.nothingLeft}</p>;
  // Another value leaves another amount to pay.
  const choose = (units: Draft["units"]): void => change(({ sale }) => ({ units, sale: { ...sale, tenders: [] } }));
  const everything = (): void => choose(
    Object.fromEntries(lines.map(({ lineNo, returnable }) => [lineNo, { ...(draft.units[lineNo] ?? NO_UNITS), quantity: returnable }])),
  );
  const value = refundOf(order, draft);
  return (
    <>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (draft.refund !== "exchange") send();
        }}
      >
        {refusal !== null && <p role="alert" className="notice bad">{language.problem(refusal.title, refusal.cashierMessage)}</p>}
        <ReturnLines lines={lines} units={draft.units} onChange={choose} />
        <div className="row"><Button onClick={everything}>{texts.all}</Button></div>
        <RefundChoice order={order} draft={draft} onChange={(changes) => change(() => changes)} />
        {refusal?.title === "ReturnWindowClosed" && (
          <ManagerNote
            label={texts.override}
            hint={texts.overrideHint}
            note={draft.overrideNote}
            onChange={(overrideNote) => change(() => ({ overrideNote }))}
            onLock={onLock}
          />
        )}
        {draft.refund !== "exchange" && (
          <Button kind="primary" type="submit" className="large" disabled={!isComplete(draft, order)} data-testid="refund">
            {texts.confirm(format(value, currency, code))}
          </Button>
        )}
      </form>
      {draft.refund === "exchange" && (
        <ExchangeSale
          draft={draft}
          value={isComplete(draft, order) ? value : 0}
          customerId={order.document?.customer_id ?? undefined}
          place={place}
          onEdit={(edit) => change(({ sale }) => ({ sale: edit(sale) }))}
          onConfirm={send}
        />
      )}
    </>
  );
}

const SETTLEMENTS: readonly Settlement[] = ["original", "store_credit", "exchange"];

function RefundChoice({ order, draft, onChange }: { order: Order; draft: Draft; onChange: (changes: Partial<Draft>) => void }): React.ReactNode {
  const { text, code } = useLanguage();
  const texts = RETURN_TEXTS[code];
  const [isChoosing, setChoosing] = useState(false);
  const needsCustomer = draft.refund === "store_credit" && (order.document?.customer_id ?? null) === null;
  return (
    <fieldset className="unframed stack">
      <legend>{texts.refund}</legend>
      {SETTLEMENTS.map((name) => (
        <label key={name} className="choice">
          <input type="radio" name="refund" checked={draft.refund === name} onChange={() => onChange({ refund: name })} /> {texts.refunds[name]}
        </label>
      ))}
      {needsCustomer && <div className="row"><Button onClick={() => setChoosing(true)}>{draft.customer?.name ?? text.till.chooseCustomer}</Button></div>}
      {isChoosing && <LazyPart><CustomerDialog onChoose={(customer) => onChange({ customer })} onClose={() => setChoosing(false)} /></LazyPart>}
    </fieldset>
  );
}
