import { useEffect, useState } from "react";
import { format, parse } from "../../core/money";
import { usePreferences } from "../../core/preferences";
import { hrefOf } from "../../core/router";
import { useShop } from "../../core/shop";
import { Button, Field } from "../../core/ui";
import { Notice, Result } from "../parts";
import type { Units } from "../quantity-form";
import { ScannedLines } from "../scanned-lines";
import { until } from "../until";
import { useAction, useList, useTexts } from "../use-api";

const MOST_SUPPLIERS = "100";

/** The prices of a supplier's list by SKU, in minor units; null until they are read. */
function usePrices(supplierId: string): Map<string, number> | null {
  const { api } = useShop();
  const [read, setRead] = useState<{ supplierId: string; prices: Map<string, number> } | null>(null);
  useEffect(() => {
    if (supplierId === "") return;
    let isCurrent = true;
    api.get("GET /suppliers/{supplier_id}/report", { path: { supplier_id: supplierId } }).then(
      ({ prices }) => { if (isCurrent) setRead({ supplierId, prices: new Map(prices.map(({ sku, unit_cost: cost }) => [sku, cost])) }); },
      // Without the list, each price is typed.
      () => { if (isCurrent) setRead({ supplierId, prices: new Map() }); },
    );
    return () => { isCurrent = false; };
  }, [api, supplierId]);
  return read?.supplierId === supplierId ? read.prices : null;
}

/** Order goods of a supplier at the prices of its list; what its list does not have has the price that is typed. */
export function NewPurchase({ onDone }: { onDone: () => void }): React.ReactNode {
  const { office, label, code } = useTexts();
  const { api, config } = useShop();
  const preferred = usePreferences().location;
  const [id] = useState(() => `po-${crypto.randomUUID()}`);
  const [location, setLocation] = useState(preferred);
  const [supplierId, setSupplierId] = useState("");
  const [lines, setLines] = useState<Units[]>([]);
  const [typed, setTyped] = useState<Record<string, string>>({});
  const [reason, setReason] = useState("");
  const suppliers = useList("GET /suppliers", { limit: MOST_SUPPLIERS });
  const prices = usePrices(supplierId);
  const action = useAction(onDone);
  const costOf = (sku: string): number | null => prices?.get(sku) ?? parse(typed[sku] ?? "", config.currency);
  const priced = lines.map((line) => ({ ...line, unit_cost: costOf(line.sku) }));
  const isComplete = location.trim() !== "" && supplierId !== "" && prices !== null && lines.length > 0
    && priced.every(({ unit_cost: cost }) => cost !== null && cost > 0);
  const total = priced.reduce((sum, { quantity, unit_cost: cost }) => sum + quantity * (cost ?? 0), 0);
  const open = (): void => action.run(async () => {
    const body = {
      purchase_order_id: id, location: location.trim(), currency: config.currency, lines: priced,
      suppliers: [{ supplier_id: supplierId }], reason: reason.trim(),
    };
    await api.call("POST /purchase-orders", { body });
    await until(() => api.get("GET /purchase-orders/{purchase_order_id}", { path: { purchase_order_id: id } }));
  });
  if (action.isDone) return <p role="status" className="notice"><a href={hrefOf("purchases", id)}>{office.openPurchase}</a></p>;
  return (
    <section className="stack narrow" aria-label={office.newPurchase}>
      <h2>{office.newPurchase}</h2>
      <Notice problem={suppliers.problem} />
      <label className="field">
        {label("supplier_id")}
        <select value={supplierId} onChange={(event) => setSupplierId(event.target.value)} required>
          <option value="">{suppliers.isLoading ? "…" : office.choose}</option>
          {suppliers.rows.map(({ supplier }) => {
            const { supplier_id: key, name, currency } = supplier as { supplier_id: string; name: string; currency: string };
            return currency === config.currency && <option key={key} value={key}>{name} ({key})</option>;
          })}
        </select>
      </label>
      <Field label={label("location")} value={location} onChange={(event) => setLocation(event.target.value)} />
      <Field label={office.reason} value={reason} onChange={(event) => setReason(event.target.value)} maxLength={200} />
      <ScannedLines lines={lines} onChange={setLines}>
        {({ sku }) => {
          const listed = prices?.get(sku);
          if (listed !== undefined) return <span>{format(listed, config.currency, code)}</span>;
          return (
            <input
              inputMode="decimal"
              className="price"
              aria-label={`${label("unit_cost")}: ${sku}`}
              placeholder={label("unit_cost")}
              value={typed[sku] ?? ""}
              onChange={(event) => setTyped((before) => ({ ...before, [sku]: event.target.value }))}
            />
          );
        }}
      </ScannedLines>
      {lines.length > 0 && <p className="row spread"><span>{label("ordered_value")}</span><strong>{format(total, config.currency, code)}</strong></p>}
      <Button kind="primary" disabled={!isComplete || action.isRunning} onClick={open}>{office.newPurchase}</Button>
      <Result action={action} />
    </section>
  );
}
