/** Small components that the till and the back office share. */

import { Component, Suspense, useEffect, useId, useRef, type ButtonHTMLAttributes, type InputHTMLAttributes, type ReactNode } from "react";
import { useLanguage } from "./i18n";

const ICONS = {
  back: "M16 9H3l5-5M3 9l5 5",
  check: "m3 9 4 5 8-10",
  cross: "m4 4 10 10M14 4 4 14",
  dot: "M9 6a3 3 0 1 0 0 6 3 3 0 0 0 0-6",
  erase: "M7 3h10v12H7L1 9zm3 4 4 4m0-4-4 4",
  stock: "M2 4h14M2 9h14M2 14h14",
};

/** A small picture next to a word or with a label of its own: fonts do not have every sign. */
export function Icon({ name }: { name: keyof typeof ICONS }): ReactNode {
  return <svg className="icon" viewBox="0 0 18 18" aria-hidden="true"><path d={ICONS[name]} /></svg>;
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: "primary" | "plain" | "danger" | "quiet";
}

export function Button({ kind = "plain", className = "", ...rest }: ButtonProps): ReactNode {
  return <button type="button" className={`button ${kind} ${className}`} {...rest} />;
}

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  hint?: string;
  /** What is wrong with the value and what is accepted; "" for nothing. */
  error?: string;
}

/** An input under its label. */
export function Field({ label, hint, error = "", className = "", ...rest }: FieldProps): ReactNode {
  const id = useId();
  const describedBy = [hint === undefined ? "" : `${id}-hint`, error === "" ? "" : `${id}-error`].join(" ").trim();
  return (
    <div className={`field ${className}`}>
      <label htmlFor={id}>{label}</label>
      <input id={id} aria-describedby={describedBy || undefined} aria-invalid={error !== ""} autoComplete="off" {...rest} />
      {hint !== undefined && <small id={`${id}-hint`}>{hint}</small>}
      {error !== "" && <small id={`${id}-error`} role="alert" className="bad">{error}</small>}
    </div>
  );
}

/** A part that is loaded when it is shown. What cannot be loaded or shown leaves a sentence, not an empty page. */
export class LazyPart extends Component<{ children: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError(): { isBroken: boolean } {
    return { isBroken: true };
  }

  override render(): ReactNode {
    return this.state.isBroken ? <BrokenPart /> : <Suspense fallback={<LoadingPart />}>{this.props.children}</Suspense>;
  }
}

function LoadingPart(): ReactNode {
  const { text } = useLanguage();
  return <p className="muted">{text.loading}</p>;
}

function BrokenPart(): ReactNode {
  const { text } = useLanguage();
  return (
    <div role="alert" className="notice bad row spread">
      {text.notLoaded} <Button onClick={() => location.reload()}>{text.retry}</Button>
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
        <Button kind="quiet" onClick={onClose} aria-label={text.close}><Icon name="cross" /></Button>
      </div>
      {children}
    </dialog>
  );
}
