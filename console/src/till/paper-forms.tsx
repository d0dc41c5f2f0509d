import { useState } from "react";
import { Problem } from "../core/api";
import { useLanguage } from "../core/i18n";
import { useShop } from "../core/shop";
import { Button } from "../core/ui";
import { MailDialog } from "./mail-dialog";
import { receiptTexts } from "./receipt-texts";

/** The receipt of a paid order as a PDF of 80 mm, and its invoice by mail. */
export function PaperForms({ orderId, number, hasCustomer }: { orderId: string; number: string; hasCustomer: boolean }): React.ReactNode {
  const language = useLanguage();
  const { api } = useShop();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isMailing, setMailing] = useState(false);
  const openPdf = (): void => {
    setProblem(null);
    api.get("GET /documents", { query: { number, form: "receipt" } }).then(
      ({ url }) => { window.open(url, "_blank", "noopener"); },
      (error: unknown) => { if (error instanceof Problem) setProblem(error); },
    );
  };
  return (
    <>
      <Button className="large" onClick={openPdf}>PDF</Button>
      <Button className="large" onClick={() => setMailing(true)}>{receiptTexts(language.code).mail}</Button>
      {problem !== null && <p role="alert" className="notice bad">{language.problem(problem.title, problem.cashierMessage)}</p>}
      {isMailing && <MailDialog number={number} orderId={orderId} hasCustomer={hasCustomer} onClose={() => setMailing(false)} />}
    </>
  );
}
