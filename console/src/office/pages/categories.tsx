import { useShop } from "../../core/shop";
import { Button, Field } from "../../core/ui";
import { textOf } from "../form-data";
import { More, Notice, Result, Table } from "../parts";
import { useAction, useList, useTexts } from "../use-api";

/** The categories of products. Saving a code that exists renames it; a retired one gets no further product. */
export function Categories(): React.ReactNode {
  const { office, label } = useTexts();
  const { api, person } = useShop();
  const list = useList("GET /categories", {});
  const action = useAction(list.reload);
  return (
    <>
      <h2>{office.categories}</h2>
      <Notice problem={list.problem} />
      <Table
        caption={office.categories}
        columns={[{ field: "category" }, { field: "name" }, { field: "retired", cell: ({ retired }) => (retired === true ? office.retired : "–") }]}
        rows={list.rows}
      />
      <More list={list} />
      {person.scopes.includes("manage") && (
        <form
          className="row wrap"
          aria-label={office.categories}
          onSubmit={(event) => {
            event.preventDefault();
            const data = new FormData(event.currentTarget);
            const category = textOf(data, "category");
            const body = { category, name: textOf(data, "name"), retired: data.get("retired") !== null };
            action.run(() => api.call("PUT /categories/{category}", { path: { category }, body }));
          }}
        >
          <Field name="category" label={label("category")} pattern="[A-Za-z0-9][A-Za-z0-9._\-]{0,59}" required />
          <Field name="name" label={label("name")} maxLength={120} required />
          <label className="choice"><input type="checkbox" name="retired" /> {office.retired}</label>
          <Button type="submit" disabled={action.isRunning}>{office.save}</Button>
        </form>
      )}
      <Result action={action} />
    </>
  );
}
