import type { DocumentForm } from "../core/responses";
import { useShop } from "../core/shop";
import { Button } from "../core/ui";
import { Notice } from "./parts";
import { useAction, useTexts } from "./use-api";

const FORMS: readonly DocumentForm[] = ["pdf", "receipt", "text"];

/** Download an invoice or a credit note as an A4 page, as a receipt of 80 mm, or as text. */
export function Documents({ number }: { number: string }): React.ReactNode {
  const { office } = useTexts();
  const { api } = useShop();
  const action = useAction(() => undefined);
  const download = async (form: DocumentForm): Promise<void> => {
    const { url } = await api.get("GET /documents", { query: { number, form } });
    window.open(url, "_blank", "noopener");
  };
  return (
    <div className="row wrap" role="group" aria-label={`${office.documents} ${number}`}>
      <span>{number}</span>
      {FORMS.map((form) => (
        <Button key={form} disabled={action.isRunning} onClick={() => action.run(() => download(form))}>{office.forms[form]}</Button>
      ))}
      <Notice problem={action.problem} />
    </div>
  );
}
