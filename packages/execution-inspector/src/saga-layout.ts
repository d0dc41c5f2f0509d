/**
 * The layout of a saga: the forward path as a spine from top to bottom, each compensation next to the step that it
 * undoes, so that compensations run upwards, and cases in a third column. O(states + edges · lanes).
 */

import {
  assignLanes,
  boxes,
  boxOf,
  edgesBetween,
  isTerminal,
  NODE_HEIGHT,
  NODE_WIDTH,
  ROW_HEIGHT,
  type Item,
  type Layout,
  type LayoutRequest,
  type PlacedEdge,
} from "./layout.js";
import type { Edge, Machine, StateNode } from "./machine.js";

const COLUMN_X = [64, 384, 694] as const;
const COLUMN_NAMES = ["forward", "compensation", "case"] as const;
const WIDTH = 916;
const TOP = 44;
const LANE = 8;
const [FORWARD, COMPENSATION, CASE] = [0, 1, 2] as const;

type Column = 0 | 1 | 2;

/** Lay a machine out by the roles of its states. */
export function sagaLayout(request: LayoutRequest): Layout {
  const { machine } = request;
  const columns = assignColumns(machine);
  const box = boxOf(request.folds);
  const items = boxes(request);
  const columnOf = (item: Item): Column => columns.get(item.states[0] ?? "") ?? FORWARD;
  const rows = assignRows(request, items, columnOf, box);
  const lowest = Math.min(...rows.values());
  for (const item of items) {
    item.x = COLUMN_X[columnOf(item)];
    item.y = TOP + ((rows.get(item.id) ?? 0) - lowest) * ROW_HEIGHT;
  }
  const used = [FORWARD, COMPENSATION, CASE].filter((column) => items.some((item) => columnOf(item) === column));
  return {
    width: WIDTH,
    height: Math.max(...items.map((item) => item.y)) + NODE_HEIGHT + 16,
    items,
    edges: routeEdges(request, items, columnOf),
    columns: used.map((column) => ({ name: COLUMN_NAMES[column], x: COLUMN_X[column] })),
  };
}

/** The column of each state: by its role, else by the states that lead to it without a Catch. */
export function assignColumns(machine: Machine): Map<string, Column> {
  const columns = new Map<string, Column>();
  const predecessors = predecessorsOf(machine);
  for (const state of machine.states.values()) {
    if (state.role !== null) columns.set(state.name, roleColumn(state));
    else if (state.type === "Succeed" || state.name === machine.start) columns.set(state.name, FORWARD);
  }
  // A state without a role may follow another without one: repeat until nothing changes.
  for (let changed = true; changed; ) {
    changed = false;
    for (const state of machine.states.values()) {
      if (columns.has(state.name)) continue;
      const before = (predecessors.get(state.name) ?? []).filter(
        (edge) => edge.kind !== "catch" || state.type === "Fail",
      );
      const known = before.map((edge) => columns.get(edge.from)).filter((column) => column !== undefined);
      if (known.length === 0) continue;
      columns.set(state.name, followedColumn(known));
      changed = true;
    }
  }
  for (const name of machine.states.keys()) if (!columns.has(name)) columns.set(name, FORWARD);
  return columns;
}

function roleColumn(state: StateNode): Column {
  if (state.role === "compensation") return COMPENSATION;
  return state.role === "case" ? CASE : FORWARD;
}

/** Forward only when nothing else leads there; what a person resumes does not count next to other ways. */
function followedColumn(known: readonly Column[]): Column {
  if (known.includes(COMPENSATION)) return COMPENSATION;
  return known.includes(FORWARD) ? FORWARD : CASE;
}

function predecessorsOf(machine: Machine): Map<string, Edge[]> {
  const found = new Map<string, Edge[]>();
  for (const state of machine.states.values()) {
    for (const edge of state.edges) found.set(edge.to, [...(found.get(edge.to) ?? []), edge]);
  }
  return found;
}

