/**
 * The web page of an engine: state machines, their executions, starting, stopping and redriving one, and the inspector.
 *
 * `#/` lists state machines, `#/machine/ARN` the executions of one, `#/execution/ARN` shows one and follows it while
 * it runs.
 */

import { html } from "../dom.js";
import { duration, isoTime, toMillis } from "../format.js";
import { defineExecutionInspector, ExecutionInspector } from "../inspector.js";
import { call, listExecutions, listMachines, loadExecution, loader, type StateMachine } from "./api.js";
import { PAGE_STYLES } from "./page-styles.js";
import type { ChildExecution, InspectorInput } from "../types.js";

const FOLLOW_MS = 1000;
const LIST_MS = 2000;
const SHOWN = 200;
const STATUSES = ["", "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"];

const main = html("main");
let timer: ReturnType<typeof setTimeout> | undefined;
let shownRoute = "";

function route(): { page: string; arn: string } {
  const [, page = "", arn = ""] = /^#\/([a-z]*)\/?(.*)$/.exec(location.hash) ?? [];
  return { page, arn: decodeURIComponent(arn) };
}

function link(page: string, arn: string, text: string): HTMLElement {
  return html("a", { href: `#/${page}/${encodeURIComponent(arn)}` }, text);
}

/** Show what the address names; again after `milliseconds` where the page asks for it. */
async function show(): Promise<void> {
  clearTimeout(timer);
  const { page, arn } = route();
  shownRoute = location.hash;
  try {
    if (page === "machine") await showMachine(arn);
    else if (page === "execution") await showExecution(arn);
    else await showMachines();
  } catch (error) {
    main.replaceChildren(html("p", { class: "error", role: "alert" }, error instanceof Error ? error.message : String(error)));
  }
}

function again(milliseconds: number, action: () => Promise<void>): void {
  const hash = location.hash;
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (hash !== location.hash) return;
    action().catch(() => { again(milliseconds * 2, action); });
  }, milliseconds);
}

async function showMachines(): Promise<void> {
  const machines = await listMachines();
  const rows = machines.map((machine: StateMachine) =>
    html("tr", {}, html("td", {}, link("machine", machine.stateMachineArn, machine.name)), html("td", {}, machine.type), html("td", {}, machine.stateMachineArn)));
  main.replaceChildren(
    html("h2", {}, "State machines"),
    machines.length === 0
      ? html("p", {}, "There is no state machine. Create one with CreateStateMachine.")
      : table(["Name", "Type", "ARN"], rows));
}

async function showMachine(arn: string): Promise<void> {
  const filter = html("select", { "aria-label": "Status" }, ...STATUSES.map((status) => html("option", { value: status }, status === "" ? "all statuses" : status)));
  const place = html("div");
  const list = async (): Promise<void> => {
    place.replaceChildren(executionTable(await listExecutions(arn, filter.value, SHOWN)));
    again(LIST_MS, list);
  };
  filter.addEventListener("change", () => { void list(); });
  main.replaceChildren(
    html("p", {}, link("", "", "State machines"), " / ", arn.split(":").at(-1) ?? arn),
    startForm(arn), html("h2", {}, "Executions ", filter), place);
  await list();
}

function executionTable(executions: ChildExecution[]): HTMLElement {
  if (executions.length === 0) return html("p", {}, "There is no such execution.");
  const rows = executions.map((one) => {
    const [start, stop] = [toMillis(one.startDate), toMillis(one.stopDate)];
    return html("tr", {},
      html("td", {}, link("execution", one.executionArn, one.name)),
      html("td", { class: one.status.toLowerCase() }, one.status),
      html("td", {}, isoTime(start)),
      html("td", {}, duration(stop - start)));
  });
  return table(["Name", "Status", "Started", "Took"], rows);
}

function startForm(stateMachineArn: string): HTMLElement {
  const name = html("input", { "aria-label": "Name", placeholder: "name (optional)", maxlength: 80 });
  const input = html("textarea", { "aria-label": "Input", rows: 4, spellcheck: "false" }, "{}");
  const status = html("p", { class: "error", role: "alert" });
  const form = html("form", {}, html("h2", {}, "Start an execution"), name, input, html("button", { type: "submit" }, "Start"), status);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    try {
      JSON.parse(input.value);
    } catch (error) {
      status.textContent = `input must be JSON: ${String(error)}`;
      return;
    }
    const named = name.value === "" ? {} : { name: name.value };
    call<{ executionArn: string }>("StartExecution", { stateMachineArn, input: input.value, ...named }).then(
      (started) => { location.hash = `#/execution/${encodeURIComponent(started.executionArn)}`; },
      (error: unknown) => { status.textContent = error instanceof Error ? error.message : String(error); },
    );
  });
  return form;
}

async function showExecution(executionArn: string): Promise<void> {
  const inspector = new ExecutionInspector();
  inspector.loader = loader;
  const status = html("span", { class: "error", role: "alert" });
  let shown: InspectorInput = await loadExecution(executionArn);
  const refresh = async (): Promise<void> => {
    shown = await loadExecution(executionArn);
    inspector.data = shown;
    follow();
  };
  const follow = (): void => {
    stop.disabled = shown.execution.status !== "RUNNING";
    redrive.disabled = !["FAILED", "TIMED_OUT", "ABORTED"].includes(shown.execution.status);
    if (shown.execution.status === "RUNNING") again(FOLLOW_MS, refresh);
  };
  const act = (operation: string): void => {
    call(operation, { executionArn }).then(refresh, (error: unknown) => {
      status.textContent = error instanceof Error ? error.message : String(error);
    });
  };
  const button = (text: string, action: () => void): HTMLButtonElement => {
    const element = html("button", { type: "button" }, text);
    element.addEventListener("click", action);
    return element;
  };
  const stop = button("Stop", () => { act("StopExecution"); });
  const redrive = button("Redrive", () => { act("RedriveExecution"); });
  const save = button("Export", () => { download(`${shown.execution.name}.json`, JSON.stringify(shown)); });
  const machineArn = executionArn.replace(":execution:", ":stateMachine:").split(":").slice(0, 7).join(":");
  main.replaceChildren(
    html("p", { class: "bar" }, link("machine", machineArn, machineArn.split(":").at(-1) ?? ""), " / ", shown.execution.name, " ", stop, redrive, save, status),
    inspector);
  inspector.data = shown;
  follow();
}

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  html("a", { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}

function table(titles: string[], rows: HTMLElement[]): HTMLElement {
  return html("table", {},
    html("thead", {}, html("tr", {}, ...titles.map((title) => html("th", { scope: "col" }, title)))),
    html("tbody", {}, ...rows));
}

const sheet = new CSSStyleSheet();
sheet.replaceSync(PAGE_STYLES);
document.adoptedStyleSheets = [sheet];
document.body.append(html("h1", {}, "Step Functions, local"), main);
defineExecutionInspector();
window.addEventListener("hashchange", () => { if (location.hash !== shownRoute) void show(); });
void show();
