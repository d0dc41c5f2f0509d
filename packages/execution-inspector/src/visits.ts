/**
 * Visits: one stay in one state, with its attempts, built in one pass over the events.
 *
 * An event belongs to the visit of the event that it follows (`previousEventId`), never to that of the row before:
 * events of iterations and branches interleave.
 */

import { toMillis } from "./format.js";
import type { HistoryEvent } from "./types.js";

/** One iteration of a Map, or one branch of a Parallel. `index` is the iteration's; null for a branch. */
export interface Frame {
  owner: Visit;
  index: number | null;
}

export interface Attempt {
  scheduled: number;
  started: number | null;
  submitted: number | null;
  ended: number | null;
  error: string | null;
  cause: string | null;
}

export type Outcome = "succeeded" | "caught" | "failed" | "aborted" | "waiting" | "running";

export interface Visit {
  /** Position in the order of entry, from 1. */
  number: number;
  state: string;
  type: string;
  frame: Frame | null;
  entered: number;
  exited: number | null;
  /** The visit before, and how it led here. */
  previous: Visit | null;
  via: "start" | "next" | "catch";
  attempts: Attempt[];
  outcome: Outcome;
  error: string | null;
  cause: string | null;
  input: string | null;
  output: string | null;
  assigned: Record<string, string>;
  mapRunArn: string | null;
  eventIds: number[];
}

interface Details {
  name?: string;
  index?: number;
  input?: string;
  output?: string;
  assignedVariables?: Record<string, string>;
  error?: string;
  cause?: string;
  mapRunArn?: string;
}

const SCHEDULED = new Set(["TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled"]);
const STARTED = new Set(["TaskStarted", "LambdaFunctionStarted", "ActivityStarted", "TaskSubmitted"]);
const FAILURE = /^(?!Execution)\w+(Failed|TimedOut)$/;
const SUCCESS = /^(Task|LambdaFunction|Activity)Succeeded$/;
const SPAN = /^(MapState|ParallelState|MapRun)/;

/** Return every visit in the order of entry. `running`: whether the execution has not ended. */
export function buildVisits(events: readonly HistoryEvent[], running: boolean): Visit[] {
  const visits: Visit[] = [];
  const owners = new Map<number, Visit>();
  const frames = new Map<number, Frame | null>();
  for (const event of events) {
    const details = detailsOf(event);
    const before = event.previousEventId ?? 0;
    const at = toMillis(event.timestamp);
    let owner = owners.get(before) ?? null;
    let frame = frames.get(before) ?? null;
    if (event.type.endsWith("StateEntered")) {
      owner = enter(event, details, at, owner, frame, visits.length + 1);
      visits.push(owner);
    } else if (owner !== null) {
      if (event.type === "MapIterationStarted") {
        owner = enclosing(owner, details.name);
        frame = { owner, index: details.index ?? 0 };
      } else if (event.type.startsWith("MapIteration") || event.type.endsWith("StateExited")) {
        owner = enclosing(owner, details.name);
        frame = owner.frame;
      } else if (event.type === "ParallelStateStarted") {
        frame = { owner, index: null };
      } else if (SPAN.test(event.type) && owner.type !== "Map" && owner.type !== "Parallel") {
        owner = owner.frame?.owner ?? owner;
        frame = owner.frame;
      } else if (SPAN.test(event.type)) {
        frame = owner.frame;
      }
      record(owner, event, details, at);
    }
    if (owner !== null) {
      owner.eventIds.push(event.id);
      owners.set(event.id, owner);
      frames.set(event.id, frame);
    }
  }
  if (!running) for (const visit of visits) close(visit);
  return visits;
}

/** The first details object of an event: `taskFailedEventDetails` and the like. */
export function detailsOf(event: HistoryEvent): Details {
  for (const key in event) if (key.endsWith("EventDetails")) return event[key] as Details;
  return {};
}

function enter(
  event: HistoryEvent,
  details: Details,
  at: number,
  previous: Visit | null,
  frame: Frame | null,
  number: number,
): Visit {
  const first = previous === null || previous === frame?.owner;
  return {
    number,
    state: details.name ?? "",
    type: event.type.slice(0, -"StateEntered".length),
    frame,
    entered: at,
    exited: null,
    previous: first ? null : previous,
    via: first ? "start" : previous.outcome === "caught" ? "catch" : "next",
    attempts: [],
    outcome: "running",
    error: null,
    cause: null,
    input: details.input ?? null,
    output: null,
    assigned: {},
    mapRunArn: null,
    eventIds: [],
  };
}

function record(visit: Visit, event: HistoryEvent, details: Details, at: number): void {
  const attempt = visit.attempts.at(-1);
  if (SCHEDULED.has(event.type)) {
    visit.attempts.push({ scheduled: at, started: null, submitted: null, ended: null, error: null, cause: null });
    visit.outcome = "running";
  } else if (STARTED.has(event.type) && attempt !== undefined) {
    if (event.type === "TaskSubmitted") {
      attempt.submitted = at;
      visit.outcome = "waiting";
    } else {
      attempt.started = at;
    }
  } else if (event.type === "MapRunStarted") {
    visit.mapRunArn = details.mapRunArn ?? null;
  } else if (SUCCESS.test(event.type)) {
    if (attempt !== undefined) attempt.ended = at;
    visit.outcome = "succeeded";
  } else if (FAILURE.test(event.type) && !event.type.startsWith("MapIteration")) {
    const error = details.error ?? (event.type.endsWith("TimedOut") ? "States.Timeout" : event.type);
    if (attempt !== undefined) Object.assign(attempt, { ended: at, error, cause: details.cause ?? "" });
    Object.assign(visit, { outcome: "failed", error, cause: details.cause ?? "" });
  } else if (event.type.endsWith("StateExited")) {
    visit.exited = at;
    visit.output = details.output ?? null;
    visit.assigned = details.assignedVariables ?? {};
    visit.outcome = visit.outcome === "failed" ? "caught" : "succeeded";
  } else if (/^Execution(Failed|TimedOut|Aborted|Succeeded)$/.test(event.type)) {
    finish(visit, event.type, details, at);
  } else if (event.type.endsWith("StateAborted")) {
    Object.assign(visit, { outcome: "aborted", exited: at });
  }
}

/** The execution ends in this visit: a Fail state never exits, and an uncaught error leaves its state open. */
function finish(visit: Visit, type: string, details: Details, at: number): void {
  if (visit.exited !== null) return;
  visit.exited = at;
  if (type === "ExecutionAborted") visit.outcome = "aborted";
  else if (type !== "ExecutionSucceeded") {
    visit.outcome = "failed";
    visit.error ??= details.error ?? (type === "ExecutionTimedOut" ? "States.Timeout" : "");
    visit.cause ??= details.cause ?? "";
  }
}

function close(visit: Visit): void {
  if (visit.exited === null && (visit.outcome === "running" || visit.outcome === "waiting")) visit.outcome = "aborted";
}

function enclosing(visit: Visit, name: string | undefined): Visit {
  let owner: Visit | null = visit;
  while (owner !== null && name !== undefined && owner.state !== name) owner = owner.frame?.owner ?? null;
  return owner ?? visit;
}
