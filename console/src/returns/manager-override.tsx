import { useLanguage } from "../core/i18n";
import { useShop } from "../core/shop";
import { Button, Field } from "../core/ui";
import { RETURN_TEXTS } from "./texts";

/** A manager's reason to allow a return after the window. A cashier lets a manager sign in; the return is kept. */
export function ManagerOverride({ note, onChange, onLock }: { note: string; onChange: (note: string) => void; onLock: () => void }): React.ReactNode {
  const { person } = useShop();
  const texts = RETURN_TEXTS[useLanguage().code];
  const isManager = person.groups.some((group) => group === "manager" || group === "operator");
  if (!isManager) return <div className="row"><Button onClick={onLock}>{texts.callManager}</Button></div>;
  return <Field label={texts.override} hint={texts.overrideHint} value={note} onChange={(event) => onChange(event.target.value)} maxLength={200} required />;
}
