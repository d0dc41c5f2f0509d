import { useState } from "react";
import type { DiscountLimit, Seller } from "../../core/responses";
import { format, parse, plain } from "../../core/money";
import { useShop } from "../../core/shop";
import { Button, Field } from "../../core/ui";
import { textOf } from "../form-data";
import { Notice, Result, Table } from "../parts";
import { useAction, useRecord, useTexts, versionOf } from "../use-api";
import { BarcodeLayouts } from "./barcode-layouts";
import { Categories } from "./categories";
import { TaxClasses } from "./tax-classes";

const FIELDS: readonly { name: keyof Seller; isRequired?: boolean; pattern?: string }[] = [
  { name: "name", isRequired: true }, { name: "street", isRequired: true }, { name: "postal_code" }, { name: "city", isRequired: true },
  { name: "country", isRequired: true, pattern: "[A-Z]{2}" }, { name: "vat_id" }, { name: "registration" }, { name: "email" }, { name: "footer" },
];
/** The version of what is not set yet. */
const NEW = '"0"';
const NO_SELLER: Seller = { name: "", street: "", postal_code: "", city: "", country: "", vat_id: null, registration: "", email: "", footer: "" };

/** The shop as it is printed on documents, and what the deployment has set. */
export function SettingsPage(): React.ReactNode {
  const { text, office, label, code } = useTexts();
  const { config, person } = useShop();
  const { value, etag, problem, reload } = useRecord("GET /settings/seller", {});
  const isUnset = problem?.title === "SellerNotSet";
  return (
    <section className="panel">
      <h1>{text.pages.settings}</h1>
      <h2>{office.seller}</h2>
      {isUnset ? <p className="notice">{office.sellerUnset}</p> : <Notice problem={problem} />}
      {value === null && problem === null && <p className="muted">{text.loading}</p>}
      {(value !== null || isUnset) && (
        <SellerForm seller={value ?? NO_SELLER} version={etag ?? NEW} isReadOnly={!person.scopes.includes("manage")} onDone={reload} />
      )}
      <Categories />
      <TaxClasses />
      <BarcodeLayouts />
      <ReturnWindows />
      <DiscountLimits />
      <h2>{office.deployment}</h2>
      <dl className="fields">
        <div><dt>{label("currency")}</dt><dd>{config.currency}</dd></div>
        <div><dt>{office.offlineLimit}</dt><dd>{format(config.offline_limit, config.currency, code)}</dd></div>
        <div>
          <dt>{office.cardProviders}</dt>
          <dd>{Object.entries(config.card_providers).map(([place, provider]) => (place === "" ? provider : `${place}: ${provider}`)).join(", ")}</dd>
        </div>
      </dl>
      <p className="muted">{office.deploymentHint}</p>
    </section>
  );
}

/** The days in which each category of products can be returned. Orders that are sold keep theirs. */
function ReturnWindows(): React.ReactNode {
  const { office, label } = useTexts();
  const { api } = useShop();
  const { value, problem, reload } = useRecord("GET /settings/return-windows", {});
  const priceDays = useRecord("GET /settings/price-days", {});
  const showAgain = (): void => {
    reload();
    priceDays.reload();
  };
  const action = useAction(showAgain, showAgain);
  return (
    <>
      <h2>{office.returnWindows}</h2>
      <Notice problem={problem ?? priceDays.problem} />
      {value !== null && (
        <Table
          caption={office.returnWindows}
          columns={[{ field: "category" }, { field: "days", number: true }]}
          rows={value.map(({ category, days }) => ({ category: category === "" ? office.anyOther : category, days }))}
        />
      )}
      <form
        className="row wrap"
        aria-label={office.returnWindows}
        onSubmit={(event) => {
          event.preventDefault();
          const data = new FormData(event.currentTarget);
          const body = { category: textOf(data, "category"), days: Number(textOf(data, "days")) };
          action.run(() => api.call("PUT /settings/return-windows", { body }));
        }}
      >
        <Field name="category" label={label("category")} hint={office.categoryHint} maxLength={60} />
        <Field name="days" label={label("days")} type="number" min={0} max={3650} required />
        <Button type="submit" disabled={action.isRunning}>{office.save}</Button>
      </form>
      {priceDays.value !== null && (
        <form
          key={priceDays.value.days}
          className="row wrap"
          onSubmit={(event) => {
            event.preventDefault();
            const days = Number(textOf(new FormData(event.currentTarget), "price_days"));
            action.run(() => api.call("PUT /settings/price-days", { body: { days }, ...versionOf(priceDays.etag) }));
          }}
        >
          <Field name="price_days" label={office.priceDays} type="number" min={0} max={3650} defaultValue={priceDays.value.days} required />
          <Button type="submit" disabled={action.isRunning}>{office.save}</Button>
        </form>
      )}
      <Result action={action} />
    </>
  );
}

