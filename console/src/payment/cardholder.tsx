import { useEffect, useState } from "react";
import { useLanguage } from "../core/i18n";
import { useShop } from "../core/shop";
import { Button } from "../core/ui";
import { QrCode } from "./qr-code";
import { paymentTexts } from "./texts";
import "./payment.css";

const EVERY_MS = 2_000;
const SECOND_MS = 1_000;
/** How long the checkout waits for the cardholder, in seconds. */
const LIMIT = 15 * 60;

interface CardholderProps {
  orderId: string;
  /** When the sale was sent, as an ISO date. */
  since: string;
  isCancelled?: boolean;
  /** Absent where a sale cannot be cancelled. */
  onCancel?: () => void;
}

/** The bank's page on which the cardholder confirms a payment, while one has to be confirmed (3-D Secure). */
export function Cardholder({ orderId, since, isCancelled = false, onCancel }: CardholderProps): React.ReactNode {
  const { code } = useLanguage();
  const texts = paymentTexts(code);
  const address = useAddress(orderId);
  const left = LIMIT - useSeconds(since);
  if (isCancelled) return <p role="status" className="progress">{texts.cancelling}</p>;
  if (address === null) return null;
  const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  return (
    <section className="stack cardholder" aria-label={texts.confirmTitle}>
      <p role="alert" className="notice"><strong>{texts.confirmTitle}</strong></p>
      <QrCode text={address} label={texts.confirmCode} />
      <p>{texts.confirmHint}</p>
      <progress max={LIMIT} value={Math.max(0, left)} aria-label={texts.confirmTitle} />
      <p className="muted">{left > 0 ? texts.left(time) : texts.overdue}</p>
      <div className="row wrap">
        <a className="button primary grow" href={address} target="_blank" rel="noopener noreferrer">{texts.openBank}</a>
        {onCancel !== undefined && <Button kind="danger" className="grow" onClick={onCancel}>{texts.cancelSale}</Button>}
      </div>
    </section>
  );
}

/** Return where a tender of the order is confirmed, null while none has to be. Any other address than a web page is none. */
function useAddress(orderId: string): string | null {
  const { api } = useShop();
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    let isOpen = true;
    const read = (): void => {
      api.get("GET /orders/{order_id}/tenders", { path: { order_id: orderId } }).then((tenders) => {
        if (isOpen) setAddress(tenders.map(({ action_url: url }) => url).find((url) => url.startsWith("https://")) ?? null);
      }, () => undefined);
    };
    const timer = setInterval(read, EVERY_MS);
    return () => {
      isOpen = false;
      clearInterval(timer);
    };
  }, [api, orderId]);
  return address;
}

/** Return the seconds since a time. */
function useSeconds(since: string): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), SECOND_MS);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, Math.floor((now - Date.parse(since)) / SECOND_MS));
}
