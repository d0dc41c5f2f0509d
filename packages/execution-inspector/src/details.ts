/** The panel of one state: each visit's attempts, errors, input, output and variables; or one event. */

import { html } from "./dom.js";
import { causeText, duration, isoTime, pretty, toMillis } from "./format.js";
import { describeVisit, markOf } from "./marks.js";
import type { Messages } from "./messages.js";
import type { Execution } from "./model.js";
import type { Select, Selected } from "./selection.js";
import type { ChildExecution, ChildLoader } from "./types.js";
import type { Attempt, Visit } from "./visits.js";

export interface DetailsContext {
  execution: Execution;
  messages: Messages;
  select: Select;
  loader: ChildLoader | null;
  openChild: (child: ChildExecution) => void;
}

/** Build the panel for a selection; the execution's own when nothing is selected. */
export function detailsPanel(context: DetailsContext, selected: Selected): HTMLElement {
  const { execution, messages } = context;
  const panel = html("aside", { class: "details", "aria-label": messages.details });
  if (selected.event !== null) panel.append(...eventDetails(execution, selected.event, messages));
  else if (selected.state !== null) panel.append(...stateDetails(context, selected.state, selected.visit));
  else panel.append(...executionDetails(execution, messages));
  return panel;
}

function executionDetails(execution: Execution, messages: Messages): Node[] {
  const names = messages.facts;
  const about = execution.description;
  const facts: [string, string][] = [
    [names.status, about.status],
    [names.name, about.name],
    ["ARN", about.executionArn],
    [names.started, isoTime(toMillis(about.startDate))],
    [names.ended, isoTime(toMillis(about.stopDate))],
    [names.transitions, String(execution.transitions)],
    [names.events, String(execution.events.length)],
    [names.error, about.error ?? ""],
    [names.cause, causeText(about.cause ?? "")],
  ];
  return [
    html("h3", {}, messages.execution), factList(facts),
    ...payload(messages.input, about.input, messages), ...payload(messages.output, about.output, messages),
  ];
}

function stateDetails(context: DetailsContext, state: string, visit: Visit | null): Node[] {
  const { execution, messages } = context;
  const names = messages.facts;
  const node = execution.nodes.get(state);
  const visits = execution.visits.filter((one) => one.state === state);
  const nodes: Node[] = [html("h3", {}, state)];
  if (node?.comment) nodes.push(html("p", { class: "comment" }, node.comment));
  const role = node?.role ? `${node.type}, ${messages.roles[node.role]}` : (node?.type ?? "");
  nodes.push(html("p", { class: "comment" }, node?.undo ? `${role}, ${messages.undoneBy(node.undo)}` : role));
  if (visits.length > 1) nodes.push(visitPicker(context, visits, visit));
  if (visit === null) return [...nodes, html("p", {}, visits.length === 0 ? messages.notEnteredState : "")];
  const end = visit.exited ?? execution.end;
  nodes.push(
    factList([
      [names.outcome, markOf(visit.outcome, node, messages).word],
      [names.entered, `${isoTime(visit.entered)} (+${duration(visit.entered - execution.start)})`],
      [names.took, duration(end - visit.entered)],
      [names.cameFrom, origin(visit, messages)],
      [names.error, visit.error ?? ""],
      [names.cause, causeText(visit.cause ?? "")],
      [names.transitions, String(1 + Math.max(visit.attempts.length - 1, 0))],
    ]),
  );
  if (visit.attempts.length > 0) nodes.push(attemptTable(execution, visit.attempts, messages));
  if (visit.mapRunArn !== null) nodes.push(childList(context, visit.mapRunArn));
  nodes.push(...payload(messages.input, visit.input, messages), ...payload(messages.output, visit.output, messages));
  const variables = Object.entries(visit.assigned);
  if (variables.length > 0) {
    nodes.push(html("h4", {}, messages.variables));
    for (const [name, value] of variables) nodes.push(...payload(`$${name}`, value, messages));
  }
  return nodes;
}

