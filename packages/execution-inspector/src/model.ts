/** The execution as the views show it: summaries by state, taken edges, and how it ended. */

import { toMillis } from "./format.js";
import { machinesByOwner, parseMachine, type EdgeKind, type Machine, type StateNode } from "./machine.js";
import type { Messages } from "./messages.js";
import type { ExecutionDescription, HistoryEvent, InspectorInput } from "./types.js";
import { buildVisits, type Outcome, type Visit } from "./visits.js";

export interface TakenEdge {
  from: string;
  to: string;
  kind: EdgeKind;
  count: number;
  /** Error name of the last time a Catch was taken. */
  error: string | null;
}

export interface StateSummary {
  state: string;
  visits: Visit[];
  retries: number;
  /** Of the latest visit; null when the state was not entered. */
  outcome: Outcome | null;
}

export interface Execution {
  description: ExecutionDescription;
  machine: Machine;
  machines: Map<string, Machine[]>;
  nodes: Map<string, StateNode>;
  events: readonly HistoryEvent[];
  eventById: Map<number, HistoryEvent>;
  visits: Visit[];
  visitOfEvent: Map<number, Visit>;
  start: number;
  /** The last moment known: the end, or that of the last event. */
  end: number;
  running: boolean;
  /** A visit of a case that waits for a person's decision; null when there is none. */
  waiting: Visit | null;
  compensated: string[];
  uncompensated: string[];
  pivotPassed: boolean | null;
  /** State transitions as AWS bills them: each state entered, and each retry. */
  transitions: number;
}

/** Build the model. O(number of events). */
export function buildExecution(input: InspectorInput): Execution {
  const machine = parseMachine(input.definition);
  const machines = machinesByOwner(machine);
  const nodes = new Map<string, StateNode>();
  for (const group of machines.values()) for (const one of group) for (const [name, node] of one.states) nodes.set(name, node);
  const running = input.execution.status === "RUNNING" || input.execution.status === "PENDING_REDRIVE";
  const visits = buildVisits(input.events, running);
  const visitOfEvent = new Map<number, Visit>();
  for (const visit of visits) for (const id of visit.eventIds) visitOfEvent.set(id, visit);
  const [first, last] = [input.events[0], input.events.at(-1)];
  const start = first === undefined ? toMillis(input.execution.startDate) : toMillis(first.timestamp);
  const compensations = visits.filter((visit) => nodes.get(visit.state)?.role === "compensation");
  const latest = [...new Map(compensations.map((visit) => [visit.state, visit])).values()];
  const pivots = visits.filter((visit) => nodes.get(visit.state)?.role === "pivot");
  return {
    description: input.execution,
    machine,
    machines,
    nodes,
    events: input.events,
    eventById: new Map(input.events.map((event) => [event.id, event])),
    visits,
    visitOfEvent,
    start,
    end: last === undefined ? start : toMillis(last.timestamp),
    running,
    waiting: visits.findLast((visit) => visit.outcome === "waiting" && nodes.get(visit.state)?.role === "case") ?? null,
    compensated: latest.filter((visit) => visit.outcome === "succeeded").map((visit) => visit.state),
    uncompensated: latest.filter((visit) => visit.outcome !== "succeeded").map((visit) => visit.state),
    pivotPassed: [...nodes.values()].some((node) => node.role === "pivot")
      ? pivots.some((visit) => visit.outcome === "succeeded")
      : null,
    transitions: visits.reduce((sum, visit) => sum + 1 + Math.max(visit.attempts.length - 1, 0), 0),
  };
}

/** Summaries of the states that these visits entered. */
export function summarize(visits: readonly Visit[]): Map<string, StateSummary> {
  const summaries = new Map<string, StateSummary>();
  for (const visit of visits) {
    const summary = summaries.get(visit.state) ?? { state: visit.state, visits: [], retries: 0, outcome: null };
    summary.visits.push(visit);
    summary.retries += Math.max(visit.attempts.length - 1, 0);
    summary.outcome = visit.outcome;
    summaries.set(visit.state, summary);
  }
  return summaries;
}

/** The edges that these visits took, by `from>to>kind`. */
export function takenEdges(visits: readonly Visit[], nodes: Map<string, StateNode>): Map<string, TakenEdge> {
  const taken = new Map<string, TakenEdge>();
  for (const visit of visits) {
    if (visit.previous === null) continue;
    const from = visit.previous.state;
    const kind: EdgeKind = visit.via === "catch" ? "catch" : nodes.get(from)?.type === "Choice" ? "choice" : "next";
    const key = edgeKey(from, visit.state, kind);
    const edge = taken.get(key) ?? { from, to: visit.state, kind, count: 0, error: null };
    edge.count += 1;
    if (kind === "catch") edge.error = visit.previous.error;
    taken.set(key, edge);
  }
  return taken;
}

export function edgeKey(from: string, to: string, kind: EdgeKind): string {
  return `${from}>${to}>${kind}`;
}

/** One sentence on how the execution stands. */
export function headline(execution: Execution, messages: Messages): string {
  const { description: about, compensated, uncompensated, waiting } = execution;
  const parts = [messages.status(about.status)];
  if (about.error) parts.push(about.error);
  if (waiting !== null) parts.push(messages.waitingIn(waiting.state));
  if (execution.pivotPassed !== null && execution.running) {
    parts.push(execution.pivotPassed ? messages.pastPivot : messages.beforePivot);
  }
  if (compensated.length > 0) parts.push(messages.compensatedStates(compensated.join(", ")));
  if (uncompensated.length > 0) parts.push(messages.uncompensatedStates(uncompensated.join(", ")));
  return parts.join(" · ");
}
