/** The table of events: virtualised, filtered by text, state, type or error. */

import { html } from "./dom.js";
import { duration, toMillis } from "./format.js";
import type { Messages } from "./messages.js";
import type { Execution } from "./model.js";
import type { Select, Selected, View } from "./selection.js";
import type { HistoryEvent } from "./types.js";
import { detailsOf } from "./visits.js";
import { VirtualList } from "./virtual-list.js";

const ROW = 24;

export interface EventTable extends View {
  focusSearch(): void;
}

export function eventTable(execution: Execution, select: Select, messages: Messages): EventTable {
  const search = html("input", {
    type: "search",
    placeholder: messages.searchHint,
    "aria-label": messages.searchEvents,
  });
  const count = html("span", { class: "count", role: "status" });
  const list = new VirtualList(ROW, "table", messages.tabs.events);
  const texts = execution.events.map((event) => JSON.stringify(event).toLowerCase());
  let rows: readonly HistoryEvent[] = execution.events;
  let selected: Selected = { state: null, visit: null, event: null };

  const draw = (): void => {
    list.setRows(rows.length, (index) => {
      const event = rows[index];
      return event === undefined ? html("div") : eventRow(execution, event, selected, select);
    });
    count.textContent = rows.length === execution.events.length
      ? messages.eventCount(rows.length)
      : messages.eventsOf(rows.length, execution.events.length);
  };
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    rows = wanted === "" ? execution.events : execution.events.filter((event, index) => matches(execution, event, texts[index] ?? "", wanted));
    list.element.scrollTop = 0;
    draw();
  });
  draw();
  const header = html("div", { class: "event header", role: "row" },
    ...messages.eventColumns.map((title) => html("span", { role: "columnheader" }, title)));
  return {
    element: html("section", { class: "events" }, html("div", { class: "bar" }, search, count), header, list.element),
    show(next: Selected): void {
      selected = next;
      const id = next.event ?? next.visit?.eventIds[0];
      const index = id === undefined ? -1 : rows.findIndex((event) => event.id === id);
      if (index >= 0) list.scrollTo(index);
      else list.draw();
    },
    focusSearch(): void { search.focus(); },
  };
}

function matches(execution: Execution, event: HistoryEvent, text: string, wanted: string): boolean {
  return text.includes(wanted) || (execution.visitOfEvent.get(event.id)?.state.toLowerCase().includes(wanted) ?? false);
}

function eventRow(execution: Execution, event: HistoryEvent, selected: Selected, select: Select): HTMLElement {
  const visit = execution.visitOfEvent.get(event.id) ?? null;
  const details = detailsOf(event);
  const failed = /Failed|TimedOut|Aborted/.test(event.type);
  const chosen = selected.event === event.id || (selected.event === null && visit !== null && selected.visit === visit);
  const row = html("div", { class: `event${failed ? " failed" : ""}${chosen ? " selected" : ""}`, role: "row" });
  const cells = [
    String(event.id),
    `+${duration(toMillis(event.timestamp) - execution.start)}`,
    event.type,
    visit?.state ?? "",
    details.error ?? details.input ?? details.output ?? details.name ?? "",
  ];
  row.append(...cells.map((cell) => html("span", { role: "cell", title: cell.slice(0, 400) }, cell.slice(0, 200))));
  row.addEventListener("click", () => { select({ state: visit?.state ?? null, visit, event: event.id }); });
  return row;
}
