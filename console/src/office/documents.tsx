import { lazy, useState } from "react";
import type { DocumentForm } from "../core/responses";
import { useShop } from "../core/shop";
import { Button, LazyPart } from "../core/ui";
import { loadParts } from "../till/lazy-parts";
import { Notice } from "./parts";
import { useAction, useTexts } from "./use-api";

const FORMS: readonly DocumentForm[] = ["pdf", "receipt", "text"];

const MailDialog = lazy(async () => ({ default: (await loadParts()).MailDialog }));

interface DocumentsProps {
  number: string;
  /** Of an invoice, whose receipt can be the text of a mail. */
  orderId?: string;
  hasCustomer: boolean;
}

/** Download an invoice or a credit note as an A4 page, as a receipt of 80 mm, or as text; or mail it. */
export function Documents({ number, orderId, hasCustomer }: DocumentsProps): React.ReactNode {
  const { office } = useTexts();
  const { api, person } = useShop();
  const action = useAction(() => undefined);
  const [isMailing, setMailing] = useState(false);
  const download = async (form: DocumentForm): Promise<void> => {
    const { url } = await api.get("GET /documents", { query: { number, form } });
    window.open(url, "_blank", "noopener");
  };
  return (
    <div className="row wrap actions" role="group" aria-label={`${office.documents} ${number}`}>
      <span>{number}</span>
      {FORMS.map((form) => (
        <Button key={form} disabled={action.isRunning} onClick={() => action.run(() => download(form))}>{office.forms[form]}</Button>
      ))}
      {person.scopes.includes("sell") && <Button onClick={() => setMailing(true)}>{office.mail}</Button>}
      <Notice problem={action.problem} />
      {isMailing && (
        <LazyPart>
          <MailDialog number={number} {...(orderId === undefined ? {} : { orderId })} hasCustomer={hasCustomer} onClose={() => setMailing(false)} />
        </LazyPart>
      )}
    </div>
  );
}
