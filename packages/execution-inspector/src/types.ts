/** What the component is given: a definition, an execution's description and history, as AWS's API returns them. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** One event of GetExecutionHistory. `timestamp` is an ISO text, or seconds since 1970 as the JSON protocol sends it. */
export interface HistoryEvent {
  id: number;
  previousEventId?: number;
  timestamp: string | number;
  type: string;
  [details: string]: unknown;
}

export interface ExecutionDescription {
  executionArn: string;
  name: string;
  status: string;
  startDate?: string | number;
  stopDate?: string | number;
  input?: string;
  output?: string;
  error?: string;
  cause?: string;
}

/** One definition state as the Amazon States Language has it. */
export interface StateBody {
  Type: string;
  Comment?: string;
  Next?: string;
  End?: boolean;
  Default?: string;
  Resource?: string;
  Choices?: { Next: string; Condition?: string; Comment?: string }[];
  Catch?: { ErrorEquals: string[]; Next: string; Comment?: string }[];
  Branches?: DefinitionBody[];
  ItemProcessor?: DefinitionBody & { ProcessorConfig?: { Mode?: string } };
  Iterator?: DefinitionBody;
}

export interface DefinitionBody {
  Comment?: string;
  StartAt: string;
  States: Record<string, StateBody>;
}

export interface InspectorInput {
  definition: DefinitionBody;
  execution: ExecutionDescription;
  events: HistoryEvent[];
}

/** An execution that another one started: a child of a distributed Map, or a nested execution. */
export interface ChildExecution {
  executionArn: string;
  name: string;
  status: string;
  startDate?: string | number;
  stopDate?: string | number;
}

/** How children are fetched when the user asks for them. Without it, children are named but not opened. */
export interface ChildLoader {
  listMapRun(mapRunArn: string): Promise<ChildExecution[]>;
  load(executionArn: string): Promise<InspectorInput>;
}

export const ROLES = ["compensatable", "pivot", "inquiry", "forward", "compensation", "case"] as const;
export type Role = (typeof ROLES)[number];
