import { useState } from "react";
import { useShop } from "../../core/shop";
import { Button, Field } from "../../core/ui";
import { Fields, ListPage, Result } from "../parts";
import { parsePrices } from "../prices";
import { useAction, useTexts, type Row } from "../use-api";

export function SuppliersPage(): React.ReactNode {
  const { text, office } = useTexts();
  const [isCreating, setCreating] = useState(false);
  const of = (row: Row): Row => row.supplier as Row;
  return (
    <ListPage
      page="suppliers"
      title={text.pages.suppliers}
      route="GET /suppliers"
      columns={[
        { field: "supplier_id", cell: (row) => String(of(row).supplier_id) },
        { field: "name", cell: (row) => String(of(row).name) },
        { field: "currency", cell: (row) => String(of(row).currency) },
        { field: "lead_time_days", number: true, cell: (row) => String(of(row).lead_time_days) },
        { field: "open_orders", number: true },
        { field: "owed", number: true, cell: (row) => <Owed row={{ owed: row.owed, currency: of(row).currency }} /> },
      ]}
    >
      {(list) => (isCreating
        ? <NewSupplier onDone={list.reload} />
        : <Button kind="primary" onClick={() => setCreating(true)}>{office.newSupplier}</Button>)}
    </ListPage>
  );
}

/** Create a supplier with the prices of its products. */
function NewSupplier({ onDone }: { onDone: () => void }): React.ReactNode {
  const { office, label } = useTexts();
  const { api, config } = useShop();
  const action = useAction(onDone);
  const [prices, setPrices] = useState("");
  const parsed = parsePrices(prices, config.currency);
  return (
    <form
      className="stack narrow"
      aria-label={office.newSupplier}
      onSubmit={(event) => {
        event.preventDefault();
        const data = new FormData(event.currentTarget);
        const textOf = (name: string): string => {
          const value = data.get(name);
          return typeof value === "string" ? value.trim() : "";
        };
        const supplier = {
          supplier_id: textOf("supplier_id"), name: textOf("name"), currency: config.currency,
          lead_time_days: Number(textOf("lead_time_days")), account: textOf("account"),
        };
        action.run(() => api.call("POST /suppliers", { body: { supplier, prices: parsed ?? [] } }));
      }}
    >
      <h2>{office.newSupplier}</h2>
      <Field name="supplier_id" label={label("supplier_id")} required maxLength={64} />
      <Field name="name" label={label("name")} required maxLength={200} />
      <Field name="lead_time_days" label={label("lead_time_days")} type="number" min={0} max={365} defaultValue={7} required />
      <Field name="account" label={office.account} hint={office.accountHint} required maxLength={128} />
      <label className="field">
        {office.prices}
        <textarea rows={4} value={prices} onChange={(event) => setPrices(event.target.value)} aria-invalid={parsed === null} />
        <small>{office.pricesHint}</small>
      </label>
      <Button kind="primary" type="submit" disabled={action.isRunning || parsed === null}>{office.save}</Button>
      <Result action={action} />
    </form>
  );
}

function Owed({ row }: { row: Row }): React.ReactNode {
  return <Fields row={row} fields={["owed"]} />;
}
