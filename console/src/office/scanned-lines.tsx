import { useRef, useState, type ReactNode } from "react";
import type { Product } from "../core/responses";
import { ScanBox } from "../till/scan-box";
import { useCatalog } from "../till/use-catalog";
import type { Units } from "./quantity-form";
import { useTexts } from "./use-api";

interface ScannedLinesProps {
  lines: readonly Units[];
  onChange: (change: (lines: Units[]) => Units[]) => void;
  /** What a line has next to its quantity. */
  children?: (line: Units) => ReactNode;
}

/** Lines of products that are scanned or searched: each scan is a unit, and a quantity of 0 removes a line. */
export function ScannedLines({ lines, onChange, children }: ScannedLinesProps): ReactNode {
  const { text, label } = useTexts();
  const catalog = useCatalog();
  const scanBox = useRef<HTMLInputElement>(null);
  const [notice, setNotice] = useState("");
  const add = ({ sku }: Product): void => {
    setNotice("");
    onChange((before) => (before.some((line) => line.sku === sku)
      ? before.map((line) => (line.sku === sku ? { ...line, quantity: line.quantity + 1 } : line))
      : [...before, { sku, quantity: 1 }]));
  };
  const scan = async (code: string): Promise<void> => {
    const product = catalog.find(code) ?? (await catalog.findRemotely(code));
    if (product === undefined) setNotice(text.till[catalog.refusalOf(code)](code));
    else add(product);
  };
  const setQuantity = (sku: string, typed: string): void => {
    const quantity = Number(typed);
    if (!Number.isInteger(quantity) || quantity < 0) return;
    onChange((before) => before.map((line) => (line.sku === sku ? { ...line, quantity } : line)).filter((line) => line.quantity > 0));
  };
  return (
    <>
      <ScanBox input={scanBox} search={catalog.search} onScan={scan} onChoose={add} />
      <p role="status" className={notice === "" ? "visually-hidden" : "notice bad"}>{notice}</p>
      {lines.map((line) => (
        <div key={line.sku} className="row spread">
          <span className="grow">{line.sku}</span>
          {children?.(line)}
          <input
            type="number"
            min={0}
            className="units"
            aria-label={`${label("quantity")}: ${line.sku}`}
            value={line.quantity}
            onChange={(event) => setQuantity(line.sku, event.target.value)}
          />
        </div>
      ))}
    </>
  );
}
