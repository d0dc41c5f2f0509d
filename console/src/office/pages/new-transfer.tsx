import { useRef, useState } from "react";
import { Problem, type Api } from "../../core/api";
import { usePreferences } from "../../core/preferences";
import { hrefOf } from "../../core/router";
import { useShop } from "../../core/shop";
import { Button, Field } from "../../core/ui";
import { ScanBox } from "../../till/scan-box";
import { useCatalog } from "../../till/use-catalog";
import { Result } from "../parts";
import type { Units } from "../quantity-form";
import { useAction, useTexts } from "../use-api";

const READ_EVERY_MS = 500;
const READS = 60;

/** Wait until the workflow of a transfer has reserved its goods, for half a minute at most. */
async function reserved(api: Api, id: string): Promise<void> {
  for (let read = 0; read < READS; read += 1) {
    try {
      await api.get("GET /transfers/{transfer_id}", { path: { transfer_id: id } });
      return;
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error;
    }
    await new Promise((resolve) => { setTimeout(resolve, READ_EVERY_MS); });
  }
}

/** Move units of scanned products to another location. */
export function NewTransfer({ onDone }: { onDone: () => void }): React.ReactNode {
  const { text, office, label } = useTexts();
  const { api, config } = useShop();
  const preferred = usePreferences().location;
  const [id] = useState(() => `trf-${crypto.randomUUID()}`);
  const [source, setSource] = useState(preferred);
  const [destination, setDestination] = useState("");
  const [reason, setReason] = useState("");
  const [lines, setLines] = useState<Units[]>([]);
  const [notice, setNotice] = useState("");
  const catalog = useCatalog();
  const scanBox = useRef<HTMLInputElement>(null);
  const action = useAction(onDone);
  const add = (sku: string): void => setLines((before) => (before.some((line) => line.sku === sku)
    ? before.map((line) => (line.sku === sku ? { ...line, quantity: line.quantity + 1 } : line))
    : [...before, { sku, quantity: 1 }]));
  const scan = async (code: string): Promise<void> => {
    const product = catalog.find(code) ?? (await catalog.findRemotely(code));
    setNotice(product === undefined ? text.till.unknown(code) : "");
    if (product !== undefined) add(product.sku);
  };
  const isComplete = source.trim() !== "" && destination.trim() !== "" && lines.length > 0;
  const request = { transfer_id: id, source: source.trim(), destination: destination.trim(), currency: config.currency, lines, reason: reason.trim() };
  const open = (): void => action.run(async () => {
    await api.call("POST /transfers", { body: request });
    await reserved(api, id);
  });
  if (action.isDone) return <p role="status" className="notice"><a href={hrefOf("transfers", id)}>{office.openTransfer}</a></p>;
  return (
    <section className="stack narrow" aria-label={office.newTransfer}>
      <h2>{office.newTransfer}</h2>
      <Field label={label("source")} value={source} onChange={(event) => setSource(event.target.value)} />
      <Field label={label("destination")} value={destination} onChange={(event) => setDestination(event.target.value)} />
      <Field label={office.reason} value={reason} onChange={(event) => setReason(event.target.value)} maxLength={200} />
      <ScanBox input={scanBox} search={catalog.search} onScan={scan} onChoose={(product) => add(product.sku)} />
      <p role="status" className={notice === "" ? "visually-hidden" : "notice bad"}>{notice}</p>
      {lines.map((line) => (
        <label key={line.sku} className="row spread">
          {line.sku}
          <input
            type="number"
            min={0}
            aria-label={`${label("quantity")}: ${line.sku}`}
            value={line.quantity}
            onChange={(event) => {
              const quantity = Number(event.target.value);
              if (!Number.isInteger(quantity) || quantity < 0) return;
              setLines((before) => before.map((one) => (one.sku === line.sku ? { ...one, quantity } : one)).filter((one) => one.quantity > 0));
            }}
          />
        </label>
      ))}
      <Button kind="primary" disabled={!isComplete || action.isRunning} onClick={open}>{office.newTransfer}</Button>
      <Result action={action} />
    </section>
  );
}
