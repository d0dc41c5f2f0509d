/** The graph as SVG: drawn once for a layout; selection and hover only toggle classes. */

import { svg } from "./dom.js";
import { END, NODE_HEIGHT, NODE_WIDTH, type Item, type Layout, type PlacedEdge } from "./layout.js";
import { describeState, markOf } from "./marks.js";
import type { Messages } from "./messages.js";
import { edgeKey, type Execution, type StateSummary, type TakenEdge } from "./model.js";
import type { Select, Selected, View } from "./selection.js";
import { drawnSign, type Sign } from "./signs.js";

const LABEL_LETTERS = 22;
const NUMBERS_SHOWN = 3;
const SIGN_WIDTH = 17;

export interface GraphContext {
  execution: Execution;
  messages: Messages;
  layout: Layout;
  summaries: Map<string, StateSummary>;
  taken: Map<string, TakenEdge>;
  select: Select;
  /** Open the machine inside a Map or Parallel. */
  open: (state: string) => void;
  unfold: (id: string) => void;
}

/** Draw a layout. The graph is one tab stop: arrows walk the boxes, Enter selects or unfolds. */
export function graphView(context: GraphContext): View {
  const { layout, messages } = context;
  const root = svg("svg", {
    class: "graph",
    viewBox: `0 0 ${layout.width} ${layout.height}`,
    width: layout.width,
    height: layout.height,
    role: "group",
    "aria-label": messages.graph,
  });
  for (const column of layout.columns) root.append(svg("text", { class: "column", x: column.x, y: 18 }, messages.columns[column.name]));
  const edges = [...layout.edges].sort((a, b) => Number(isTaken(context, a)) - Number(isTaken(context, b)));
  const lines = edges.map((edge) => ({ edge, element: drawEdge(context, edge) }));
  root.append(...lines.map((line) => line.element));
  const boxes = layout.items.map((item) => ({ item, element: drawItem(context, item) }));
  // A button to open what is inside stands next to its box: a button has no other one in it.
  root.append(...boxes.flatMap(({ item, element }) => (hasInside(context, item) ? [element, openButton(context, item)] : [element])));
  boxes[0]?.element.setAttribute("tabindex", "0");

  const near = (item: Item | null): void => {
    for (const { edge, element } of lines) {
      const touches = item !== null && (touch(item, edge.from) || touch(item, edge.to));
      element.classList.toggle("near", touches);
    }
  };
  let selectedItem: Item | null = null;
  for (const [index, { item, element }] of boxes.entries()) {
    element.addEventListener("mouseenter", () => { near(item); });
    element.addEventListener("mouseleave", () => { near(selectedItem); });
    element.addEventListener("focus", () => { near(item); });
    element.addEventListener("click", () => { activate(context, item); });
    element.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      if (event.key === "Enter" || event.key === " ") {
        activate(context, item);
      } else if (step !== undefined) {
        const next = boxes[(index + step + boxes.length) % boxes.length]?.element;
        element.setAttribute("tabindex", "-1");
        next?.setAttribute("tabindex", "0");
        next?.focus();
      } else {
        return;
      }
      event.preventDefault();
    });
  }
  return {
    element: root,
    show(selected: Selected): void {
      selectedItem = null;
      for (const { item, element } of boxes) {
        const chosen = selected.state !== null && item.states.includes(selected.state);
        element.classList.toggle("selected", chosen);
        element.setAttribute("aria-pressed", String(chosen));
        if (chosen) selectedItem = item;
      }
      near(selectedItem);
    },
  };
}

function touch(item: Item, state: string): boolean {
  return item.states.includes(state) || (state === END && item.id === END);
}

function activate(context: GraphContext, item: Item): void {
  if (item.kind === "fold") context.unfold(item.id);
  if (item.kind !== "state") return;
  const visit = context.summaries.get(item.id)?.visits.at(-1) ?? null;
  context.select({ state: item.id, visit, event: null });
}

function takenEdge(context: GraphContext, edge: PlacedEdge): TakenEdge | undefined {
  return context.taken.get(edgeKey(edge.from, edge.to, edge.kind));
}

/** The last state of a machine takes its End when it exits without another state entered after it. */
function endReached(context: GraphContext, state: string): boolean {
  const latest = context.summaries.get(state)?.visits.at(-1);
  return latest?.outcome === "succeeded" && !context.execution.visits.some((visit) => visit.previous === latest);
}

function isTaken(context: GraphContext, edge: PlacedEdge): boolean {
  return edge.to === END ? endReached(context, edge.from) : takenEdge(context, edge) !== undefined;
}

function drawEdge(context: GraphContext, edge: PlacedEdge): SVGElement {
  const isDrawnTaken = isTaken(context, edge);
  const role = context.execution.nodes.get(edge.from)?.role;
  const classes = ["edge", edge.kind, isDrawnTaken ? "taken" : "untaken"];
  if (edge.quiet) classes.push("quiet");
  if (role === "compensation") classes.push("compensating");
  const group = svg("g", { class: classes.join(" ") });
  group.append(
    svg("polyline", { points: edge.points.map((point) => point.join(",")).join(" ") }),
    svg("polygon", { points: arrowHead(edge.points) }),
  );
  const taken = takenEdge(context, edge);
  const text = taken?.error ?? (edge.kind === "catch" ? edge.label : "");
  const [from, next] = edge.points;
  if (text !== "" && from !== undefined && next !== undefined) {
    const x = Math.min(from[0], next[0]) + 6;
    group.append(svg("text", { class: "error", x, y: from[1] - 6 }, text));
  }
  return group;
}

