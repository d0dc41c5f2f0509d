import type { BarcodeLayout } from "../../core/responses";
import { useShop } from "../../core/shop";
import { Button, Field, Icon } from "../../core/ui";
import { textOf } from "../form-data";
import { Notice, Result, Table } from "../parts";
import { useAction, useRecord, useTexts, versionOf } from "../use-api";

/** How the barcodes of a prefix are laid out that have a price or weight in them. Saving a prefix replaces its layout. */
export function BarcodeLayouts(): React.ReactNode {
  const { office, label } = useTexts();
  const { api, person, config } = useShop();
  const { value, etag, problem, reload } = useRecord("GET /settings/barcode-layouts", {});
  const action = useAction(reload, reload);
  const mayChange = person.scopes.includes("manage");
  const layouts = value?.layouts ?? [];
  // The request has all layouts: one that another person has set meanwhile must not be lost.
  const save = (changed: BarcodeLayout[]): void => action.run(() =>
    api.call("PUT /settings/barcode-layouts", { body: { layouts: changed }, ...versionOf(etag) }));
  return (
    <>
      <h2>{office.barcodeLayouts}</h2>
      <p className="muted">{office.barcodeLayoutsHint}</p>
      <Notice problem={problem} />
      {value !== null && (
        <Table
          caption={office.barcodeLayouts}
          columns={[
            { field: "prefix" },
            { field: "content", cell: ({ content }) => (content === "price" ? office.ofPrice : office.ofWeight) },
            { field: "item_digits", number: true },
            { field: "check_digit", cell: ({ check_digit }) => (check_digit === true ? <Icon name="check" /> : "–") },
            { field: "currency" },
            ...(mayChange ? [{
              field: "change",
              cell: ({ prefix }: Record<string, unknown>) => (
                <Button kind="quiet" aria-label={office.removeLayout(String(prefix))} onClick={() => save(layouts.filter((one) => one.prefix !== prefix))}><Icon name="cross" /></Button>
              ),
            }] : []),
          ]}
          rows={layouts.map((layout) => ({ ...layout }))}
        />
      )}
      {mayChange && value !== null && (
        <form
          className="row wrap"
          aria-label={office.barcodeLayouts}
          onSubmit={(event) => {
            event.preventDefault();
            const data = new FormData(event.currentTarget);
            const prefix = textOf(data, "prefix");
            const content = data.get("content") === "weight" ? "weight" : "price";
            const layout: BarcodeLayout = {
              prefix, content,
              item_digits: Number(data.get("item_digits")),
              check_digit: data.get("check_digit") !== null,
              currency: content === "price" ? config.currency : null,
            };
            save([...layouts.filter((one) => one.prefix !== prefix), layout]);
          }}
        >
          <Field name="prefix" label={label("prefix")} inputMode="numeric" pattern="2[0-9]" required />
          <label className="field">
            {label("content")}
            <select name="content">
              <option value="price">{office.ofPrice}</option>
              <option value="weight">{office.ofWeight}</option>
            </select>
          </label>
          <Field name="item_digits" label={label("item_digits")} type="number" min={4} max={6} defaultValue={5} required />
          <label className="choice"><input type="checkbox" name="check_digit" /> {label("check_digit")}</label>
          <Button type="submit" disabled={action.isRunning}>{office.save}</Button>
        </form>
      )}
      <Result action={action} />
    </>
  );
}
