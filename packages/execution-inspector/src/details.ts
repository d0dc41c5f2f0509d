/** The panel of one state: each visit's attempts, errors, input, output and variables; or one event. */

import { html } from "./dom.js";
import { causeText, duration, isoTime, pretty, toMillis } from "./format.js";
import { describeVisit, markOf } from "./marks.js";
import type { Execution } from "./model.js";
import type { Select, Selected } from "./selection.js";
import type { ChildExecution, ChildLoader } from "./types.js";
import type { Attempt, Visit } from "./visits.js";

export interface DetailsContext {
  execution: Execution;
  select: Select;
  loader: ChildLoader | null;
  openChild: (child: ChildExecution) => void;
}

/** Build the panel for a selection; the execution's own when nothing is selected. */
export function detailsPanel(context: DetailsContext, selected: Selected): HTMLElement {
  const { execution } = context;
  const panel = html("aside", { class: "details", "aria-label": "Details" });
  if (selected.event !== null) panel.append(...eventDetails(execution, selected.event));
  else if (selected.state !== null) panel.append(...stateDetails(context, selected.state, selected.visit));
  else panel.append(...executionDetails(execution));
  return panel;
}

function executionDetails(execution: Execution): Node[] {
  const about = execution.description;
  const facts: [string, string][] = [
    ["Status", about.status],
    ["Name", about.name],
    ["ARN", about.executionArn],
    ["Started", isoTime(toMillis(about.startDate))],
    ["Ended", isoTime(toMillis(about.stopDate))],
    ["State transitions", String(execution.transitions)],
    ["Events", String(execution.events.length)],
    ["Error", about.error ?? ""],
    ["Cause", causeText(about.cause ?? "")],
  ];
  return [html("h3", {}, "Execution"), factList(facts), ...payload("Input", about.input), ...payload("Output", about.output)];
}

function stateDetails(context: DetailsContext, state: string, visit: Visit | null): Node[] {
  const { execution } = context;
  const node = execution.nodes.get(state);
  const visits = execution.visits.filter((one) => one.state === state);
  const nodes: Node[] = [html("h3", {}, state)];
  if (node?.comment) nodes.push(html("p", { class: "comment" }, node.comment));
  const role = node?.role ? `${node.type}, ${node.role}` : (node?.type ?? "");
  nodes.push(html("p", { class: "comment" }, node?.undo ? `${role}, undone by ${node.undo}` : role));
  if (visits.length > 1) nodes.push(visitPicker(context, visits, visit));
  if (visit === null) return [...nodes, html("p", {}, visits.length === 0 ? "This state was not entered." : "")];
  const end = visit.exited ?? execution.end;
  nodes.push(
    factList([
      ["Outcome", markOf(visit.outcome, node).word],
      ["Entered", `${isoTime(visit.entered)} (+${duration(visit.entered - execution.start)})`],
      ["Took", duration(end - visit.entered)],
      ["Came from", visit.previous === null ? "start" : `${visit.previous.state}${visit.via === "catch" ? ` (Catch of ${visit.previous.error ?? ""})` : ""}`],
      ["Error", visit.error ?? ""],
      ["Cause", causeText(visit.cause ?? "")],
      ["State transitions", String(1 + Math.max(visit.attempts.length - 1, 0))],
    ]),
  );
  if (visit.attempts.length > 0) nodes.push(attemptTable(execution, visit.attempts));
  if (visit.mapRunArn !== null) nodes.push(childList(context, visit.mapRunArn));
  nodes.push(...payload("Input", visit.input), ...payload("Output", visit.output));
  const variables = Object.entries(visit.assigned);
  if (variables.length > 0) {
    nodes.push(html("h4", {}, "Variables assigned"));
    for (const [name, value] of variables) nodes.push(...payload(`$${name}`, value));
  }
  return nodes;
}

function visitPicker(context: DetailsContext, visits: readonly Visit[], chosen: Visit | null): HTMLElement {
  const select = html("select", { "aria-label": "Visit" });
  for (const visit of visits) {
    const option = html("option", { value: visit.number, selected: visit === chosen },
      describeVisit(visit, context.execution.nodes.get(visit.state)));
    select.append(option);
  }
  select.addEventListener("change", () => {
    const visit = visits.find((one) => one.number === Number(select.value)) ?? null;
    if (visit !== null) context.select({ state: visit.state, visit, event: null });
  });
  return html("p", {}, select);
}

function attemptTable(execution: Execution, attempts: readonly Attempt[]): HTMLElement {
  const table = html("table", {}, html("caption", {}, "Attempts"));
  table.append(html("tr", {}, ...["", "Scheduled", "Took", "Result"].map((title) => html("th", { scope: "col" }, title))));
  attempts.forEach((attempt, index) => {
    const took = attempt.ended === null ? "" : duration(attempt.ended - attempt.scheduled);
    const result = attempt.error === null ? (attempt.ended === null ? "open" : "succeeded") : `${attempt.error}: ${causeText(attempt.cause ?? "")}`;
    const cells = [String(index + 1), `+${duration(attempt.scheduled - execution.start)}`, took, result];
    table.append(html("tr", {}, ...cells.map((cell) => html("td", {}, cell))));
  });
  return table;
}

function childList(context: DetailsContext, mapRunArn: string): HTMLElement {
  const place = html("section", { class: "children" }, html("h4", {}, "Child executions"));
  const { loader } = context;
  if (loader === null) {
    place.append(html("p", {}, `In map run ${mapRunArn}.`));
    return place;
  }
  const button = html("button", { type: "button" }, "List child executions");
  const status = html("p", { role: "status" });
  button.addEventListener("click", () => {
    status.textContent = "Loading…";
    loader.listMapRun(mapRunArn).then(
      (children) => {
        status.textContent = `${children.length} child executions`;
        place.append(html("ul", {}, ...children.map((child) => childLine(context, child))));
        button.remove();
      },
      (error: unknown) => { status.textContent = `Not loaded: ${String(error)}`; },
    );
  });
  place.append(button, status);
  return place;
}

function childLine(context: DetailsContext, child: ChildExecution): HTMLElement {
  const open = html("button", { type: "button" }, `${child.status.toLowerCase()} ${child.name}`);
  open.addEventListener("click", () => { context.openChild(child); });
  return html("li", {}, open);
}

function eventDetails(execution: Execution, id: number): Node[] {
  const event = execution.eventById.get(id);
  if (event === undefined) return [html("p", {}, `There is no event ${id}.`)];
  return [html("h3", {}, `Event ${id}: ${event.type}`), ...payload("Event", JSON.stringify(event))];
}

function factList(facts: [string, string][]): HTMLElement {
  const list = html("dl");
  for (const [name, value] of facts) if (value !== "") list.append(html("dt", {}, name), html("dd", {}, value));
  return list;
}

function payload(title: string, text: string | null | undefined): Node[] {
  if (text === null || text === undefined || text === "") return [];
  const shown = pretty(text);
  const copy = html("button", { type: "button", class: "copy", "aria-label": `Copy ${title}` }, "Copy");
  copy.addEventListener("click", () => { void navigator.clipboard.writeText(shown); });
  return [html("details", { open: shown.length < 2000 }, html("summary", {}, title), copy, html("pre", { tabindex: 0 }, shown))];
}
