import { useLanguage } from "../core/i18n";
import { format, likelyCash, parse } from "../core/money";
import { Button } from "../core/ui";

interface CashKeypadProps {
  remaining: number;
  currency: string;
  typed: string;
  onType: (typed: string) => void;
  onCash: (amount: number) => void;
}

/** Likely amounts of cash, and keys for any other one. */
export function CashKeypad({ remaining, currency, typed, onType, onCash }: CashKeypadProps): React.ReactNode {
  const { text, code } = useLanguage();
  const amount = typed === "" ? remaining : parse(typed, currency);
  return (
    <fieldset className="keypad">
      <legend>{text.till.cashGiven}</legend>
      <div className="row wrap">
        {likelyCash(remaining, currency).map((value) => (
          <Button key={value} onClick={() => onCash(value)}>{format(value, currency, code)}</Button>
        ))}
      </div>
      <div className="keys">
        {["7", "8", "9", "4", "5", "6", "1", "2", "3", "0", code === "de" ? "," : ".", "⌫"].map((key) => (
          <Button key={key} onClick={() => onType(key === "⌫" ? typed.slice(0, -1) : typed + key)}>{key}</Button>
        ))}
      </div>
      <Button disabled={amount === null || amount <= 0} onClick={() => onCash(amount ?? remaining)}>{text.till.cash}</Button>
    </fieldset>
  );
}
