import { Fragment, useState } from "react";
import { format } from "../../core/money";
import { useRoute } from "../../core/router";
import { useShop } from "../../core/shop";
import { day, ListPage } from "../parts";
import { useTexts, type Row } from "../use-api";

const DAY_MS = 86_400_000;
const DIMENSIONS = ["day", "sku", "category", "location", "tender", "tax"];

function dayOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}

/** Sales less returns by day or another dimension, as a chart and a table. */
export function ReportsPage(): React.ReactNode {
  const { text } = useTexts();
  const { config } = useShop();
  const dimension = useRoute().query.get("by") ?? "day";
  const [days] = useState(() => ({ first_day: dayOf(Date.now() - 29 * DAY_MS), last_day: dayOf(Date.now()) }));
  return (
    <ListPage
      page="reports"
      title={text.pages.reports}
      route="GET /reports/sales"
      fixed={{ currency: config.currency, limit: "100" }}
      columns={[
        { field: "day" }, ...(dimension === "day" ? [] : [{ field: "value" }]), { field: "sales", number: true }, { field: "units", number: true }, { field: "net", number: true },
        { field: "tax", number: true }, { field: "total", number: true }, { field: "returned_units", number: true }, { field: "returned_total", number: true },
      ]}
      filters={[
        { field: "by", options: DIMENSIONS, initial: "day" },
        { field: "first_day", type: "date", initial: days.first_day }, { field: "last_day", type: "date", initial: days.last_day },
      ]}
    >
      {(list) => <SalesChart rows={list.rows} currency={config.currency} />}
    </ListPage>
  );
}

const MOST_BARS = 31;

/** Total less returns, in minor units, by value of the dimension; by day if the rows have no value. Most first, days in order. */
export function barsOf(rows: readonly Row[]): { name: string; amount: number }[] {
  const sums = new Map<string, number>();
  for (const row of rows) {
    const name = String(row.value) === "" ? String(row.day) : String(row.value);
    sums.set(name, (sums.get(name) ?? 0) + Number(row.total) - Number(row.returned_total));
  }
  const bars = [...sums].map(([name, amount]) => ({ name, amount }));
  const byDay = rows.every((row) => row.value === "");
  bars.sort((one, other) => (byDay ? one.name.localeCompare(other.name) : other.amount - one.amount));
  return bars.slice(0, MOST_BARS);
}

const WIDTH = 1_000;

/** A bar for each value. The table below has the same numbers. */
function SalesChart({ rows, currency }: { rows: readonly Row[]; currency: string }): React.ReactNode {
  const { office, code } = useTexts();
  const bars = barsOf(rows);
  if (bars.length === 0) return null;
  const most = Math.max(1, ...bars.map(({ amount }) => amount));
  return (
    <figure className="chart" aria-label={office.chart}>
      {bars.map(({ name, amount }) => (
        <Fragment key={name}>
          <span className="muted">{/^\d{4}-\d\d-\d\d$/.test(name) ? day(name, code) : (office.values[name] ?? name)}</span>
          <svg viewBox={`0 0 ${WIDTH} 1`} preserveAspectRatio="none" aria-hidden="true"><rect width={(Math.max(0, amount) * WIDTH) / most} height={1} /></svg>
          <span className="number">{format(amount, currency, code)}</span>
        </Fragment>
      ))}
    </figure>
  );
}