function arrowHead(points: [number, number][]): string {
  const [x, y] = points.at(-1) ?? [0, 0];
  const [px, py] = points.at(-2) ?? [0, 0];
  const [dx, dy] = [Math.sign(x - px), Math.sign(y - py)];
  if (dx !== 0 && dy === 0) return `${x},${y} ${x - 7 * dx},${y - 4} ${x - 7 * dx},${y + 4}`;
  return `${x},${y} ${x - 4},${y - 7 * dy} ${x + 4},${y - 7 * dy}`;
}

function drawItem(context: GraphContext, item: Item): SVGElement {
  const { messages } = context;
  if (item.kind === "end") return drawEnd(context, item);
  if (item.kind === "fold") {
    const entered = item.states.filter((state) => context.summaries.has(state)).length;
    const text = entered > 0 ? messages.foldEntered(item.states.length) : messages.foldNotEntered(item.states.length);
    const label = `${text}: ${item.states.join(", ")}. ${messages.unfold}`;
    const group = box(item, "fold", label);
    group.append(svg("title", {}, item.states.join(", ")), svg("text", { x: item.x + 10, y: item.y + 19 }, text));
    return group;
  }
  const node = context.execution.nodes.get(item.id);
  const summary = context.summaries.get(item.id);
  const mark = markOf(summary?.outcome ?? null, node, messages);
  const short = item.id.length > LABEL_LETTERS ? `${item.id.slice(0, LABEL_LETTERS - 1)}…` : item.id;
  const number = summary?.visits.length === 1 ? String(summary.visits[0]?.number ?? "") : "";
  const badge = summary === undefined ? "" : badgeOf(summary, messages);
  // The accessible name begins with what is shown, for people who name what they see to a speech control.
  const visible = [short, number, badge].filter((text) => text !== "").join(" ");
  const described = node === undefined ? [] : describeState(node, summary, messages);
  const words = short === item.id ? described.slice(1) : described;
  const group = box(item, `state ${mark.className}`, [visible, ...words].join(", "));
  group.append(svg("title", { "aria-hidden": "true" }, node?.comment ? `${item.id}: ${node.comment}` : item.id));
  group.append(...labelled(item, mark.sign, short));
  const right = item.x + NODE_WIDTH - (hasInside(context, item) ? 32 : 8);
  // Text nodes are not drawn; they keep the words of the box apart.
  if (number !== "") group.append(" ", svg("text", { class: "number", x: right, y: item.y + 19 }, number));
  if (badge !== "") group.append(" ", svg("text", { class: "badge", x: item.x + NODE_WIDTH - 4, y: item.y - 4 }, badge));
  return group;
}

/** Whether a state is a Map or a Parallel, whose machine can be opened. */
function hasInside(context: GraphContext, item: Item): boolean {
  return item.kind === "state" && (context.execution.nodes.get(item.id)?.inner.length ?? 0) > 0;
}

/** Every visit of a state by its number, how many were caught before it was done, and its retries. */
function badgeOf(summary: StateSummary, messages: Messages): string {
  const parts: string[] = [];
  const caught = summary.visits.filter((visit) => visit.outcome === "caught").length;
  if (summary.visits.length > 1) {
    const numbers = summary.visits.map((visit) => visit.number);
    parts.push(numbers.length <= NUMBERS_SHOWN ? messages.visitNumbers(numbers.join(", ")) : `${numbers.length}×`);
    if (caught > 0 && summary.outcome !== "caught") parts.push(messages.caughtBefore(caught));
  }
  if (summary.retries > 0) parts.push(messages.retries(summary.retries));
  return parts.join(" · ");
}

function openButton(context: GraphContext, item: Item): SVGElement {
  const button = svg(
    "g",
    { class: "open", role: "button", tabindex: 0, "aria-label": context.messages.openInside(item.id) },
    svg("rect", { x: item.x + NODE_WIDTH - 26, y: item.y + 5, width: 20, height: 20, rx: 4 }),
    drawnSign("open", item.x + NODE_WIDTH - 22, item.y + 9),
  );
  button.addEventListener("click", () => { context.open(item.id); });
  button.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    context.open(item.id);
  });
  return button;
}

function drawEnd(context: GraphContext, item: Item): SVGElement {
  const { messages } = context;
  const reached = context.layout.edges.some((edge) => edge.to === END && endReached(context, edge.from));
  const group = box(item, reached ? "state done" : "state untaken", reached ? messages.endReached : messages.endNotReached);
  group.append(...labelled(item, reached ? "done" : null, messages.end));
  return group;
}

/** The text of a box, after its sign. */
function labelled(item: Item, sign: Sign | null, text: string): SVGElement[] {
  const x = item.x + 10;
  const label = (at: number): SVGElement => svg("text", { x: at, y: item.y + 19 }, text);
  return sign === null ? [label(x)] : [drawnSign(sign, x, item.y + 9), label(x + SIGN_WIDTH)];
}

function box(item: Item, className: string, label: string): SVGElement {
  return svg(
    "g",
    { class: `box ${className}`, role: "button", tabindex: -1, "aria-label": label, "data-id": item.id },
    svg("rect", { x: item.x, y: item.y, width: NODE_WIDTH, height: NODE_HEIGHT, rx: 5 }),
  );
}
