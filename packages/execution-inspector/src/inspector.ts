/** `<execution-inspector>`: graph, timeline, events and details of one execution, with its children. */

import { detailsPanel } from "./details.js";
import { html } from "./dom.js";
import { eventTable, type EventTable } from "./event-table.js";
import { fallbackLayout } from "./fallback-layout.js";
import { foldStates } from "./fold.js";
import { graphView } from "./graph.js";
import { iterationList, iterationsOf } from "./iterations.js";
import type { Layout, LayoutRequest } from "./layout.js";
import type { Machine } from "./machine.js";
import { messagesOf, type Messages } from "./messages.js";
import { buildExecution, edgeKey, headline, summarize, takenEdges, type Execution } from "./model.js";
import { sagaLayout } from "./saga-layout.js";
import { NOTHING, type Selected, type View } from "./selection.js";
import { STYLES } from "./styles.js";
import { timelineView } from "./timeline.js";
import type { ChildExecution, ChildLoader, InspectorInput } from "./types.js";
import { visitList } from "./visit-list.js";
import type { Frame, Visit } from "./visits.js";

const TABS = ["graph", "timeline", "events", "text"] as const;
type Tab = (typeof TABS)[number];

/** A machine inside a Map or Parallel, and the iteration that is shown alone. */
interface Scope {
  state: string;
  frame: Frame | null;
}

export class ExecutionInspector extends HTMLElement {
  /** How child executions are fetched; without it they are named only. */
  loader: ChildLoader | null = null;

  static readonly observedAttributes = ["lang"];

  #messages: Messages | null = null;
  readonly #root = this.attachShadow({ mode: "open" });
  /** The executions from the outermost to the one shown. */
  #stack: Execution[] = [];
  #scopes: Scope[] = [];
  #tab: Tab = "graph";
  #selected: Selected = NOTHING;
  #unfolded = new Set<string>();
  #showCatches = false;
  #views: View[] = [];
  #events: EventTable | null = null;
  #drawing = 0;
  readonly #head = html("header");
  readonly #main = html("div", { class: "main" });
  #panel = html("aside");

  constructor() {
    super();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
    this.#root.adoptedStyleSheets = [sheet];
    this.#root.append(this.#head, this.#main, this.#panel);
    this.addEventListener("keydown", (event) => { this.#onKey(event); });
  }

  /** Show an execution. The selection and what is open stay when it is the same execution with more events. */
  set data(input: InspectorInput) {
    const before = this.#stack[0];
    const execution = buildExecution(input);
    const same = before?.description.executionArn === input.execution.executionArn;
    if (!same) {
      this.#scopes = [];
      this.#selected = NOTHING;
      this.#unfolded = new Set();
      this.#stack = [execution];
    } else {
      this.#stack[0] = execution;
      const number = this.#selected.visit?.number;
      const visit = number === undefined ? null : (execution.visits[number - 1] ?? null);
      this.#selected = { ...this.#selected, visit };
      this.#scopes = this.#scopes.map((scope) => ({ state: scope.state, frame: null }));
    }
    if (!same) this.#selectFromFragment(execution);
    void this.#draw();
  }

  /** The words to show; null for those of the language of the element or of the nearest one around it. */
  set messages(messages: Messages | null) {
    this.#messages = messages;
    void this.#draw();
  }

  /** The language is that of the page around the element. */
  connectedCallback(): void {
    void this.#draw();
  }

  attributeChangedCallback(): void {
    void this.#draw();
  }

  get #currentMessages(): Messages {
    return this.#messages ?? messagesOf(this.closest("[lang]")?.getAttribute("lang") ?? "");
  }

  get #execution(): Execution | undefined {
    return this.#stack.at(-1);
  }

