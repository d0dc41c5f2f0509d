import { useState } from "react";
import { useShop } from "../../core/shop";
import { Button, Field } from "../../core/ui";
import { ListPage, Result } from "../parts";
import { useAction, useTexts, type Row } from "../use-api";

const GROUPS = ["cashier", "manager", "operator"];

/** Who may sign in, and what they may do. */
export function UsersPage(): React.ReactNode {
  const { text, office } = useTexts();
  const [isCreating, setCreating] = useState(false);
  const [generation, setGeneration] = useState(0);
  const reload = (): void => setGeneration((before) => before + 1);
  return (
    <ListPage
      key={generation}
      page="users"
      title={text.pages.users}
      route="GET /users"
      columns={[
        { field: "username" }, { field: "location" },
        { field: "group", cell: (row) => <GroupChoice row={row} onDone={reload} /> },
        { field: "status", cell: (row) => <AccessChoice row={row} onDone={reload} /> },
      ]}
    >
      {() => (isCreating
        ? <NewUser onDone={reload} />
        : <Button kind="primary" onClick={() => setCreating(true)}>{office.newUser}</Button>)}
    </ListPage>
  );
}

function GroupChoice({ row, onDone }: { row: Row; onDone: () => void }): React.ReactNode {
  const { office, label } = useTexts();
  const { api, person } = useShop();
  const action = useAction(onDone);
  const username = String(row.username);
  return (
    <>
      <select
        aria-label={`${label("group")}: ${username}`}
        value={String(row.group)}
        disabled={action.isRunning || username === person.username}
        onChange={(event) => {
          const body = { group: event.target.value };
          action.run(() => api.call("PUT /users/{username}/group", { path: { username }, body }));
        }}
      >
        {GROUPS.map((group) => <option key={group} value={group}>{office.values[group]}</option>)}
      </select>
      <Result action={action} />
    </>
  );
}

function AccessChoice({ row, onDone }: { row: Row; onDone: () => void }): React.ReactNode {
  const { office } = useTexts();
  const { api, person } = useShop();
  const action = useAction(onDone);
  const username = String(row.username);
  const isEnabled = row.enabled === true;
  return (
    <div className="row actions">
      {isEnabled ? office.enabled : office.disabled}
      <Button
        kind={isEnabled ? "danger" : "plain"}
        disabled={action.isRunning || username === person.username}
        aria-label={`${isEnabled ? office.disable : office.enable}: ${username}`}
        onClick={() => action.run(() => api.call("PUT /users/{username}/access", { path: { username }, body: { enabled: !isEnabled } }))}
      >
        {isEnabled ? office.disable : office.enable}
      </Button>
      <Result action={action} />
    </div>
  );
}

function NewUser({ onDone }: { onDone: () => void }): React.ReactNode {
  const { office, label } = useTexts();
  const { api } = useShop();
  const action = useAction(onDone);
  return (
    <form
      className="stack narrow"
      aria-label={office.newUser}
      onSubmit={(event) => {
        event.preventDefault();
        const data = new FormData(event.currentTarget);
        action.run(() => api.call("POST /users", { body: Object.fromEntries(data) }));
      }}
    >
      <h2>{office.newUser}</h2>
      <Field name="username" label={label("username")} pattern="[A-Za-z0-9][A-Za-z0-9._\-]*" required maxLength={64} />
      <label className="field">
        {label("group")}
        <select name="group">{GROUPS.map((group) => <option key={group} value={group}>{office.values[group]}</option>)}</select>
      </label>
      <Field name="location" label={label("location")} hint={office.userLocationHint} maxLength={64} />
      <Field name="password" type="password" autoComplete="new-password" label={office.password} hint={office.passwordHint} required minLength={12} />
      <Button kind="primary" type="submit" disabled={action.isRunning}>{office.save}</Button>
      <Result action={action} />
    </form>
  );
}
