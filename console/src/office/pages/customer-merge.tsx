import { useState } from "react";
import type { Customer } from "../../core/responses";
import { hrefOf } from "../../core/router";
import { useShop } from "../../core/shop";
import { Button, LazyPart } from "../../core/ui";
import { CustomerDialog } from "../../till/lazy-parts";
import { Result } from "../parts";
import { until } from "../until";
import { useAction, useTexts } from "../use-api";

type Named = Pick<Customer, "customer_id" | "name">;

/** Merge a customer into another one, which remains. It cannot be undone: both records are named before. */
export function CustomerMerge({ customer, onDone }: { customer: Named; onDone: () => void }): React.ReactNode {
  const { office } = useTexts();
  const { api } = useShop();
  const [isChoosing, setChoosing] = useState(false);
  const [survivor, setSurvivor] = useState<Named | null>(null);
  // The same merge again starts nothing; one into another customer is another merge.
  const [mergeId, setMergeId] = useState(() => `mrg-${crypto.randomUUID()}`);
  const action = useAction(onDone);
  const choose = (chosen: Named | null): void => {
    setSurvivor(chosen);
    setMergeId(`mrg-${crypto.randomUUID()}`);
  };
  const merge = (into: string): void => action.run(async () => {
    const body = { merge_id: mergeId, survivor_id: into };
    await api.call("POST /customers/{customer_id}/merge", { path: { customer_id: customer.customer_id }, body });
    await until(() => api.get("GET /customer-merges/{merge_id}", { path: { merge_id: mergeId } }));
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

/** Where what belonged to a merged customer is. */
export function MergedInto({ survivorId }: { survivorId: string }): React.ReactNode {
  const { office } = useTexts();
  return (
    <p role="status" className="notice">
      {office.merging.merged} <a href={hrefOf("customers", survivorId)}>{office.merging.show(survivorId)}</a>
    </p>
  );
}