function assignRows(
  request: LayoutRequest,
  items: readonly Item[],
  columnOf: (item: Item) => Column,
  box: (state: string) => string,
): Map<string, number> {
  const { machine } = request;
  const rows = new Map<string, number>();
  const ends = (item: Item): boolean => item.kind === "end" || isTerminal(typeOf(machine, item));
  const spine = items.filter((item) => columnOf(item) === FORWARD && !ends(item));
  spine.forEach((item, row) => rows.set(item.id, row));

  // Compensations in the order in which they run: each next to the last step that it undoes, above the one before.
  const undone = new Map<string, number>();
  for (const state of machine.states.values()) {
    if (state.undo === null) continue;
    const row = rows.get(box(state.name)) ?? 0;
    undone.set(box(state.undo), Math.max(undone.get(box(state.undo)) ?? 0, row));
  }
  let above = spine.length;
  const compensations = items.filter((item) => columnOf(item) === COMPENSATION);
  for (const item of inRunningOrder(machine, compensations.filter((one) => !ends(one)), box)) {
    above = Math.min(undone.get(item.id) ?? above - 1, above - 1);
    rows.set(item.id, above);
  }
  for (const item of compensations.filter(ends)) rows.set(item.id, --above);

  // Cases next to the first step that leads to them, pushed down where a row is taken.
  const predecessors = predecessorsOf(machine);
  let free = Math.min(0, above);
  const wanted = (item: Item): number =>
    Math.min(
      ...item.states
        .flatMap((state) => predecessors.get(state) ?? [])
        .map((edge) => rows.get(box(edge.from)))
        .filter((row) => row !== undefined),
      spine.length,
    );
  const waiting = items.filter((item) => columnOf(item) === CASE && !ends(item));
  while (waiting.length > 0) {
    const next = waiting.reduce((best, item) => (wanted(item) < wanted(best) ? item : best));
    waiting.splice(waiting.indexOf(next), 1);
    const row = Math.max(free, wanted(next));
    rows.set(next.id, row);
    free = row + 1;
  }
  let bottom = Math.max(spine.length, free) + 1;
  const ended = items.filter((one) => columnOf(one) === FORWARD && ends(one));
  for (const item of ended.sort((a, b) => Number(b.kind === "end") - Number(a.kind === "end"))) rows.set(item.id, bottom++);
  bottom = Math.max(spine.length, free) + 1;
  for (const item of items.filter((one) => columnOf(one) === CASE && ends(one))) rows.set(item.id, bottom++);
  return rows;
}

function typeOf(machine: Machine, item: Item): string {
  return item.kind === "state" ? (machine.states.get(item.id)?.type ?? "") : "";
}

/** Compensations along their Next, those that nothing else in the column leads to first. */
function inRunningOrder(machine: Machine, items: readonly Item[], box: (state: string) => string): Item[] {
  const byId = new Map(items.map((item) => [item.id, item]));
  const follows = (item: Item): string[] =>
    item.states
      .flatMap((state) => machine.states.get(state)?.edges ?? [])
      .filter((edge) => edge.kind !== "catch")
      .map((edge) => box(edge.to))
      .filter((id) => byId.has(id) && id !== item.id);
  const led = new Set(items.flatMap(follows));
  const order: Item[] = [];
  const seen = new Set<string>();
  const walk = (item: Item): void => {
    if (seen.has(item.id)) return;
    seen.add(item.id);
    order.push(item);
    for (const id of follows(item)) {
      const next = byId.get(id);
      if (next !== undefined) walk(next);
    }
  };
  items.filter((item) => !led.has(item.id)).forEach(walk);
  items.forEach(walk);
  return order;
}

interface Route {
  edge: Edge;
  from: Item;
  to: Item;
  quiet: boolean;
}

/** Straight lines between neighbours, lanes for everything else. */
function routeEdges(
  request: LayoutRequest,
  items: readonly Item[],
  columnOf: (item: Item) => Column,
): PlacedEdge[] {
  const byId = new Map(items.map((item) => [item.id, item]));
  const occupied = new Set(items.map((item) => `${item.x}/${item.y}`));
  const routes: Route[] = [];
  for (const { edge, from, to } of edgesBetween(request)) {
    const [source, target] = [byId.get(from), byId.get(to)];
    if (source === undefined || target === undefined) continue;
    const quiet = !request.isTaken(edge) && (edge.kind === "catch" || columnOf(source) === CASE);
    routes.push({ edge, from: source, to: target, quiet });
  }
  const straight = (route: Route): boolean =>
    route.from.x === route.to.x && route.from !== route.to && isFree(occupied, route.from, route.to);
  const side = routes.filter((route) => route.from.x === route.to.x && !straight(route));
  const across = routes.filter((route) => route.from.x !== route.to.x);
  return [
    ...routes.filter(straight).map((route) => placed(route, vertical(route))),
    ...alongside(side),
    ...crossing(across),
  ];
}

