import type { TaxClass } from "../../core/responses";
import { useShop } from "../../core/shop";
import { Button, Field } from "../../core/ui";
import { startOfDay } from "../days";
import { textOf } from "../form-data";
import { Notice, Result, Table } from "../parts";
import { useAction, useRecord, useTexts } from "../use-api";

/** The tax classes of products with their rates. Saving a class that exists sets its rate, now or from a day on. */
export function TaxClasses(): React.ReactNode {
  const { office, label, date } = useTexts();
  const { api, config, person } = useShop();
  const { value, problem, reload } = useRecord("GET /settings/tax-classes", {});
  const action = useAction(reload);
  const mayManage = person.scopes.includes("manage");
  const changesOf = ({ changes }: TaxClass): string =>
    changes.map((change) => office.rateFrom(change.percent, date(change.valid_from))).join(", ") || "–";
  const retire = ({ tax_class, retired }: TaxClass): React.ReactNode => (
    <Button
      disabled={action.isRunning}
      aria-label={`${retired ? office.useAgain : office.retire} ${tax_class}`}
      onClick={() => action.run(() => api.call("PUT /settings/tax-classes/{tax_class}/retired", { path: { tax_class }, body: { retired: !retired } }))}
    >
      {retired ? office.useAgain : office.retire}
    </Button>
  );
  const rows = (value ?? []).map((one) => ({
    tax_class: one.tax_class,
    percent: one.percent,
    changes: changesOf(one),
    retired: one.retired ? office.retired : "–",
    actions: mayManage ? retire(one) : null,
  }));
  return (
    <>
      <h2>{office.taxClasses}</h2>
      <p className="muted">{office.taxClassesHint}</p>
      <Notice problem={problem} />
      {value !== null && (
        <Table
          caption={office.taxClasses}
          columns={[
            { field: "tax_class" },
            { field: "percent", number: true },
            { field: "changes" },
            { field: "retired" },
            ...(mayManage ? [{ field: "actions", cell: (row: Record<string, unknown>) => row.actions as React.ReactNode }] : []),
          ]}
          rows={rows}
        />
      )}
      {mayManage && (
        <form
          className="row wrap"
          aria-label={office.taxClasses}
          onSubmit={(event) => {
            event.preventDefault();
            const data = new FormData(event.currentTarget);
            const day = textOf(data, "valid_from");
            const body = {
              percent: textOf(data, "percent").replace(",", "."),
              ...(day === "" ? {} : { valid_from: startOfDay(day, config.time_zone) }),
            };
            action.run(() => api.call("PUT /settings/tax-classes/{tax_class}", { path: { tax_class: textOf(data, "tax_class") }, body }));
          }}
        >
          <Field name="tax_class" label={label("tax_class")} maxLength={64} required />
          <Field name="percent" label={label("percent")} inputMode="decimal" pattern="[0-9]{1,3}([.,][0-9]{1,4})?" required />
          <Field name="valid_from" label={label("valid_from")} type="date" />
          <Button type="submit" disabled={action.isRunning}>{office.save}</Button>
        </form>
      )}
      <Result action={action} />
    </>
  );
}
