import { useState, type SubmitEvent } from "react";
import { Problem } from "../core/api";
import { useLanguage } from "../core/i18n";
import { format } from "../core/money";
import { useShop } from "../core/shop";
import { Button, Field } from "../core/ui";
import { giftCardToken } from "./gift-card";
import type { OtherTenderProps } from "./other-tender";
import { paymentTexts } from "./texts";

interface Card {
  token: string;
  number: string;
  balance: number;
}

/** Pay with a gift card: its code, its balance, and what of the balance pays this sale. */
export function GiftCardForm({ amount, currency, tenders, onAdd }: OtherTenderProps): React.ReactNode {
  const { code: language, problem: sentence } = useLanguage();
  const { api } = useShop();
  const texts = paymentTexts(language);
  const [typed, setTyped] = useState("");
  const [isChecking, setChecking] = useState(false);
  const [card, setCard] = useState<Card | null>(null);
  const [refusal, setRefusal] = useState("");
  const money = (value: number): string => format(value, currency, language);
  const check = async (): Promise<void> => {
    const token = await giftCardToken(typed);
    if (token === null) {
      setRefusal(texts.notACode);
      return;
    }
    const { number, balances } = await api.get("POST /gift-cards/balance", { body: { code: typed.trim() } });
    setCard({ token, number, balance: balances[currency] ?? 0 });
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (isChecking) return;
    setChecking(true);
    setRefusal("");
    check().catch((error: unknown) => {
      if (error instanceof Problem) setRefusal(sentence(error.title, error.cashierMessage));
    }).finally(() => setChecking(false));
  };
  if (card === null) {
    return (
      <form className="stack card" onSubmit={submit}>
        <Field
          label={texts.code}
          hint={texts.codeHint}
          error={refusal}
          value={typed}
          maxLength={40}
          spellCheck={false}
          autoCapitalize="characters"
          onChange={(event) => setTyped(event.target.value)}
          autoFocus
        />
        <Button type="submit" disabled={isChecking || typed.trim() === ""}>{texts.check}</Button>
      </form>
    );
  }
  const used = tenders.filter(({ token }) => token === card.token).reduce((sum, tender) => sum + (tender.amount ?? 0), 0);
  const usable = Math.min(card.balance - used, amount ?? 0);
  return (
    <div className="stack card">
      <dl className="totals">
        <dt>{texts.balance(card.number)}</dt>
        <dd data-testid="gift-card-balance">{money(card.balance)}</dd>
      </dl>
      {used > 0 && <p className="muted">{texts.used(money(used))}</p>}
      {card.balance - used <= 0 && <p role="alert" className="notice bad">{texts.nothingLeft}</p>}
      <Button kind="primary" disabled={usable <= 0} onClick={() => onAdd({ type: "gift_card", token: card.token, amount: usable })} autoFocus>
        {texts.payByGiftCard(money(Math.max(0, usable)))}
      </Button>
    </div>
  );
}
