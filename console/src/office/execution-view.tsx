import { defineExecutionInspector, ExecutionInspector, type InspectorInput } from "execution-inspector";
import { useEffect, useRef } from "react";
import { useRecord, useTexts } from "./use-api";
import { Notice } from "./parts";

const FOLLOW_MS = 2_000;

defineExecutionInspector();

/** The inspector of one execution, by its name or ARN; it follows one that runs. */
export function ExecutionView({ execution, onLoad }: { execution: string; onLoad?: (status: string) => void }): React.ReactNode {
  const { text, code } = useTexts();
  const place = useRef<HTMLDivElement>(null);
  const { value, problem } = useRecord("GET /executions/{execution}", { execution }, (read) => (read.execution.status === "RUNNING" ? FOLLOW_MS : null));
  const status = value?.execution.status;
  useEffect(() => {
    if (value === null || place.current === null) return;
    const shown = place.current.firstElementChild;
    const inspector = shown instanceof ExecutionInspector ? shown : new ExecutionInspector();
    if (inspector !== shown) place.current.append(inspector);
    inspector.lang = code;
    inspector.data = value as InspectorInput;
  }, [value, code]);
  useEffect(() => {
    if (status !== undefined) onLoad?.(status);
  }, [status, onLoad]);
  return (
    <>
      <Notice problem={problem} />
      {value === null && problem === null && <p className="muted">{text.loading}</p>}
      <div ref={place} className="inspector" key={execution} />
    </>
  );
}
