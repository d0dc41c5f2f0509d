/** What a layout is given and returns; the saga layout and the fallback share it. */

import type { Edge, Machine } from "./machine.js";

export const NODE_WIDTH = 190;
export const NODE_HEIGHT = 30;
export const ROW_HEIGHT = 46;

/** A box of the picture: a state, a folded run of states, or the end of a machine whose last state has `End`. */
export interface Item {
  id: string;
  kind: "state" | "fold" | "end";
  states: string[];
  x: number;
  y: number;
}

export interface PlacedEdge extends Edge {
  points: [number, number][];
  /** Drawn only when a state at one of its ends is hovered, focused or selected. */
  quiet: boolean;
}

export type ColumnName = "forward" | "compensation" | "case";

export interface Layout {
  width: number;
  height: number;
  items: Item[];
  edges: PlacedEdge[];
  columns: { name: ColumnName; x: number }[];
}

export interface LayoutRequest {
  machine: Machine;
  /** Folded runs of states by the id of the box that stands for them. */
  folds: Map<string, string[]>;
  /** Whether an edge was taken. */
  isTaken: (edge: Edge) => boolean;
}

export const END = "(end)";

/** The box of each state: itself, or the fold that holds it. */
export function boxOf(folds: Map<string, string[]>): (state: string) => string {
  const owner = new Map<string, string>();
  for (const [id, states] of folds) for (const state of states) owner.set(state, id);
  return (state) => owner.get(state) ?? state;
}

/** Boxes in the order of the definition, each once, with the end last where a state has `End`. */
export function boxes(request: LayoutRequest): Item[] {
  const box = boxOf(request.folds);
  const items = new Map<string, Item>();
  for (const state of request.machine.states.keys()) {
    const id = box(state);
    const item = items.get(id) ?? { id, kind: id === state ? "state" : "fold", states: [], x: 0, y: 0 };
    item.states.push(state);
    items.set(id, item);
  }
  const ends = [...request.machine.states.values()].some((state) => state.ends && !isTerminal(state.type));
  if (ends) items.set(END, { id: END, kind: "end", states: [], x: 0, y: 0 });
  return [...items.values()];
}

/** Every edge between boxes, those to the end included; edges inside a fold are left out. */
export function edgesBetween(request: LayoutRequest): { edge: Edge; from: string; to: string }[] {
  const box = boxOf(request.folds);
  const found: { edge: Edge; from: string; to: string }[] = [];
  for (const state of request.machine.states.values()) {
    const edges = state.edges.map((edge) => ({ edge, from: box(edge.from), to: box(edge.to) }));
    found.push(...edges.filter(({ from, to, edge }) => from !== to || edge.from === edge.to));
    if (state.ends && !isTerminal(state.type)) {
      found.push({ edge: { from: state.name, to: END, kind: "next", label: "" }, from: box(state.name), to: END });
    }
  }
  return found;
}

export function isTerminal(type: string): boolean {
  return type === "Succeed" || type === "Fail";
}

/** Assign intervals to lanes so that those of one lane do not overlap: greedy, shortest first. */
export function assignLanes(intervals: readonly [number, number][]): number[] {
  const order = intervals.map((_, index) => index).sort((a, b) => length(intervals[a]) - length(intervals[b]));
  const lanes: [number, number][][] = [];
  const assigned = new Array<number>(intervals.length).fill(0);
  for (const index of order) {
    const [low, high] = sorted(intervals[index]);
    let lane = lanes.findIndex((taken) => taken.every(([from, to]) => high < from || to < low));
    if (lane < 0) lane = lanes.push([]) - 1;
    lanes[lane]?.push([low, high]);
    assigned[index] = lane;
  }
  return assigned;
}

function sorted(interval: readonly [number, number] | undefined): [number, number] {
  const [a, b] = interval ?? [0, 0];
  return a < b ? [a, b] : [b, a];
}

function length(interval: readonly [number, number] | undefined): number {
  const [low, high] = sorted(interval);
  return high - low;
}
