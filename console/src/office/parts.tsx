/** Parts of back-office pages: a filtered list, fields of a record, a table, the result of a change. */

import { useState, type ReactNode } from "react";
import type { Problem } from "../core/api";
import { format } from "../core/money";
import type { Responses } from "../core/responses";
import { hrefOf, useRoute } from "../core/router";
import { useShop } from "../core/shop";
import { Button, Field, Icon } from "../core/ui";
import { timesOf } from "./days";
import { MOST_ROWS, useList, useTexts, type ActionView, type ListView, type Row } from "./use-api";

export interface Column {
  field: string;
  cell?: (row: Row) => ReactNode;
  number?: boolean;
}

export interface Filter {
  field: string;
  options?: readonly string[];
  type?: "text" | "date";
  /** The value while the address has none. */
  initial?: string;
  /** Its label, that of the field unless given. */
  label?: string;
}

const GOOD = new Set(["PAID", "COMPLETED", "DELIVERED", "ACKNOWLEDGED", "captured", "READY", "SUCCEEDED", "RESOLVED", "CLOSED", "MATCHED", "ISSUED"]);
const BAD = new Set([
  "REFUSED", "SILENT", "RETURNED", "REJECTED", "FAILED", "TIMED_OUT", "ABORTED", "CANCELLED", "VOID", "declined", "capture_refused", "refund_failed",
]);

/** A status: a sign and a word, so that it does not depend on its colour. */
export function Status({ value }: { value: unknown }): ReactNode {
  const { office } = useTexts();
  const text = typeof value === "string" ? value : "";
  const kind = GOOD.has(text) ? "good" : BAD.has(text) ? "bad" : "open";
  return (
    <span className={`status ${kind}`}>
      <Icon name={({ good: "check", bad: "cross", open: "dot" } as const)[kind]} /> {office.values[text] ?? text}
    </span>
  );
}

/** Fields of sentences: their column is wide enough to read them. */
const LONG = new Set(["cause", "sentence", "accepted"]);

/** Fields whose values are words of the API, which are shown in the language of the page. */
const WORDS = new Set(["type", "kind", "decision", "asked", "group", "side"]);

/** A day such as 2026-01-31, which has no time zone. */
export function day(iso: string, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(iso));
}

/** The message of an error's cause, which is a document where a function has failed; its stack is in the execution. */
export function causeText(cause: string): string {
  try {
    const { errorMessage: message } = JSON.parse(cause) as { errorMessage?: unknown };
    return typeof message === "string" && message !== "" ? message : cause;
  } catch {
    return cause;
  }
}

/** The text of a field: a date, an amount in the row's currency, a status, or the value itself. */
export function useCell(): (row: Row, field: string) => ReactNode {
  const { date, code, office, problem } = useTexts();
  return (row, field) => {
    const value = row[field];
    if (value === null || value === undefined || value === "") return "–";
    if (field === "status" || field === "state") return <Status value={value} />;
    if (/_at$|^at$|^started$/.test(field)) return <time>{date(typeof value === "string" ? value : null)}</time>;
    if (/_on$|^day$/.test(field) && typeof value === "string") return day(value, code);
    if (WORDS.has(field) && typeof value === "string") return office.values[value] ?? value;
    if (AMOUNTS.has(field) && typeof value === "number" && typeof row.currency === "string") return format(value, row.currency, code);
    // The name of an error, a word of the API, or a text.
    if (field === "reason" && typeof value === "string") return office.values[value] ?? problem(value, value);
    if (field === "cause" && typeof value === "string") return <span lang="en">{causeText(value)}</span>;
    // The name by which the list of executions has it.
    if (field === "workflow" && typeof value === "string") return value.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (typeof value === "string" || typeof value === "number") return value;
    return JSON.stringify(value);
  };
}

const AMOUNTS = new Set([
  "total", "returned_total", "amount", "captured", "refunded", "stock_value", "cost", "owed", "unit_cost", "paid", "credited", "outstanding", "tax", "net", "unit_price", "discount", "ordered_value",
]);

