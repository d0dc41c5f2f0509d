import { useState } from "react";
import { format, parse } from "../../core/money";
import { hrefOf } from "../../core/router";
import { useShop } from "../../core/shop";
import type { Customer } from "../../core/responses";
import { Button, Dialog, Field } from "../../core/ui";
import { ListPage, Notice, RecordPage, Result } from "../parts";
import { useAction, useRecord, useTexts, versionOf } from "../use-api";
import { CustomerMerge, MergedInto } from "./customer-merge";
import { OrdersOf } from "./orders";

export function CustomersPage(): React.ReactNode {
  const { text, office } = useTexts();
  const { person } = useShop();
  const [isCreating, setCreating] = useState(false);
  return (
    <ListPage
      page="customers"
      title={text.pages.customers}
      route="GET /customers"
      columns={[{ field: "customer_id" }, { field: "name" }, { field: "email" }, { field: "phone" }]}
      linkTo={(row) => hrefOf("customers", String(row.customer_id))}
    >
      {(list) => (
        <>
          {person.scopes.includes("sell") && <Button kind="primary" onClick={() => setCreating(true)}>{office.newCustomer}</Button>}
          {isCreating && <NewCustomer onDone={list.reload} onClose={() => setCreating(false)} />}
        </>
      )}
    </ListPage>
  );
}

function NewCustomer({ onDone, onClose }: { onDone: () => void; onClose: () => void }): React.ReactNode {
  const { office } = useTexts();
  const { api } = useShop();
  const [id] = useState(() => `cus-${crypto.randomUUID().slice(0, 13)}`);
  const action = useAction(() => {
    onDone();
    onClose();
  });
  const empty = { customer_id: id, name: "", email: null, phone: null, note: "" };
  return (
    <Dialog title={office.newCustomer} onClose={onClose}>
      <CustomerForm
        customer={empty}
        isDisabled={action.isRunning}
        onSave={(fields) => action.run(() => api.call("POST /customers", { body: { customer_id: id, ...fields } }))}
      />
      <Result action={action} />
    </Dialog>
  );
}

interface CustomerFields {
  name: string;
  email: string | null;
  phone: string | null;
  note: string;
}

interface CustomerFormProps {
  customer: Customer;
  isDisabled: boolean;
  onEdit?: () => void;
  onSave: (fields: CustomerFields) => void;
}

function CustomerForm({ customer, isDisabled, onEdit, onSave }: CustomerFormProps): React.ReactNode {
  const { office, label } = useTexts();
  return (
    <form
      className="stack narrow"
      onInput={onEdit}
      onSubmit={(event) => {
        // React resets a form after its action: what a person typed would be lost by a refusal.
        event.preventDefault();
        const data = new FormData(event.currentTarget);
        const text = (name: string): string => {
          const value = data.get(name);
          return typeof value === "string" ? value.trim() : "";
        };
        onSave({ name: text("name"), email: text("email") || null, phone: text("phone") || null, note: text("note") });
      }}
    >
      <Field name="name" label={label("name")} defaultValue={customer.name} required maxLength={120} />
      <Field name="email" type="email" label={label("email")} defaultValue={customer.email ?? ""} />
      <Field name="phone" label={label("phone")} defaultValue={customer.phone ?? ""} />
      <Field name="note" label={label("note")} defaultValue={customer.note} />
      <Button kind="primary" type="submit" disabled={isDisabled}>{office.save}</Button>
    </form>
  );
}

export function CustomerPage({ id }: { id: string }): React.ReactNode {
  const { office } = useTexts();
  const { api, person } = useShop();
  const { value: customer, etag, problem, reload } = useRecord("GET /customers/{customer_id}", { customer_id: id });
  // The version whose fields a person has begun to change: what is typed stays when another person saves the customer.
  const [edited, setEdited] = useState<{ customer: Customer; etag: string | null } | null>(null);
  const action = useAction(() => {
    setEdited(null);
    reload();
  }, reload);
  const version = edited === null ? etag : edited.etag;
  return (
    <RecordPage page="customers" title={customer?.name ?? id} problem={problem} isLoading={customer === null}>
      {customer !== null && (
        <>
          {customer.merged_into !== null && <MergedInto survivorId={customer.merged_into} mergeId={customer.merge_id ?? ""} />}
          <CustomerForm
            key={version}
            customer={edited?.customer ?? customer}
            onEdit={() => setEdited((before) => before ?? { customer, etag })}
            isDisabled={action.isRunning || customer.merged_into !== null || !person.scopes.includes("sell")}
            onSave={(fields) => action.run(() =>
              api.call("PATCH /customers/{customer_id}", { path: { customer_id: id }, body: fields, ...versionOf(version) }))}
          />
          {version !== etag && (
            <div role="alert" className="notice bad row spread">
              {office.changed} <Button onClick={() => setEdited(null)}>{office.showCurrent}</Button>
            </div>
          )}
          {action.problem?.status !== 409 && <Result action={action} />}
          <Credit id={id} />
          {customer.merged_into === null && person.scopes.includes("manage") && <CustomerMerge customer={customer} onDone={reload} />}
          <OrdersOf customerId={id} />
        </>
      )}
    </RecordPage>
  );
}

function Credit({ id }: { id: string }): React.ReactNode {
  const { office, label, code } = useTexts();
  const { api, config, person } = useShop();
  const { value, problem, reload } = useRecord("GET /customers/{customer_id}/credit", { customer_id: id });
  const [amount, setAmount] = useState("");
  const [reason, setReason] = useState("");
  const [grantId, setGrantId] = useState(() => crypto.randomUUID());
  const action = useAction(() => {
    setGrantId(crypto.randomUUID());
    setAmount("");
    reload();
  });
  const minor = parse(amount, config.currency);
  return (
    <>
      <h2>{office.credit}</h2>
      <Notice problem={problem} />
      <p>{Object.entries(value?.balances ?? {}).map(([currency, balance]) => format(balance, currency, code)).join(", ") || "–"}</p>
      {person.scopes.includes("manage") && (
        <form
          className="row wrap"
          onSubmit={(event) => {
            event.preventDefault();
            const body = { grant_id: grantId, currency: config.currency, amount: minor, reason };
            action.run(() => api.call("POST /customers/{customer_id}/credit", { path: { customer_id: id }, body }));
          }}
        >
          <Field label={label("amount")} inputMode="decimal" value={amount} onChange={(event) => setAmount(event.target.value)} />
          <Field label={office.reason} value={reason} onChange={(event) => setReason(event.target.value)} maxLength={200} />
          <Button type="submit" disabled={action.isRunning || minor === null || minor === 0 || reason.trim() === ""}>{office.grantCredit}</Button>
        </form>
      )}
      <Result action={action} />
    </>
  );
}