function isFree(occupied: Set<string>, from: Item, to: Item): boolean {
  const step = from.y < to.y ? ROW_HEIGHT : -ROW_HEIGHT;
  for (let y = from.y + step; y !== to.y; y += step) if (occupied.has(`${from.x}/${y}`)) return false;
  return true;
}

function vertical({ from, to }: Route): [number, number][] {
  const x = from.x + NODE_WIDTH / 2;
  return from.y < to.y
    ? [[x, from.y + NODE_HEIGHT], [x, to.y]]
    : [[x, from.y], [x, to.y + NODE_HEIGHT]];
}

/** Loops and skips within a column: lanes left of the spine, right of the other columns. */
function alongside(routes: readonly Route[]): PlacedEdge[] {
  const found: PlacedEdge[] = [];
  for (const column of COLUMN_X) {
    const here = routes.filter((route) => route.from.x === column);
    const lanes = lanesOf(here);
    const left = column === COLUMN_X[FORWARD];
    // Many lanes stand closer together, so that none leaves the picture.
    const pitch = Math.min(LANE, (COLUMN_X[FORWARD] - 8) / (Math.max(0, ...lanes) + 1));
    here.forEach((route, index) => {
      const reach = pitch * ((lanes[index] ?? 0) + 1) + 4;
      const [edge, out] = left ? [column, column - reach] : [column + NODE_WIDTH, column + NODE_WIDTH + reach];
      const [start, end] = [route.from.y + 20, route.to.y + 10];
      found.push(placed(route, [[edge, start], [out, start], [out, end], [edge, end]]));
    });
  }
  return found;
}

/** From one column to another: through a lane of the gutter before the target's column. */
function crossing(routes: readonly Route[]): PlacedEdge[] {
  const found: PlacedEdge[] = [];
  for (const column of COLUMN_X) {
    const here = routes.filter((route) => route.to.x === column);
    const lanes = lanesOf(here);
    here.forEach((route, index) => {
      const toRight = route.to.x > route.from.x;
      const start: [number, number] = [route.from.x + (toRight ? NODE_WIDTH : 0), route.from.y + 15];
      const end: [number, number] = [route.to.x + (toRight ? 0 : NODE_WIDTH), route.to.y + 15];
      const adjacent = Math.abs(COLUMN_X.indexOf(route.to.x as 64) - COLUMN_X.indexOf(route.from.x as 64)) === 1;
      if (adjacent && route.from.y === route.to.y) {
        found.push(placed(route, [start, end]));
        return;
      }
      const reach = 14 + LANE * ((lanes[index] ?? 0) % 12);
      const lane = toRight ? end[0] - reach : end[0] + reach;
      if (adjacent) {
        found.push(placed(route, [start, [lane, start[1]], [lane, end[1]], end]));
        return;
      }
      // Over two gutters: pass the middle column between its rows.
      const first = toRight ? start[0] + 14 : start[0] - 14;
      const between = route.from.y + NODE_HEIGHT + 8;
      found.push(placed(route, [start, [first, start[1]], [first, between], [lane, between], [lane, end[1]], end]));
    });
  }
  return found;
}

/** Lanes for those that are always drawn; the others, drawn one state at a time, share the first. */
function lanesOf(routes: readonly Route[]): number[] {
  const drawn = routes.filter((route) => !route.quiet);
  const lanes = assignLanes(drawn.map(({ from, to }) => [from.y, to.y]));
  return routes.map((route) => (route.quiet ? 0 : (lanes[drawn.indexOf(route)] ?? 0)));
}

function placed(route: Route, points: [number, number][]): PlacedEdge {
  return { ...route.edge, points, quiet: route.quiet };
}
