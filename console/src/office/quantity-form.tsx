import { useState } from "react";
import { Button } from "../core/ui";
import type { ActionView } from "./use-api";
import { useTexts } from "./use-api";

export interface Units {
  sku: string;
  quantity: number;
}

interface QuantityFormProps {
  label: string;
  /** The units that are open, which are what is offered. */
  lines: readonly Units[];
  action: ActionView;
  onConfirm: (lines: Units[]) => Promise<unknown>;
}

/** Book all or a part of what is open, line by line. */
export function QuantityForm({ label, lines, action, onConfirm }: QuantityFormProps): React.ReactNode {
  const { label: labelOf } = useTexts();
  const [changed, setChanged] = useState<Record<string, number>>({});
  const chosen = lines.map(({ sku, quantity }) => ({ sku, quantity: changed[sku] ?? quantity })).filter(({ quantity }) => quantity > 0);
  return (
    <form
      className="stack narrow"
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        action.run(() => onConfirm(chosen));
      }}
    >
      {lines.map(({ sku, quantity }) => (
        <label key={sku} className="row spread">
          {sku}
          <input
            type="number"
            min={0}
            aria-label={`${labelOf("quantity")}: ${sku}`}
            value={changed[sku] ?? quantity}
            onChange={(event) => {
              const units = Number(event.target.value);
              if (Number.isInteger(units) && units >= 0) setChanged((before) => ({ ...before, [sku]: units }));
            }}
          />
        </label>
      ))}
      <Button kind="primary" type="submit" disabled={action.isRunning || chosen.length === 0}>{label}</Button>
    </form>
  );
}
