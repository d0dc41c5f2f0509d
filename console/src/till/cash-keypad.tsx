import { useLanguage } from "../core/i18n";
import { cashIncrement, format, likelyCash, parse, places } from "../core/money";
import { Button, Icon } from "../core/ui";
import "./keypad.css";

interface CashKeypadProps {
  /** What remains in cash. */
  remaining: number;
  currency: string;
  typed: string;
  onType: (typed: string) => void;
  onCash: (amount: number) => void;
}

/** Likely amounts of cash, and keys for any other one that coins make up. */
export function CashKeypad({ remaining, currency, typed, onType, onCash }: CashKeypadProps): React.ReactNode {
  const { text, code, tender } = useLanguage();
  const amount = (typed === "" ? remaining : parse(typed, currency)) ?? 0;
  const separator = code === "de" ? "," : ".";
  return (
    <fieldset className="keypad">
      <legend>{text.till.cashGiven}</legend>
      <div className="row wrap">
        {likelyCash(remaining, currency).map((value) => (
          <Button key={value} onClick={() => onCash(value)}>{format(value, currency, code)}</Button>
        ))}
      </div>
      <div className="keys">
        {["7", "8", "9", "4", "5", "6", "1", "2", "3", "0", separator].map((key) => (
          <Button key={key} disabled={key === separator && places(currency) === 0} onClick={() => onType(typed + key)}>{key}</Button>
        ))}
        <Button onClick={() => onType(typed.slice(0, -1))} aria-label={text.till.erase} title={text.till.erase}>
          <Icon name="erase" />
        </Button>
      </div>
      <Button disabled={amount <= 0 || amount % cashIncrement(currency) !== 0} onClick={() => onCash(amount)}>{tender("cash")}</Button>
    </fieldset>
  );
}