  /** The visits of the machine that is shown: those of the outermost, or of the open Map or Parallel. */
  #visits(execution: Execution): Visit[] {
    const scope = this.#scopes.at(-1);
    return execution.visits.filter((visit) => {
      if (scope === undefined) return visit.frame === null;
      if (visit.frame?.owner.state !== scope.state) return false;
      return scope.frame === null || visit.frame === scope.frame;
    });
  }

  async #draw(): Promise<void> {
    const execution = this.#execution;
    if (execution === undefined) return;
    const drawing = ++this.#drawing;
    this.#drawHead(execution);
    const messages = this.#currentMessages;
    const visits = this.#visits(execution);
    const select = (selected: Selected): void => { this.#select(selected); };
    const content: Node[] = [];
    this.#views = [];
    this.#events = null;
    const add = (view: View): void => {
      this.#views.push(view);
      content.push(view.element);
    };
    if (this.#tab === "graph") {
      const scope = this.#scopes.at(-1);
      if (scope !== undefined && execution.nodes.get(scope.state)?.distributed === true) {
        content.push(html("p", { class: "bar" }, messages.inChildExecutions));
      }
      for (const machine of execution.machines.get(scope?.state ?? "") ?? []) {
        add(await this.#graph(execution, machine, visits));
      }
      if (scope !== undefined) content.push(this.#iterations(execution, scope));
    } else if (this.#tab === "timeline") add(timelineView(execution, this.#scopes.length === 0 ? execution.visits : visits, select, messages));
    else if (this.#tab === "text") add(visitList(execution, this.#scopes.length === 0 ? execution.visits : visits, select, messages));
    else {
      this.#events = eventTable(execution, select, messages);
      add(this.#events);
    }
    if (drawing !== this.#drawing) return; // a later call has drawn while a layout was loaded
    this.#main.replaceChildren(...content);
    this.#main.classList.toggle("show-catches", this.#showCatches);
    this.#show();
  }

  async #graph(execution: Execution, machine: Machine, visits: Visit[]): Promise<View> {
    const here = visits.filter((visit) => machine.states.has(visit.state));
    const summaries = summarize(here);
    const taken = takenEdges(here, execution.nodes);
    const request: LayoutRequest = {
      machine,
      folds: foldStates(machine, summaries, this.#unfolded),
      isTaken: (edge) => taken.has(edgeKey(edge.from, edge.to, edge.kind)),
    };
    const layout: Layout = machine.hasRoles ? sagaLayout(request) : await fallbackLayout(request);
    return graphView({
      execution,
      messages: this.#currentMessages,
      layout,
      summaries,
      taken,
      select: (selected) => { this.#select(selected); },
      open: (state) => { this.#scopes.push({ state, frame: null }); void this.#draw(); },
      unfold: (id) => { this.#unfolded.add(id); void this.#draw(); },
    });
  }

  #iterations(execution: Execution, scope: Scope): HTMLElement {
    const iterations = iterationsOf(execution, scope.state);
    if (iterations.length === 0) return html("div");
    return iterationList(iterations, scope.frame, (frame) => { scope.frame = frame; void this.#draw(); }, this.#currentMessages);
  }

  #drawHead(execution: Execution): void {
    const messages = this.#currentMessages;
    const tabs = html("span", { role: "tablist", "aria-label": messages.views });
    for (const tab of TABS) {
      const button = html("button", { type: "button", role: "tab", "aria-selected": String(tab === this.#tab) }, messages.tabs[tab]);
      button.addEventListener("click", () => { this.#tab = tab; void this.#draw(); });
      tabs.append(button);
    }
    const catches = html("input", { type: "checkbox", id: "catches", checked: this.#showCatches });
    catches.addEventListener("change", () => {
      this.#showCatches = catches.checked;
      this.#main.classList.toggle("show-catches", catches.checked);
    });
    this.#head.replaceChildren(
      html("h2", {}, execution.description.name),
      html("p", { role: "status", "aria-live": "polite" }, headline(execution, messages)),
      this.#breadcrumb(),
      tabs,
      html("label", { for: "catches" }, catches, ` ${messages.showCatches}`),
    );
  }

  /** The way from the outermost execution to what is shown; each step leads back. */
  #breadcrumb(): HTMLElement {
    const nav = html("nav", { "aria-label": this.#currentMessages.opened });
    const steps = [
      ...this.#stack.map((execution, depth) => ({ text: execution.description.name, depth, scopes: 0 })),
      ...this.#scopes.map((scope, index) => ({
        text: scope.frame === null ? scope.state : `${scope.state} #${scope.frame.index ?? ""}`,
        depth: this.#stack.length - 1,
        scopes: index + 1,
      })),
    ];
    if (steps.length === 1) return nav;
    steps.forEach((step, index) => {
      if (index > 0) nav.append(" / ");
      const button = html("button", { type: "button", "aria-current": index === steps.length - 1 ? "page" : undefined }, step.text);
      button.addEventListener("click", () => {
        this.#stack.length = step.depth + 1;
        this.#scopes.length = step.scopes;
        this.#selected = NOTHING;
        void this.#draw();
      });
      nav.append(button);
    });
    return nav;
  }

  #select(selected: Selected): void {
    this.#selected = selected;
    if (this.#stack.length === 1 && selected.visit !== null && this.hasAttribute("fragment")) {
      history.replaceState(null, "", `#visit=${selected.visit.number}`);
    }
    this.dispatchEvent(new CustomEvent("select-visit", { detail: { state: selected.state, visit: selected.visit?.number ?? null } }));
    this.#show();
  }

  #selectFromFragment(execution: Execution): void {
    const number = this.hasAttribute("fragment") ? /^#visit=(\d+)$/.exec(location.hash)?.[1] : undefined;
    const visit = number === undefined ? undefined : execution.visits[Number(number) - 1];
    if (visit !== undefined) this.#selected = { state: visit.state, visit, event: null };
  }

  #show(): void {
    const execution = this.#execution;
    if (execution === undefined) return;
    for (const view of this.#views) view.show(this.#selected);
    const panel = detailsPanel(
      {
        execution,
        messages: this.#currentMessages,
        select: (selected) => { this.#select(selected); },
        loader: this.loader,
        openChild: (child) => { void this.#openChild(child); },
      },
      this.#selected,
    );
    this.#panel.replaceWith(panel);
    this.#panel = panel;
  }

  async #openChild(child: ChildExecution): Promise<void> {
    if (this.loader === null) return;
    this.#stack.push(buildExecution(await this.loader.load(child.executionArn)));
    this.#scopes = [];
    this.#selected = NOTHING;
    await this.#draw();
  }

  /** j and k walk the visits in order of time, `/` searches the events, Escape deselects. */
  #onKey(event: KeyboardEvent): void {
    const target = event.composedPath()[0];
    if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return;
    const execution = this.#execution;
    if (execution === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "j" || event.key === "k") {
      const visits = this.#visits(execution);
      const at = this.#selected.visit === null ? -1 : visits.indexOf(this.#selected.visit);
      const visit = visits[event.key === "j" ? at + 1 : at - 1];
      if (visit !== undefined) this.#select({ state: visit.state, visit, event: null });
    } else if (event.key === "/") {
      this.#tab = "events";
      void this.#draw().then(() => { this.#events?.focusSearch(); });
    } else if (event.key === "Escape") this.#select(NOTHING);
    else return;
    event.preventDefault();
  }
}

/** Register the element; a second call does nothing. */
export function defineExecutionInspector(): void {
  if (customElements.get("execution-inspector") === undefined) {
    customElements.define("execution-inspector", ExecutionInspector);
  }
}