const ROLES = ["cashier", "manager"] as const;

/** What a cashier may take off a sale, and a manager by an approval. That of managers is set by an operator. */
function DiscountLimits(): React.ReactNode {
  const { office } = useTexts();
  const { person } = useShop();
  const { value, etag, problem, reload } = useRecord("GET /settings/discount-limits", {});
  const mayChange = { cashier: person.scopes.includes("manage"), manager: person.groups.includes("operator") };
  return (
    <>
      <h2>{office.discountLimits}</h2>
      <p className="muted">{office.discountLimitsHint}</p>
      <Notice problem={problem} />
      {value !== null && ROLES.map((role) => (
        <LimitForm key={role} role={role} limit={value[role]} etag={etag} isReadOnly={!mayChange[role]} onDone={reload} />
      ))}
    </>
  );
}

interface LimitFormProps {
  role: (typeof ROLES)[number];
  limit: DiscountLimit;
  etag: string | null;
  isReadOnly: boolean;
  onDone: () => void;
}

function LimitForm({ role, limit, etag, isReadOnly, onDone }: LimitFormProps): React.ReactNode {
  const { office } = useTexts();
  const { api, config: { currency } } = useShop();
  const [wrong, setWrong] = useState(false);
  const action = useAction(onDone, onDone);
  const amount = limit.amounts[currency];
  return (
    <section className="stack narrow">
      <h3>{office.roles[role]}</h3>
      <form
        key={JSON.stringify(limit)}
        className="stack"
        aria-label={office.roles[role]}
        onSubmit={(event) => {
          event.preventDefault();
          const data = new FormData(event.currentTarget);
          const typed = textOf(data, "amount");
          const most = typed === "" ? null : parse(typed, currency);
          setWrong(typed !== "" && most === null);
          if (typed !== "" && most === null) return;
          const others = Object.fromEntries(Object.entries(limit.amounts).filter(([name]) => name !== currency));
          const body = { percent: textOf(data, "percent").replace(",", "."), amounts: most === null ? others : { ...others, [currency]: most } };
          action.run(() => api.call("PUT /settings/discount-limits/{role}", { path: { role }, body, ...versionOf(etag) }));
        }}
      >
        <div className="row wrap">
          <Field name="percent" label={office.mostPercent} inputMode="decimal" pattern="[0-9]{1,3}([.,][0-9]{1,4})?" defaultValue={limit.percent} required disabled={isReadOnly} />
          <Field
            name="amount"
            label={`${office.mostAmount} (${currency})`}
            hint={office.mostAmountHint}
            inputMode="decimal"
            defaultValue={amount === undefined ? "" : plain(amount, currency)}
            disabled={isReadOnly}
          />
        </div>
        {!isReadOnly && <div className="row"><Button type="submit" disabled={action.isRunning}>{office.save}</Button></div>}
        {wrong && <p role="alert" className="notice bad">{office.amountWrong}</p>}
      </form>
      <Result action={action} />
    </section>
  );
}

function SellerForm({ seller, version, isReadOnly, onDone }: { seller: Seller; version: string; isReadOnly: boolean; onDone: () => void }): React.ReactNode {
  const { office, label } = useTexts();
  const { api } = useShop();
  const action = useAction(onDone, onDone);
  return (
    <form
      className="stack narrow"
      onSubmit={(event) => {
        event.preventDefault();
        const data = new FormData(event.currentTarget);
        const body = { ...Object.fromEntries(FIELDS.map(({ name }) => [name, textOf(data, name)])), vat_id: textOf(data, "vat_id") || null };
        action.run(() => api.call("PUT /settings/seller", { body, version }));
      }}
    >
      {FIELDS.map(({ name, isRequired, pattern }) => (
        <Field
          key={`${name}=${seller[name] ?? ""}`}
          name={name}
          label={office.sellerFields[name] ?? label(name)}
          defaultValue={seller[name] ?? ""}
          required={isRequired === true}
          disabled={isReadOnly}
          maxLength={200}
          {...(pattern === undefined ? {} : { pattern })}
        />
      ))}
      {!isReadOnly && <Button kind="primary" type="submit" disabled={action.isRunning}>{office.save}</Button>}
      <Result action={action} />
    </form>
  );
}