/** What a visit came from: the state before it, and the error if its Catch was taken. */
function origin(visit: Visit, messages: Messages): string {
  const { previous } = visit;
  if (previous === null) return messages.start;
  return visit.via === "catch" ? messages.catchOf(previous.state, previous.error ?? "") : previous.state;
}

function visitPicker(context: DetailsContext, visits: readonly Visit[], chosen: Visit | null): HTMLElement {
  const select = html("select", { "aria-label": context.messages.visit });
  for (const visit of visits) {
    const option = html("option", { value: visit.number, selected: visit === chosen },
      describeVisit(visit, context.execution.nodes.get(visit.state), context.messages));
    select.append(option);
  }
  select.addEventListener("change", () => {
    const visit = visits.find((one) => one.number === Number(select.value)) ?? null;
    if (visit !== null) context.select({ state: visit.state, visit, event: null });
  });
  return html("p", {}, select);
}

function attemptTable(execution: Execution, attempts: readonly Attempt[], messages: Messages): HTMLElement {
  const words = messages.attemptTable;
  const table = html("table", {}, html("caption", {}, words.title));
  table.append(html("tr", {}, ...["", words.scheduled, words.took, words.result].map((title) => html("th", { scope: "col" }, title))));
  attempts.forEach((attempt, index) => {
    const took = attempt.ended === null ? "" : duration(attempt.ended - attempt.scheduled);
    const result = attempt.error === null ? (attempt.ended === null ? words.open : words.succeeded) : `${attempt.error}: ${causeText(attempt.cause ?? "")}`;
    const cells = [String(index + 1), `+${duration(attempt.scheduled - execution.start)}`, took, result];
    table.append(html("tr", {}, ...cells.map((cell) => html("td", {}, cell))));
  });
  return table;
}

function childList(context: DetailsContext, mapRunArn: string): HTMLElement {
  const place = html("section", { class: "children" }, html("h4", {}, context.messages.children));
  const { loader, messages } = context;
  if (loader === null) {
    place.append(html("p", {}, messages.inMapRun(mapRunArn)));
    return place;
  }
  const button = html("button", { type: "button" }, messages.listChildren);
  const status = html("p", { role: "status" });
  button.addEventListener("click", () => {
    status.textContent = messages.loading;
    loader.listMapRun(mapRunArn).then(
      (children) => {
        status.textContent = messages.childCount(children.length);
        place.append(html("ul", {}, ...children.map((child) => childLine(context, child))));
        button.remove();
      },
      (error: unknown) => { status.textContent = messages.notLoaded(String(error)); },
    );
  });
  place.append(button, status);
  return place;
}

function childLine(context: DetailsContext, child: ChildExecution): HTMLElement {
  const open = html("button", { type: "button" }, `${context.messages.status(child.status)} ${child.name}`);
  open.addEventListener("click", () => { context.openChild(child); });
  return html("li", {}, open);
}

function eventDetails(execution: Execution, id: number, messages: Messages): Node[] {
  const event = execution.eventById.get(id);
  if (event === undefined) return [html("p", {}, messages.noEvent(id))];
  return [html("h3", {}, messages.eventTitle(id, event.type)), ...payload(messages.event, JSON.stringify(event), messages)];
}

function factList(facts: [string, string][]): HTMLElement {
  const list = html("dl");
  for (const [name, value] of facts) if (value !== "") list.append(html("dt", {}, name), html("dd", {}, value));
  return list;
}

function payload(title: string, text: string | null | undefined, messages: Messages): Node[] {
  if (text === null || text === undefined || text === "") return [];
  const shown = pretty(text);
  const copy = html("button", { type: "button", class: "copy", "aria-label": messages.copyOf(title) }, messages.copy);
  copy.addEventListener("click", () => { void navigator.clipboard.writeText(shown); });
  return [html("details", { open: shown.length < 2000 }, html("summary", {}, title), copy, html("pre", { tabindex: 0 }, shown))];
}
