import { useState } from "react";
import { hrefOf } from "../../core/router";
import { useShop } from "../../core/shop";
import { Button, Field } from "../../core/ui";
import { ListPage, Notice, Result } from "../parts";
import { useAction, useTexts } from "../use-api";

export function ApprovalsPage(): React.ReactNode {
  const { text } = useTexts();
  return (
    <ListPage
      page="approvals"
      title={text.pages.approvals}
      route="GET /approvals"
      columns={[
        { field: "purchase_order_id" }, { field: "asked" }, { field: "asked_at" }, { field: "total", number: true },
        { field: "decision", cell: (row) => <ApprovalForm id={String(row.purchase_order_id)} total={Number(row.total)} /> },
      ]}
    />
  );
}

function ApprovalForm({ id, total }: { id: string; total: number }): React.ReactNode {
  const { office } = useTexts();
  const { api } = useShop();
  const [note, setNote] = useState("");
  const [decided, setDecided] = useState<"approve" | "refuse" | null>(null);
  const action = useAction(() => undefined);
  const decide = (decision: "approve" | "refuse"): void => action.run(async () => {
    const path = { purchase_order_id: id };
    await api.call("POST /approvals/{purchase_order_id}/decision", { path, body: { decision, note: note.trim(), total } });
    setDecided(decision);
  });
  if (decided !== null) {
    return (
      <p role="status">
        {office.approvals[decided]} {decided === "approve" && <a href={hrefOf("purchases", id, { awaited: "1" })}>{office.showPurchase}</a>}
      </p>
    );
  }
  // Decided by another person, withdrawn, or of another total: what the row shows is not what there is to decide.
  if (action.problem?.status === 409) {
    return (
      <>
        <Notice problem={action.problem} />
        <a href={hrefOf("purchases", id, { awaited: "1" })}>{office.showPurchase}</a>
      </>
    );
  }
  return (
    <div className="stack">
      <div className="row">
        <Button kind="primary" disabled={action.isRunning} aria-label={`${office.approve}: ${id}`} onClick={() => decide("approve")}>
          {office.approve}
        </Button>
        <Field label={office.note} value={note} onChange={(event) => setNote(event.target.value)} maxLength={200} />
        <Button kind="danger" disabled={action.isRunning || note.trim() === ""} aria-label={`${office.refuse}: ${id}`} onClick={() => decide("refuse")}>
          {office.refuse}
        </Button>
      </div>
      <Result action={action} />
    </div>
  );
}
