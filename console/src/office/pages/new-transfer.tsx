import { useState } from "react";
import { usePreferences } from "../../core/preferences";
import { hrefOf } from "../../core/router";
import { useShop } from "../../core/shop";
import { Button, Field } from "../../core/ui";
import { Result } from "../parts";
import type { Units } from "../quantity-form";
import { ScannedLines } from "../scanned-lines";
import { until } from "../until";
import { useAction, useTexts } from "../use-api";

/** Move units of scanned products to another location. */
export function NewTransfer({ onDone }: { onDone: () => void }): React.ReactNode {
  const { office, label } = useTexts();
  const { api, config } = useShop();
  const preferred = usePreferences().location;
  const [id] = useState(() => `trf-${crypto.randomUUID()}`);
  const [source, setSource] = useState(preferred);
  const [destination, setDestination] = useState("");
  const [reason, setReason] = useState("");
  const [lines, setLines] = useState<Units[]>([]);
  const action = useAction(onDone);
  const isComplete = source.trim() !== "" && destination.trim() !== "" && lines.length > 0;
  const request = { transfer_id: id, source: source.trim(), destination: destination.trim(), currency: config.currency, lines, reason: reason.trim() };
  const open = (): void => action.run(async () => {
    await api.call("POST /transfers", { body: request });
    await until(() => api.get("GET /transfers/{transfer_id}", { path: { transfer_id: id } }));
  });
  if (action.isDone) return <p role="status" className="notice"><a href={hrefOf("transfers", id)}>{office.openTransfer}</a></p>;
  return (
    <section className="stack narrow" aria-label={office.newTransfer}>
      <h2>{office.newTransfer}</h2>
      <Field label={label("source")} value={source} onChange={(event) => setSource(event.target.value)} />
      <Field label={label("destination")} value={destination} onChange={(event) => setDestination(event.target.value)} />
      <Field label={office.reason} value={reason} onChange={(event) => setReason(event.target.value)} maxLength={200} />
      <ScannedLines lines={lines} onChange={setLines} />
      <Button kind="primary" disabled={!isComplete || action.isRunning} onClick={open}>{office.newTransfer}</Button>
      <Result action={action} />
    </section>
  );
}
