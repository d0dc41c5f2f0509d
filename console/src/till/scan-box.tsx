import { useEffect, useId, useRef, useState, type KeyboardEvent, type RefObject } from "react";
import { useLanguage } from "../core/i18n";
import { usePreferences } from "../core/preferences";
import { format } from "../core/money";
import { useShop } from "../core/shop";
import type { Product } from "../core/responses";
import { WedgeDetector } from "./wedge";

interface ScanBoxProps {
  input: RefObject<HTMLInputElement | null>;
  search: (query: string) => Product[];
  onScan: (code: string) => Promise<void>;
  onChoose: (product: Product) => void;
}

/** Whether keys that are typed now go into another field. */
function isEditable(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement;
}

/** A combobox for codes and names. A scan is taken wherever the focus is, unless a dialog is open. */
export function ScanBox({ input, search, onScan, onChoose }: ScanBoxProps): React.ReactNode {
  const { text } = useLanguage();
  const { language } = usePreferences();
  const { config } = useShop();
  const [value, setValue] = useState("");
  const [active, setActive] = useState(0);
  const wedge = useRef(new WedgeDetector());
  const id = useId();
  const matches = value.trim().length < 2 ? [] : search(value);

  const take = (code: string): void => {
    setValue("");
    setActive(0);
    void onScan(code);
  };

  const choose = (product: Product): void => {
    setValue("");
    setActive(0);
    onChoose(product);
    input.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    const scanned = wedge.current.key(event.key, event.timeStamp);
    if (event.key === "Enter" || (event.key === "Tab" && scanned !== null)) {
      event.preventDefault();
      const code = value.trim();
      const match = matches[active];
      if (scanned === null && match !== undefined && !/^\d{8,14}$/.test(code)) choose(match);
      else if (code !== "") take(code);
    } else if (event.key === "ArrowDown" && matches.length > 0) {
      event.preventDefault();
      setActive((active + 1) % matches.length);
    } else if (event.key === "ArrowUp" && matches.length > 0) {
      event.preventDefault();
      setActive((active + matches.length - 1) % matches.length);
    } else if (event.key === "Escape") setValue("");
  };

  useEffect(() => {
    const outside = new WedgeDetector();
    const listen = (event: globalThis.KeyboardEvent): void => {
      if (isEditable(event.target) || document.querySelector("dialog[open]") !== null) return;
      const code = outside.key(event.key, event.timeStamp);
      if (code === null) return;
      event.preventDefault();
      void onScan(code);
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, [onScan]);

  return (
    <div className="scan">
      <label htmlFor={id}>{text.till.scan}</label>
      <input
        ref={input}
        id={id}
        type="text"
        role="combobox"
        aria-expanded={matches.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={matches.length > 0 ? `${id}-${active}` : undefined}
        aria-autocomplete="list"
        autoComplete="off"
        spellCheck={false}
        placeholder={text.till.scanHint}
        value={value}
        onChange={(event) => {
          setValue(event.target.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
        autoFocus
      />
      <ul id={`${id}-list`} role="listbox" aria-label={text.till.product} className="matches" hidden={matches.length === 0}>
        {matches.map((product, index) => {
          const price = product.prices[config.currency];
          return (
            <li
              key={product.sku}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === active}
              onPointerDown={(event) => {
                event.preventDefault();
                choose(product);
              }}
            >
              <span>{product.name} <small>{product.sku}</small></span>
              <span>{price === undefined ? "–" : format(price, config.currency, language)}</span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
