/** A definition as a graph: states with their roles, the edges between them, and the machines inside Maps and Parallels. */

import { parseComment } from "./metadata.js";
import type { DefinitionBody, Role, StateBody } from "./types.js";

export type EdgeKind = "next" | "choice" | "catch";

export interface Edge {
  from: string;
  to: string;
  kind: EdgeKind;
  /** Error names of a Catch, or the number of a Choice rule; empty for Next. */
  label: string;
}

export interface StateNode {
  name: string;
  type: string;
  role: Role | null;
  undo: string | null;
  comment: string;
  waitsForCallback: boolean;
  distributed: boolean;
  ends: boolean;
  edges: Edge[];
  inner: Machine[];
}

export interface Machine {
  start: string;
  /** In the order of the definition, which its author wrote to be read. */
  states: Map<string, StateNode>;
  hasRoles: boolean;
}

/** Parse a definition. States that a transition names but the definition lacks get no edge. */
export function parseMachine(definition: DefinitionBody): Machine {
  const states = new Map(
    Object.entries(definition.States).map(([name, body]) => [name, parseState(name, body)]),
  );
  for (const state of states.values()) state.edges = state.edges.filter((edge) => states.has(edge.to));
  return {
    start: definition.StartAt,
    states,
    hasRoles: [...states.values()].some((state) => state.role !== null),
  };
}

/** Every machine by the name of the state that holds it; "" for the outermost. */
export function machinesByOwner(machine: Machine, owner = ""): Map<string, Machine[]> {
  const found = new Map<string, Machine[]>([[owner, [machine]]]);
  const walk = (from: Machine): void => {
    for (const state of from.states.values()) {
      if (state.inner.length > 0) found.set(state.name, state.inner);
      state.inner.forEach(walk);
    }
  };
  walk(machine);
  return found;
}

function parseState(name: string, body: StateBody): StateNode {
  const metadata = parseComment(body.Comment);
  const inner = [...(body.Branches ?? []), body.ItemProcessor ?? body.Iterator].filter(
    (one): one is DefinitionBody => one !== undefined,
  );
  return {
    name,
    type: body.Type,
    role: metadata.role,
    undo: metadata.undo,
    comment: metadata.text,
    waitsForCallback: (body.Resource ?? "").endsWith(".waitForTaskToken"),
    distributed: body.ItemProcessor?.ProcessorConfig?.Mode === "DISTRIBUTED",
    ends: body.End === true || body.Type === "Succeed" || body.Type === "Fail",
    edges: edgesOf(name, body),
    inner: inner.map(parseMachine),
  };
}

function edgesOf(from: string, body: StateBody): Edge[] {
  const edges: Edge[] = [];
  const add = (to: string | undefined, kind: EdgeKind, label: string): void => {
    if (to !== undefined) edges.push({ from, to, kind, label });
  };
  (body.Choices ?? []).forEach((rule, index) => {
    add(rule.Next, "choice", `rule ${index + 1}`);
  });
  add(body.Default, "choice", "default");
  add(body.Next, "next", "");
  for (const catcher of body.Catch ?? []) add(catcher.Next, "catch", catcher.ErrorEquals.join(", "));
  return edges;
}
