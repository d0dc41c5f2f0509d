import { useState, type SubmitEvent } from "react";
import { useLanguage } from "../core/i18n";
import type { Discount } from "../core/responses";
import { Button, Dialog, Field } from "../core/ui";
import { discountText, parseDiscount } from "./discount";

interface DiscountDialogProps {
  title: string;
  discount: Discount | null;
  currency: string;
  onApply: (discount: Discount | null) => void;
  onClose: () => void;
}

export function DiscountDialog({ title, discount, currency, onApply, onClose }: DiscountDialogProps): React.ReactNode {
  const { text, code } = useLanguage();
  const [value, setValue] = useState(discount === null ? "" : discountText(discount, currency, code).replace(/[^\d.,%]/g, ""));
  const [wrong, setWrong] = useState(false);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const parsed = parseDiscount(value, currency);
    if (parsed === null) setWrong(true);
    else onApply(parsed);
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit} className="stack">
        <Field label={text.till.discount} hint={text.till.discountHint} value={value} onChange={(event) => setValue(event.target.value)} data-focus />
        {wrong && <p role="alert" className="notice bad">{text.till.discountWrong}</p>}
        <div className="row end">
          <Button onClick={() => onApply(null)}>{text.till.clear}</Button>
          <Button kind="primary" type="submit">{text.till.apply}</Button>
        </div>
      </form>
    </Dialog>
  );
}
