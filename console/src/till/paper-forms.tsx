import { useState } from "react";
import { Problem } from "../core/api";
import { useLanguage } from "../core/i18n";
import { useShop } from "../core/shop";
import { Button } from "../core/ui";

/** The receipt of a paid order as a PDF of 80 mm, and as a mail that the till's mail program sends. */
export function PaperForms({ orderId, number }: { orderId: string; number: string }): React.ReactNode {
  const language = useLanguage();
  const { text } = language;
  const { api } = useShop();
  const [problem, setProblem] = useState<Problem | null>(null);
  const run = (work: () => Promise<void>): void => {
    setProblem(null);
    work().catch((error: unknown) => { if (error instanceof Problem) setProblem(error); });
  };
  const openPdf = async (): Promise<void> => {
    const { url } = await api.get("GET /documents", { query: { number, form: "receipt" } });
    window.open(url, "_blank", "noopener");
  };
  const mail = async (): Promise<void> => {
    const paper = await api.get("GET /orders/{order_id}/receipt", { path: { order_id: orderId } });
    location.assign(`mailto:?subject=${encodeURIComponent(`${text.receipt.invoice} ${number}`)}&body=${encodeURIComponent(paper)}`);
  };
  return (
    <>
      <Button className="large" onClick={() => run(openPdf)}>PDF</Button>
      <Button className="large" onClick={() => run(mail)}>{text.receipt.mail}</Button>
      {problem !== null && <p role="alert" className="notice bad">{language.problem(problem.title, problem.cashierMessage)}</p>}
    </>
  );
}
