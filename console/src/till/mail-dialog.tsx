import { useState } from "react";
import { Problem } from "../core/api";
import { useLanguage } from "../core/i18n";
import { useShop } from "../core/shop";
import { Button, Dialog, Field } from "../core/ui";
import { receiptTexts } from "./receipt-texts";

interface MailDialogProps {
  number: string;
  /** Whose receipt is the text of a mail of the own mail program; absent for a document without one. */
  orderId?: string;
  hasCustomer: boolean;
  onClose: () => void;
}

/** Mail an invoice or credit note: the shop sends it, or the mail program of this device. */
export function MailDialog({ number, orderId, hasCustomer, onClose }: MailDialogProps): React.ReactNode {
  const language = useLanguage();
  const texts = receiptTexts(language.code);
  const { api, config } = useShop();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isRunning, setRunning] = useState(false);
  const run = (work: () => Promise<void>): void => {
    setProblem(null);
    setRunning(true);
    work().catch((error: unknown) => { if (error instanceof Problem) setProblem(error); }).finally(() => setRunning(false));
  };
  const openProgram = async (): Promise<void> => {
    const subject = orderId === undefined ? number : `${texts.invoice} ${number}`;
    const paper = orderId === undefined ? "" : await api.get("GET /orders/{order_id}/receipt", { path: { order_id: orderId } });
    location.assign(`mailto:?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(paper)}`);
  };
  return (
    <Dialog title={texts.mailOf(number)} onClose={onClose}>
      <div className="stack">
        {config.sends_mail
          ? <SendForm number={number} hasCustomer={hasCustomer} isRunning={isRunning} onRun={run} />
          : <p className="notice">{texts.noMail}</p>}
        {problem !== null && <p role="alert" className="notice bad">{language.problem(problem.title, problem.cashierMessage)}</p>}
        <div className="row wrap">
          <Button kind={config.sends_mail ? "plain" : "primary"} disabled={isRunning} onClick={() => run(openProgram)}>{texts.ownProgram}</Button>
          {orderId === undefined && <small>{texts.attach}</small>}
        </div>
      </div>
    </Dialog>
  );
}

interface SendFormProps {
  number: string;
  hasCustomer: boolean;
  isRunning: boolean;
  onRun: (work: () => Promise<void>) => void;
}

function SendForm({ number, hasCustomer, isRunning, onRun }: SendFormProps): React.ReactNode {
  const { code } = useLanguage();
  const texts = receiptTexts(code);
  const { api } = useShop();
  const [address, setAddress] = useState("");
  // The same mail again after a lost response is sent once; a mail to another address is another one.
  const [mailId, setMailId] = useState(() => crypto.randomUUID());
  const [isSent, setSent] = useState(false);
  const to = address.trim();
  const send = async (): Promise<void> => {
    await api.get("POST /documents/mails", { body: { mail_id: mailId, number, ...(to === "" ? {} : { to }) } });
    setSent(true);
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        onRun(send);
      }}
    >
      <Field
        label={texts.address}
        type="email"
        {...(hasCustomer ? { hint: texts.customersAddress } : {})}
        value={address}
        maxLength={254}
        required={!hasCustomer}
        onChange={(event) => {
          setAddress(event.target.value);
          setMailId(crypto.randomUUID());
          setSent(false);
        }}
        data-focus
      />
      <div className="row"><Button kind="primary" type="submit" disabled={isRunning || isSent || (to === "" && !hasCustomer)}>{texts.send}</Button></div>
      {isSent && <p role="status" className="notice">{texts.mailed}</p>}
    </form>
  );
}
