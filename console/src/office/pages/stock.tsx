import { useState } from "react";
import { correctLevel } from "../../core/corrections";
import { hrefOf, useRoute } from "../../core/router";
import { useShop } from "../../core/shop";
import { Button, Field, Icon } from "../../core/ui";
import { ListPage, More, Notice, Result, Table } from "../parts";
import { useAction, useList, useTexts } from "../use-api";

export function StockPage(): React.ReactNode {
  const { text } = useTexts();
  const { person } = useShop();
  const { id } = useRoute();
  const [location = "", sku = ""] = id.split("/");
  if (sku !== "" && person.scopes.includes("manage")) return <LevelPage location={location} sku={sku} />;
  return (
    <ListPage
      page="stock"
      title={text.pages.stock}
      route="GET /stock"
      columns={[
        { field: "sku" }, { field: "location" }, { field: "on_hand", number: true }, { field: "reserved", number: true },
        { field: "available", number: true }, { field: "on_order", number: true }, { field: "reorder_point", number: true },
        { field: "stock_value", number: true },
      ]}
      filters={[{ field: "location" }, { field: "sku" }]}
      {...(person.scopes.includes("manage") ? { linkTo: (row) => hrefOf("stock", `${String(row.location)}/${String(row.sku)}`) } : {})}
    />
  );
}

/** The movements of one SKU at one location, and a correction of its stock. */
function LevelPage({ location, sku }: { location: string; sku: string }): React.ReactNode {
  const { office } = useTexts();
  const { config } = useShop();
  const list = useList("GET /stock/movements", { location, sku });
  return (
    <section className="panel">
      <p className="crumb"><a href={hrefOf("stock")}><Icon name="back" /> {office.back}</a></p>
      <h1>{sku} · {location}</h1>
      <AdjustForm location={location} sku={sku} onDone={list.reload} />
      <h2>{office.movements}</h2>
      <Notice problem={list.problem} />
      <Table
        caption={office.movements}
        columns={[{ field: "at" }, { field: "kind" }, { field: "quantity", number: true }, { field: "cost", number: true }, { field: "business_id" }, { field: "reason" }]}
        rows={list.rows.map((row) => ({ ...row, currency: row.currency ?? config.currency }))}
      />
      <More list={list} />
    </section>
  );
}

function AdjustForm({ location, sku, onDone }: { location: string; sku: string; onDone: () => void }): React.ReactNode {
  const { office, label } = useTexts();
  const { api, config } = useShop();
  const [quantity, setQuantity] = useState("");
  const [reason, setReason] = useState("");
  // The id of a correction is its idempotency key: a new one only after the correction is booked.
  const [id, setId] = useState(() => crypto.randomUUID());
  const action = useAction(() => {
    setId(crypto.randomUUID());
    setQuantity("");
    onDone();
  });
  const units = Number(quantity);
  const isValid = Number.isInteger(units) && units !== 0 && reason.trim() !== "";
  return (
    <form
      className="stack narrow"
      onSubmit={(event) => {
        event.preventDefault();
        const body = { adjustment_id: id, location, sku, currency: config.currency, quantity: units, reason };
        action.run(() => correctLevel(api, "POST /stock/adjustments", body));
      }}
    >
      <h2>{office.adjust}</h2>
      <Field label={label("quantity")} hint={office.adjustHint} inputMode="numeric" value={quantity} onChange={(event) => setQuantity(event.target.value)} />
      <Field label={office.reason} value={reason} onChange={(event) => setReason(event.target.value)} maxLength={200} />
      <Button kind="primary" type="submit" disabled={!isValid || action.isRunning}>{office.confirm}</Button>
      <Result action={action} />
    </form>
  );
}
