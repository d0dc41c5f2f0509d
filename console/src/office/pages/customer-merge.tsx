import { useState } from "react";
import { Problem, type Api } from "../../core/api";
import type { Customer, ExecutionProgress } from "../../core/responses";
import { hrefOf } from "../../core/router";
import { pauseFor } from "../../core/settle";
import { useShop } from "../../core/shop";
import { Button, LazyPart } from "../../core/ui";
import { CustomerDialog } from "../../till/lazy-parts";
import { causeText, Notice, Result } from "../parts";
import { until } from "../until";
import { useAction, useRecord, useTexts } from "../use-api";

const FOLLOW_MS = 1_000;
const WAITS_MS = 10_000;

function isRunning({ status }: ExecutionProgress): boolean {
  return status === "RUNNING" || status === "PENDING_REDRIVE";
}

/** How often the progress of an execution is read; null once it has ended. */
function followed(progress: ExecutionProgress): number | null {
  if (!isRunning(progress)) return null;
  return progress.waits ? WAITS_MS : FOLLOW_MS;
}

/** Wait until a merge that was started is recorded. Raises the Problem of one that its workflow has refused. */
async function recorded(api: Api, mergeId: string): Promise<void> {
  const path = { execution: mergeId };
  for (;;) {
    const progress = await until(() => api.get("GET /executions/{execution}/progress", { path }));
    try {
      await api.get("GET /customer-merges/{merge_id}", { path: { merge_id: mergeId } });
      return;
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error;
    }
    if (!isRunning(progress)) throw new Problem(409, progress.error ?? progress.status, causeText(progress.cause ?? ""), "");
    await pauseFor(FOLLOW_MS);
  }
}

type Named = Pick<Customer, "customer_id" | "name">;

/** Merge a customer into another one, which remains. It cannot be undone: both records are named before. */
export function CustomerMerge({ customer, onDone }: { customer: Named; onDone: () => void }): React.ReactNode {
  const { office } = useTexts();
  const { api } = useShop();
  const [isChoosing, setChoosing] = useState(false);
  const [survivor, setSurvivor] = useState<Named | null>(null);
  // The same merge again starts nothing; one into another customer is another merge.
  const [mergeId, setMergeId] = useState(() => `mrg-${crypto.randomUUID()}`);
  const action = useAction(onDone, onDone);
  const choose = (chosen: Named | null): void => {
    setSurvivor(chosen);
    setMergeId(`mrg-${crypto.randomUUID()}`);
  };
  const merge = (into: string): void => action.run(async () => {
    const body = { merge_id: mergeId, survivor_id: into };
    await api.call("POST /customers/{customer_id}/merge", { path: { customer_id: customer.customer_id }, body });
    await recorded(api, mergeId);
  });
  const isSame = survivor?.customer_id === customer.customer_id;
  return (
    <section className="stack narrow" aria-labelledby="merge-title">
      <h2 id="merge-title">{office.merging.title}</h2>
      <p className="muted">{office.merging.hint}</p>
      <div className="row wrap">
        <Button disabled={action.isRunning} onClick={() => setChoosing(true)}>{survivor === null ? office.merging.choose : office.merging.chooseOther}</Button>
      </div>
      {isSame && <p role="alert" className="notice bad">{office.merging.same}</p>}
      {survivor !== null && !isSame && (
        <>
          <p className="notice">{office.merging.confirm(nameOf(customer), nameOf(survivor))}</p>
          <div className="row">
            <Button kind="danger" disabled={action.isRunning} onClick={() => merge(survivor.customer_id)}>{office.merging.merge}</Button>
          </div>
        </>
      )}
      {action.isRunning && <p role="status" className="notice">{office.merging.running}</p>}
      <Result action={action} />
      {isChoosing && <LazyPart><CustomerDialog onChoose={choose} onClose={() => setChoosing(false)} /></LazyPart>}
    </section>
  );
}

function nameOf({ name, customer_id: id }: Named): string {
  return `${name} (${id})`;
}

/** Where what belonged to a merged customer is, or how far its way there is: people who may merge follow it. */
export function MergedInto({ survivorId, mergeId }: { survivorId: string; mergeId: string }): React.ReactNode {
  const { office } = useTexts();
  const { person } = useShop();
  return (
    <>
      <p className="notice">
        {office.merging.merged} <a href={hrefOf("customers", survivorId)}>{office.merging.show(survivorId)}</a>
      </p>
      {mergeId !== "" && person.scopes.includes("manage") && <Movement mergeId={mergeId} />}
    </>
  );
}

function Movement({ mergeId }: { mergeId: string }): React.ReactNode {
  const { office, label } = useTexts();
  const texts = office.merging;
  const { value: progress, problem } = useRecord("GET /executions/{execution}/progress", { execution: mergeId }, followed);
  // Step Functions deletes an execution 90 days after its end.
  if (problem?.title === "UnknownExecution") return null;
  if (progress === null) return <Notice problem={problem} />;
  if (progress.status === "SUCCEEDED") return <p role="status" className="notice">{texts.moved}</p>;
  if (isRunning(progress)) {
    return (
      <p role="status" className="notice">
        {progress.waits ? <>{texts.waits} <a href={hrefOf("cases")}>{texts.showCases}</a></> : texts.moving}
      </p>
    );
  }
  return (
    <p role="alert" className="notice bad">
      {texts.notMoved} {progress.error !== null && <>{label("error")}: {progress.error}</>}
    </p>
  );
}
