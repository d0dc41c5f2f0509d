export { defineExecutionInspector, ExecutionInspector } from "./inspector.js";
export type { ChildExecution, ChildLoader, DefinitionBody, ExecutionDescription, HistoryEvent, InspectorInput } from "./types.js";
