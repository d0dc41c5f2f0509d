import { useState } from "react";
import { hrefOf } from "../../core/router";
import { useShop } from "../../core/shop";
import { Button, Field } from "../../core/ui";
import { Fields, ListPage, RecordPage, Result, Table } from "../parts";
import { useAction, useRecord, useTexts, type ActionView, type Row } from "../use-api";

const DECISIONS = ["retry", "done", "give_up"] as const;
type Decision = (typeof DECISIONS)[number];

export function CasesPage(): React.ReactNode {
  const { text } = useTexts();
  return (
    <ListPage
      page="cases"
      title={text.pages.cases}
      route="GET /cases"
      columns={[{ field: "case_id" }, { field: "status" }, { field: "workflow" }, { field: "step" }, { field: "error" }, { field: "opened_at" }, { field: "decision" }]}
      filters={[{ field: "status", options: ["OPEN", "RESOLVED"] }]}
      linkTo={(row) => hrefOf("cases", String(row.case_id))}
    />
  );
}

export function CasePage({ id }: { id: string }): React.ReactNode {
  const { office } = useTexts();
  const { value: found, problem, reload } = useRecord("GET /cases/{case_id}", { case_id: id });
  const [wasLate, setLate] = useState(false);
  // Here and not in the form, which is gone once the case is settled, here or in another window.
  const action = useAction(reload, reload);
  return (
    <RecordPage page="cases" title={id} problem={problem} isLoading={found === null}>
      {found !== null && (
        <>
          <Fields
            row={found as unknown as Row}
            fields={["status", "workflow", "business_id", "side", "step", "error", "cause", "opened_at", "decision", "note", "resolved_at", "resolved_by"]}
          />
          {found.failures.length > 0 && (
            <>
              <h2>{office.failures}</h2>
              <Table caption={office.failures} columns={[{ field: "step" }, { field: "error" }, { field: "cause" }]} rows={found.failures} />
            </>
          )}
          {found.execution !== "" && <p><a href={hrefOf("executions", found.execution)}>{office.openExecution}</a></p>}
          {found.status === "OPEN" && <DecisionForm id={id} action={action} onDecided={(isDelivered) => setLate(!isDelivered)} />}
          <Result action={action} />
          {wasLate && <p className="notice">{office.notDelivered}</p>}
        </>
      )}
    </RecordPage>
  );
}

function DecisionForm({ id, action, onDecided }: { id: string; action: ActionView; onDecided: (isDelivered: boolean) => void }): React.ReactNode {
  const { office } = useTexts();
  const { api } = useShop();
  const [decision, setDecision] = useState<Decision>("retry");
  const [note, setNote] = useState("");
  const needsNote = decision !== "retry";
  return (
    <form
      className="stack narrow"
      onSubmit={(event) => {
        event.preventDefault();
        action.run(async () => {
          const { body } = await api.call("POST /cases/{case_id}/decision", { path: { case_id: id }, body: { decision, note } });
          onDecided(body.delivered);
        });
      }}
    >
      <h2>{office.resolve}</h2>
      <fieldset className="unframed stack">
        <legend className="visually-hidden">{office.resolve}</legend>
        {DECISIONS.map((name) => (
          <label key={name} className="choice">
            <input type="radio" name="decision" checked={decision === name} onChange={() => setDecision(name)} /> {office.decisions[name]}
          </label>
        ))}
      </fieldset>
      <Field label={office.note} value={note} onChange={(event) => setNote(event.target.value)} required={needsNote} maxLength={500} />
      <Button kind="primary" type="submit" disabled={action.isRunning || (needsNote && note.trim() === "")}>{office.confirm}</Button>
    </form>
  );
}
