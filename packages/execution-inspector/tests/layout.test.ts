import { describe, expect, it } from "vitest";
import { fallbackLayout } from "../src/fallback-layout.js";
import { foldStates } from "../src/fold.js";
import { assignLanes, type Layout, type LayoutRequest } from "../src/layout.js";
import { parseMachine } from "../src/machine.js";
import { edgeKey, summarize, takenEdges } from "../src/model.js";
import { sagaLayout } from "../src/saga-layout.js";
import { execution, longSaga } from "./support.js";

function request(name: string): LayoutRequest {
  const one = execution(name);
  const taken = takenEdges(one.visits, one.nodes);
  return { machine: one.machine, folds: new Map(), isTaken: (edge) => taken.has(edgeKey(edge.from, edge.to, edge.kind)) };
}

/** Proper crossings of segments of different edges that are drawn without a hover. */
function crossings(layout: Layout): number {
  const segments = layout.edges
    .filter((edge) => !edge.quiet)
    .flatMap((edge, index) => edge.points.slice(1).map((point, at) => ({ index, from: edge.points[at] ?? point, to: point })));
  let count = 0;
  for (const [a, one] of segments.entries()) {
    for (const other of segments.slice(a + 1)) if (one.index !== other.index && cross(one.from, one.to, other.from, other.to)) count += 1;
  }
  return count;
}

type Point = [number, number];
const turn = (a: Point, b: Point, c: Point): number => Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
function cross(a: Point, b: Point, c: Point, d: Point): boolean {
  return turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;
}

describe("saga layout", () => {
  it("puts each compensation beside the step that it undoes, and runs upwards", () => {
    const layout = sagaLayout(request("declined"));
    const y = new Map(layout.items.map((item) => [item.id, item.y]));
    for (const [undo, step] of [["ReversePayment", "AuthorisePayment"], ["ReleaseStock", "ReserveStock"], ["RejectOrder", "OpenOrder"]]) {
      expect(y.get(undo ?? "")).toBe(y.get(step ?? ""));
    }
    expect(y.get("AllCompensated")).toBeLessThan(y.get("AnnounceRejection") ?? 0);
  });

  it.each([["declined", 1], ["paid", 1], ["parked-resolved", 10], ["purchase-cancelled", 10]])("draws %s with at most %i crossings", (name, most) => {
    expect(crossings(sagaLayout(request(name)))).toBeLessThanOrEqual(most);
  });

  it("is 916 px wide and puts no two boxes in one place", () => {
    for (const name of ["paid", "declined", "parked", "purchase-cancelled", "reorder"]) {
      const layout = sagaLayout(request(name));
      expect(layout.width).toBe(916);
      expect(new Set(layout.items.map((item) => `${item.x}/${item.y}`)).size).toBe(layout.items.length);
      for (const item of layout.items) expect(item.y).toBeGreaterThan(0);
    }
  });

  it("hides catches that were not taken until a state is hovered", () => {
    const layout = sagaLayout(request("paid"));
    const catches = layout.edges.filter((edge) => edge.kind === "catch");
    expect(catches.length).toBeGreaterThan(10);
    expect(catches.every((edge) => edge.quiet)).toBe(true);
  });

  it("lays out 500 states in less than a second", () => {
    const machine = parseMachine(longSaga(248));
    expect(machine.states.size).toBe(500);
    const layout = sagaLayout({ machine, folds: new Map(), isTaken: () => false });
    expect(layout.items).toHaveLength(500);
  });
});

describe("folding", () => {
  it("folds case states that nothing entered into one box, and unfolds it", () => {
    const paid = execution("paid");
    const summaries = summarize(paid.visits);
    const folded = foldStates(paid.machine, summaries, new Set());
    expect([...folded.keys()]).toEqual(["fold:cases"]);
    expect(foldStates(paid.machine, summaries, new Set(["fold:cases"])).size).toBe(0);
  });

  it("keeps the case states of an execution that opened a case", () => {
    const parked = execution("parked");
    expect(foldStates(parked.machine, summarize(parked.visits), new Set()).size).toBe(0);
  });

  it("folds long runs of uneventful states of a long machine", () => {
    const machine = parseMachine(longSaga(100));
    const folds = foldStates(machine, new Map(), new Set());
    const layout = sagaLayout({ machine, folds, isTaken: () => false });
    expect(layout.items.length).toBeLessThan(machine.states.size - 90);
  });
});

describe("fallback layout", () => {
  it("lays out a machine without roles and keeps untaken catches out of it", async () => {
    const definition = longSaga(10);
    for (const state of Object.values(definition.States)) delete state.Comment;
    const machine = parseMachine(definition);
    expect(machine.hasRoles).toBe(false);
    const layout = await fallbackLayout({ machine, folds: new Map(), isTaken: () => false });
    expect(layout.items).toHaveLength(machine.states.size);
    expect(layout.edges.filter((edge) => edge.kind === "catch").every((edge) => edge.quiet)).toBe(true);
    expect(layout.width).toBeGreaterThan(0);
  });
});

describe("lanes", () => {
  it("gives overlapping intervals different lanes and others the same", () => {
    expect(assignLanes([[0, 10], [2, 4], [20, 30]])).toEqual([1, 0, 0]);
  });
});

describe("the picture", () => {
  it.each(["paid", "declined", "parked", "parked-resolved", "purchase-cancelled", "reorder"])("keeps every line of %s inside", (name) => {
    const layout = sagaLayout(request(name));
    for (const [x, y] of layout.edges.flatMap((edge) => edge.points)) {
      expect(x).toBeGreaterThan(0);
      expect(x).toBeLessThan(layout.width);
      expect(y).toBeGreaterThan(0);
      expect(y).toBeLessThan(layout.height);
    }
  });
});
