import { useState } from "react";
import { useLanguage } from "../core/i18n";
import { Button, LazyPart } from "../core/ui";
import type { OtherTenderProps } from "../payment/other-tender";
import { AccountForm, GiftCardForm } from "./lazy-parts";

const FORMS = { gift_card: GiftCardForm, on_account: AccountForm };
const TYPES = ["gift_card", "on_account"] as const;

/** Gift cards and sales on account: a form for each, which is shown on demand. */
export function OtherTenders(properties: OtherTenderProps): React.ReactNode {
  const { tender } = useLanguage();
  const [type, setType] = useState<(typeof TYPES)[number] | null>(null);
  const Form = type === null ? null : FORMS[type];
  return (
    <>
      <div className="row">
        {TYPES.map((one) => (
          <Button key={one} className="grow" aria-expanded={one === type} onClick={() => setType(one === type ? null : one)}>{tender(one)}</Button>
        ))}
      </div>
      {Form !== null && <LazyPart key={type}><Form {...properties} /></LazyPart>}
    </>
  );
}