const MOST_FIELDS = 5;

/** A value as the message of a field shows it; "" of one that is missing. */
function shownValue(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The name of a field by its path: "quantity" of lines[2].quantity, "lines" of lines[2]. */
function nameOf(path: string): string {
  return (path.split(".").at(-1) ?? path).replace(/\[[^\]]*\]$/, "");
}

export function Notice({ problem }: { problem: Problem | null }): ReactNode {
  const { problem: sentence, label, accepted: acceptedText, code, office } = useTexts();
  if (problem === null) return null;
  const wrong = problem.fields.slice(0, MOST_FIELDS).map(({ field, value, accepted }) => (
    office.wrongField(label(nameOf(field)), shownValue(value), acceptedText(accepted))
  ));
  return (
    <div role="alert" className="notice bad">
      {sentence(problem.title, problem.cashierMessage)}{" "}
      {wrong.map((text, index) => <strong key={index}>{text} </strong>)}
      {problem.fields.length > MOST_FIELDS && <strong>{office.moreFields(problem.fields.length - MOST_FIELDS)} </strong>}
      {wrong.length > 0 || code === "en" ? (
        <small>{problem.title}{wrong.length === 0 && `: ${problem.message}`}</small>
      ) : (
        // The API's own sentence, which is in English.
        <details>
          <summary>{office.details}</summary>
          <small lang="en">{problem.title}: {problem.message}</small>
        </details>
      )}
    </div>
  );
}

export function Result({ action }: { action: ActionView }): ReactNode {
  const { office } = useTexts();
  return (
    <>
      <Notice problem={action.problem} />
      {action.isDone && <p role="status" className="notice">{office.done}</p>}
    </>
  );
}

