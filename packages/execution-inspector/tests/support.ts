import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildExecution, type Execution } from "../src/model.js";
import type { DefinitionBody, HistoryEvent, InspectorInput, StateBody } from "../src/types.js";

/** An execution of this project's workflows, recorded on the embedded engine. */
export function recorded(name: string): InspectorInput {
  const text = readFileSync(join(import.meta.dirname, "fixtures", `${name}.json`), "utf8");
  return JSON.parse(text) as InspectorInput;
}

export function execution(name: string): Execution {
  return buildExecution(recorded(name));
}

/** A saga of `length` compensatable steps, each with its compensation, a pivot, forward steps and a case. */
export function longSaga(length: number): DefinitionBody {
  const States: Record<string, StateBody> = {};
  for (let step = 0; step < length; step += 1) {
    States[`Step${step}`] = {
      Type: "Task",
      Comment: `[compensatable; undo=Undo${step}] Do it.`,
      Next: step + 1 < length ? `Step${step + 1}` : "Decide",
      Catch: [{ ErrorEquals: ["States.ALL"], Next: `Undo${step}` }],
    };
    States[`Undo${step}`] = {
      Type: "Task",
      Comment: "[compensation] Undo it.",
      Next: step > 0 ? `Undo${step - 1}` : "Undone",
      Catch: [{ ErrorEquals: ["States.ALL"], Next: step > 0 ? `Undo${step - 1}` : "Undone" }],
    };
  }
  States.Decide = { Type: "Task", Comment: "[pivot] Decide.", Next: "Done", Catch: [{ ErrorEquals: ["States.ALL"], Next: "Ask" }] };
  States.Ask = { Type: "Task", Comment: "[case] Ask.", Next: "Done" };
  States.Done = { Type: "Succeed" };
  States.Undone = { Type: "Fail" };
  return { StartAt: "Step0", States };
}

/** One inline Map with so many iterations of two tasks, of which every 40th has a caught error; cut off in mid-run. */
export function mapHistory(iterations: number): InspectorInput {
  const events: HistoryEvent[] = [];
  const base = Date.parse("2026-11-23T10:00:00Z") / 1000;
  const add = (type: string, previousEventId: number, details: Record<string, unknown> = {}): number => {
    const id = events.length + 1;
    events.push({ id, previousEventId, timestamp: base + id / 1000, type, ...details });
    return id;
  };
  const started = add("ExecutionStarted", 0);
  const entered = add("MapStateEntered", started, { stateEnteredEventDetails: { name: "Each", input: "[]" } });
  const begun = add("MapStateStarted", entered, { mapStateStartedEventDetails: { length: iterations } });
  for (let index = 0; index < iterations; index += 1) {
    let at = add("MapIterationStarted", begun, { mapIterationStartedEventDetails: { name: "Each", index } });
    at = add("TaskStateEntered", at, { stateEnteredEventDetails: { name: "Work", input: `{"sku":"S-${index}"}` } });
    at = add("TaskScheduled", at);
    if (index % 40 === 0) {
      at = add("TaskFailed", at, { taskFailedEventDetails: { error: "Broken", cause: "no" } });
      at = add("TaskStateExited", at, { stateExitedEventDetails: { name: "Work", output: "{}" } });
      at = add("PassStateEntered", at, { stateEnteredEventDetails: { name: "Mend", input: "{}" } });
      at = add("PassStateExited", at, { stateExitedEventDetails: { name: "Mend", output: "{}" } });
    } else {
      at = add("TaskSucceeded", at);
      at = add("TaskStateExited", at, { stateExitedEventDetails: { name: "Work", output: "{}" } });
    }
    if (index < iterations - 10) add("MapIterationSucceeded", at, { mapIterationSucceededEventDetails: { name: "Each", index } });
  }
  return {
    definition: {
      StartAt: "Each",
      States: {
        Each: {
          Type: "Map",
          End: true,
          ItemProcessor: {
            StartAt: "Work",
            States: {
              Work: { Type: "Task", End: true, Catch: [{ ErrorEquals: ["Broken"], Next: "Mend" }] },
              Mend: { Type: "Pass", End: true },
            },
          },
        },
      },
    },
    execution: { executionArn: "arn:aws:states:eu-west-1:000000000000:execution:m:e", name: "e", status: "RUNNING" },
    events,
  };
}
