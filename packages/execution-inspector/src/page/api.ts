/** The Step Functions API in a browser: the AWS JSON protocol at the page's own address. */

import type { ChildExecution, ChildLoader, DefinitionBody, ExecutionDescription, HistoryEvent, InspectorInput } from "../types.js";

export interface StateMachine {
  stateMachineArn: string;
  name: string;
  type: string;
}

/** An error of the API: its name and message. */
export class ApiError extends Error {
  constructor(readonly code: string, message: string) {
    super(message === "" ? code : `${code}: ${message}`);
  }
}

/** Call an operation. Raises ApiError with the service's error name. */
export async function call<T>(operation: string, request: Record<string, unknown>): Promise<T> {
  const response = await fetch(location.pathname, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `AWSStepFunctions.${operation}` },
    body: JSON.stringify(request),
  });
  const body: unknown = await response.json();
  if (response.ok) return body as T;
  const { __type: type = `HTTP ${response.status}`, message, Message } = body as { __type?: string; message?: string; Message?: string };
  throw new ApiError(type.split("#").at(-1) ?? type, message ?? Message ?? "");
}

/** Every item of a paged operation. `limit` bounds how many are read. */
async function pages<T>(operation: string, request: Record<string, unknown>, field: string, limit = Infinity): Promise<T[]> {
  const found: T[] = [];
  let nextToken: string | undefined;
  do {
    const page: Record<string, unknown> = await call(operation, nextToken === undefined ? request : { ...request, nextToken });
    found.push(...(page[field] as T[]));
    nextToken = page.nextToken as string | undefined;
  } while (nextToken !== undefined && found.length < limit);
  return found;
}

export function listMachines(): Promise<StateMachine[]> {
  return pages("ListStateMachines", { maxResults: 1000 }, "stateMachines");
}

export function listExecutions(stateMachineArn: string, statusFilter: string, limit: number): Promise<ChildExecution[]> {
  const filter = statusFilter === "" ? {} : { statusFilter };
  return pages("ListExecutions", { stateMachineArn, maxResults: limit, ...filter }, "executions", limit);
}

/** The definition that the execution runs, its description, and its whole history. */
export async function loadExecution(executionArn: string): Promise<InspectorInput> {
  const [execution, machine, events] = await Promise.all([
    call<ExecutionDescription>("DescribeExecution", { executionArn }),
    call<{ definition: string }>("DescribeStateMachineForExecution", { executionArn }),
    pages<HistoryEvent>("GetExecutionHistory", { executionArn, maxResults: 1000 }, "events"),
  ]);
  return { execution, events, definition: JSON.parse(machine.definition) as DefinitionBody };
}

export const loader: ChildLoader = {
  listMapRun: (mapRunArn) => pages("ListExecutions", { mapRunArn, maxResults: 1000 }, "executions", 10_000),
  load: loadExecution,
};
