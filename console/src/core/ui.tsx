/** Small components that the till and the back office share. */

import { useEffect, useId, useRef, type ButtonHTMLAttributes, type InputHTMLAttributes, type ReactNode } from "react";
import { useLanguage } from "./i18n";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: "primary" | "plain" | "danger" | "quiet";
}

export function Button({ kind = "plain", className = "", ...rest }: ButtonProps): ReactNode {
  return <button type="button" className={`button ${kind} ${className}`} {...rest} />;
}

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  hint?: string;
}

/** An input under its label. */
export function Field({ label, hint, className = "", ...rest }: FieldProps): ReactNode {
  const id = useId();
  return (
    <div className={`field ${className}`}>
      <label htmlFor={id}>{label}</label>
      <input id={id} aria-describedby={hint === undefined ? undefined : `${id}-hint`} autoComplete="off" {...rest} />
      {hint !== undefined && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  className?: string;
}

/**
 * A modal dialog; Escape closes it, and the focus returns to where it was.
 *
 * It opens with the focus on the element that has `data-focus`: React's autoFocus comes before the dialog is shown.
 */
export function Dialog({ title, onClose, children, className = "" }: DialogProps): ReactNode {
  const { text } = useLanguage();
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current;
    if (dialog !== null && !dialog.open) {
      dialog.showModal();
      dialog.querySelector<HTMLElement>("[data-focus]")?.focus();
    }
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      className={className}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div className="dialog-title">
        <h2 id={id}>{title}</h2>
        <Button kind="quiet" onClick={onClose} aria-label={text.close}>✕</Button>
      </div>
      {children}
    </dialog>
  );
}
