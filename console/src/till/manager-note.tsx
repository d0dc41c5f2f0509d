import { useLanguage } from "../core/i18n";
import { isManager, useShop } from "../core/shop";
import { Button, Field } from "../core/ui";

interface ManagerNoteProps {
  label: string;
  hint?: string;
  note: string;
  onChange: (note: string) => void;
  onLock: () => void;
}

/** A manager's reason to allow what a cashier may not. A cashier lets a manager sign in; what was begun is kept. */
export function ManagerNote({ label, hint, note, onChange, onLock }: ManagerNoteProps): React.ReactNode {
  const { person } = useShop();
  const { text } = useLanguage();
  if (!isManager(person)) return <div className="row"><Button onClick={onLock}>{text.till.callManager}</Button></div>;
  return <Field label={label} {...(hint === undefined ? {} : { hint })} value={note} onChange={(event) => onChange(event.target.value)} maxLength={200} required />;
}
