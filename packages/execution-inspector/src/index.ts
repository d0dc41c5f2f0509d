export { defineExecutionInspector, ExecutionInspector } from "./inspector.js";
export { messagesOf, type Messages } from "./messages.js";
export type { ChildExecution, ChildLoader, DefinitionBody, ExecutionDescription, HistoryEvent, InspectorInput } from "./types.js";
