import { Fragment, useState } from "react";
import { format } from "../../core/money";
import { useRoute } from "../../core/router";
import { useShop } from "../../core/shop";
import { day, ListPage } from "../parts";
import { useTexts, type Row } from "../use-api";

const DAY_MS = 86_400_000;
/** What a row shows whose products have no category. */
const NO_VALUE = "–";
const DIMENSIONS = ["day", "sku", "category", "location", "tender", "tax"];

/** A day in UTC, as the API counts sales, whatever the shop's time zone. */
function dayOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}

/** Sales less returns by day or another dimension, as a chart and a table. */
export function ReportsPage(): React.ReactNode {
  const { text, office } = useTexts();
  const { config } = useShop();
  const dimension = useRoute().query.get("by") ?? "day";
  const [days] = useState(() => ({ first_day: dayOf(Date.now() - 29 * DAY_MS), last_day: dayOf(Date.now()) }));
  const valueOf = ({ value }: Row): string => (dimension === "tender" ? office.values[String(value)] : undefined) ?? (String(value) || NO_VALUE);
  return (
    <ListPage
      page="reports"
      title={text.pages.reports}
      route="GET /reports/sales"
      fixed={{ currency: config.currency, limit: "100" }}
      hasUtcDays
      columns={[
        { field: "day" }, ...(dimension === "day" ? [] : [{ field: "value", cell: valueOf }]), ...columnsOf(dimension).map((field) => ({ field, number: true })),
      ]}
      filters={[
        { field: "by", options: DIMENSIONS, initial: "day" },
        { field: "first_day", type: "date", initial: days.first_day, label: office.firstUtcDay },
        { field: "last_day", type: "date", initial: days.last_day, label: office.lastUtcDay },
      ]}
    >
      {(list) => (
        <>
          {config.time_zone !== "UTC" && <p className="muted">{office.utcDays(config.time_zone)}</p>}
          <SalesChart rows={list.rows} byDay={dimension === "day"} currency={config.currency} />
        </>
      )}
    </ListPage>
  );
}

/** The figures that the API counts by a dimension: sales by day and location alone, of a tender what it paid and got back. */
function columnsOf(dimension: string): string[] {
  if (dimension === "tender") return ["total", "returned_total"];
  const sales = dimension === "day" || dimension === "location" ? ["sales"] : [];
  return [...sales, "units", "net", "tax", "total", "returned_units", "returned_total"];
}

const MOST_BARS = 31;

/** Total less returns, in minor units, by day, or by value of the dimension, "–" for none. Most first, days in order. */
export function barsOf(rows: readonly Row[], byDay: boolean): { name: string; amount: number }[] {
  const sums = new Map<string, number>();
  for (const row of rows) {
    const name = byDay ? String(row.day) : String(row.value) || NO_VALUE;
    sums.set(name, (sums.get(name) ?? 0) + Number(row.total) - Number(row.returned_total));
  }
  const bars = [...sums].map(([name, amount]) => ({ name, amount }));
  bars.sort((one, other) => (byDay ? one.name.localeCompare(other.name) : other.amount - one.amount));
  return bars.slice(0, MOST_BARS);
}

const WIDTH = 1_000;

/** A bar for each value. The table below has the same numbers. */
function SalesChart({ rows, byDay, currency }: { rows: readonly Row[]; byDay: boolean; currency: string }): React.ReactNode {
  const { office, code } = useTexts();
  const bars = barsOf(rows, byDay);
  if (bars.length === 0) return null;
  const most = Math.max(1, ...bars.map(({ amount }) => amount));
  return (
    <figure className="chart" aria-label={office.chart}>
      {bars.map(({ name, amount }) => (
        <Fragment key={name}>
          <span className="muted">{byDay ? day(name, code) : (office.values[name] ?? name)}</span>
          <svg viewBox={`0 0 ${WIDTH} 1`} preserveAspectRatio="none" aria-hidden="true"><rect width={(Math.max(0, amount) * WIDTH) / most} height={1} /></svg>
          <span className="number">{format(amount, currency, code)}</span>
        </Fragment>
      ))}
    </figure>
  );
}
