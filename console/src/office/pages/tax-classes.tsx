import { useShop } from "../../core/shop";
import { Button, Field } from "../../core/ui";
import { textOf } from "../form-data";
import { Notice, Result, Table } from "../parts";
import { useAction, useRecord, useTexts } from "../use-api";

/** The tax classes of products with their rates. Saving a class that exists sets its rate from now on. */
export function TaxClasses(): React.ReactNode {
  const { office, label } = useTexts();
  const { api, person } = useShop();
  const { value, problem, reload } = useRecord("GET /settings/tax-classes", {});
  const action = useAction(reload);
  return (
    <>
      <h2>{office.taxClasses}</h2>
      <p className="muted">{office.taxClassesHint}</p>
      <Notice problem={problem} />
      {value !== null && (
        <Table caption={office.taxClasses} columns={[{ field: "tax_class" }, { field: "percent", number: true }]} rows={value.map((one) => ({ ...one }))} />
      )}
      {person.scopes.includes("manage") && (
        <form
          className="row wrap"
          aria-label={office.taxClasses}
          onSubmit={(event) => {
            event.preventDefault();
            const data = new FormData(event.currentTarget);
            const body = { percent: textOf(data, "percent").replace(",", ".") };
            action.run(() => api.call("PUT /settings/tax-classes/{tax_class}", { path: { tax_class: textOf(data, "tax_class") }, body }));
          }}
        >
          <Field name="tax_class" label={label("tax_class")} maxLength={64} required />
          <Field name="percent" label={label("percent")} inputMode="decimal" pattern="[0-9]{1,3}([.,][0-9]{1,4})?" required />
          <Button type="submit" disabled={action.isRunning}>{office.save}</Button>
        </form>
      )}
      <Result action={action} />
    </>
  );
}
