import { useState, type SubmitEvent } from "react";
import { useLanguage } from "../core/i18n";
import { format, parse } from "../core/money";
import type { Discount } from "../core/responses";
import { Button, Dialog, Field } from "../core/ui";

/** Read a discount: "10%" or an amount of the currency; null for anything else. */
export function parseDiscount(text: string, currency: string): Discount | null {
  const percent = /^(\d{1,3}(?:[.,]\d{1,4})?)\s*%$/.exec(text.trim())?.[1]?.replace(",", ".");
  if (percent !== undefined) return Number(percent) > 0 && Number(percent) <= 100 ? { percent } : null;
  const amount = parse(text, currency);
  return amount === null || amount === 0 ? null : { amount };
}

export function discountText(discount: Discount, currency: string, language: string): string {
  return discount.amount === undefined ? `${discount.percent ?? ""} %` : format(discount.amount, currency, language);
}

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