export function Table({ columns, rows, caption, linkTo }: { columns: readonly Column[]; rows: readonly Row[]; caption: string; linkTo?: (row: Row) => string }): ReactNode {
  const { label, office } = useTexts();
  const cell = useCell();
  if (rows.length === 0) return <p className="muted">{office.none}</p>;
  return (
    // A wide table scrolls by keyboard too.
    <div className="scroll" role="region" aria-label={caption} tabIndex={0}>
      <table>
        <thead>
          <tr>{columns.map(({ field, number }) => <th key={field} scope="col" className={number === true ? "number" : undefined}>{label(field)}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {columns.map(({ field, cell: own, number }, position) => {
                const content = own === undefined ? cell(row, field) : own(row);
                return (
                  <td key={field} className={number === true ? "number" : LONG.has(field) ? "long" : undefined}>
                    {position === 0 && linkTo !== undefined ? <a href={linkTo(row)}>{content}</a> : content}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Fields({ row, fields }: { row: Row; fields: readonly string[] }): ReactNode {
  const { label } = useTexts();
  const cell = useCell();
  return (
    <dl className="fields">
      {fields.filter((field) => row[field] !== null && row[field] !== undefined && row[field] !== "").map((field) => (
        <div key={field}><dt>{label(field)}</dt><dd>{cell(row, field)}</dd></div>
      ))}
    </dl>
  );
}

interface ListPageProps {
  page: string;
  title: string;
  route: keyof Responses;
  columns: readonly Column[];
  filters?: readonly Filter[];
  fixed?: Record<string, string>;
  /** Whether the API counts the rows by days in UTC; it takes the times of the shop's days otherwise. */
  hasUtcDays?: boolean;
  linkTo?: (row: Row) => string;
  children?: (list: ListView) => ReactNode;
}

/** A list whose filters are in the address, so that it can be linked to. */
export function ListPage({ page, title, route, columns, filters = [], fixed = {}, hasUtcDays = false, linkTo, children }: ListPageProps): ReactNode {
  const { query } = useRoute();
  const { office, text } = useTexts();
  const { config } = useShop();
  const values = Object.fromEntries(filters.map(({ field, initial }) => [field, query.get(field) ?? initial ?? ""]));
  const wanted = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
  const list = useList(route, { ...fixed, ...(hasUtcDays ? wanted : timesOf(wanted, config.time_zone)) });
  const set = (field: string, value: string): void => {
    location.assign(hrefOf(page, "", { ...values, [field]: value }));
  };
  return (
    <section className="panel">
      <div className="row spread">
        <h1>{title}</h1>
        <Button onClick={list.reload}>{office.reload}</Button>
      </div>
      {filters.length > 0 && <FilterForm key={JSON.stringify(values)} filters={filters} values={values} onSet={set} />}
      {children?.(list)}
      <Notice problem={list.problem} />
      {list.rows.length > 0 && <Table columns={columns} rows={list.rows} caption={title} {...(linkTo === undefined ? {} : { linkTo })} />}
      {list.isLoading && <p className="muted">{text.loading}</p>}
      {!list.isLoading && list.rows.length === 0 && list.problem === null && <p className="empty">{list.more === null ? office.none : office.noneYet}</p>}
      <More list={list} />
    </section>
  );
}

/** Read further rows of a list, or, where the first ones are left out, the list from its start. */
export function More({ list }: { list: ListView }): ReactNode {
  const { office } = useTexts();
  return (
    <div className="row wrap actions">
      {list.more !== null && <Button onClick={list.more}>{office.more}</Button>}
      {list.isCut && (
        <>
          <Button onClick={list.reload}>{office.fromStart}</Button>
          <small>{office.leftOut(MOST_ROWS)}</small>
        </>
      )}
    </div>
  );
}

function FilterForm({ filters, values, onSet }: { filters: readonly Filter[]; values: Record<string, string>; onSet: (field: string, value: string) => void }): ReactNode {
  const { office, label } = useTexts();
  return (
    <form className="row wrap filters" role="search" aria-label={office.filter} onSubmit={(event) => event.preventDefault()}>
      {filters.map(({ field, options, type, initial, label: text }) => (
        <label key={field} className="field">
          {text ?? label(field)}
          {options === undefined ? (
            <input
              type={type ?? "text"}
              defaultValue={values[field]}
              onBlur={(event) => { if (event.target.value !== values[field]) onSet(field, event.target.value.trim()); }}
              onKeyDown={(event) => { if (event.key === "Enter") onSet(field, event.currentTarget.value.trim()); }}
            />
          ) : (
            <select value={values[field]} onChange={(event) => onSet(field, event.target.value)}>
              {initial === undefined && <option value="">{office.all}</option>}
              {options.map((option) => <option key={option} value={option}>{office.values[option] ?? option}</option>)}
            </select>
          )}
        </label>
      ))}
    </form>
  );
}

/** A field for the reason of a change, and the button that makes it; it needs a reason. */
export function ReasonForm({ label, action, onConfirm }: { label: string; action: ActionView; onConfirm: (reason: string) => Promise<unknown> }): ReactNode {
  const { office } = useTexts();
  const [reason, setReason] = useState("");
  return (
    <form
      className="row"
      onSubmit={(event) => {
        event.preventDefault();
        action.run(() => onConfirm(reason.trim()));
      }}
    >
      <Field label={office.reason} value={reason} onChange={(event) => setReason(event.target.value)} maxLength={200} required className="grow" />
      <Button kind="danger" type="submit" disabled={action.isRunning || reason.trim() === ""}>{label}</Button>
    </form>
  );
}

/** A record's page: back to its list, a title, and what follows. */
export function RecordPage({ page, title, problem, isLoading, children }: { page: string; title: string; problem: Problem | null; isLoading: boolean; children: ReactNode }): ReactNode {
  const { office, text } = useTexts();
  return (
    <section className="panel">
      <p className="crumb"><a href={hrefOf(page)}><Icon name="back" /> {office.back}</a></p>
      <h1>{title}</h1>
      <Notice problem={problem} />
      {isLoading && problem === null && <p className="muted">{text.loading}</p>}
      {children}
    </section>
  );
}
