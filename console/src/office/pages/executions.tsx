import { useCallback, useState } from "react";
import { hrefOf } from "../../core/router";
import { useShop } from "../../core/shop";
import { Button } from "../../core/ui";
import { ExecutionView } from "../execution-view";
import { ListPage, ReasonForm, RecordPage, Result } from "../parts";
import { useAction, useTexts } from "../use-api";

const WORKFLOWS = [
  "OrderCheckout",
  "OrderCancel",
  "OrderReturn",
  "OrderExchange",
  "OrderShipment",
  "PaymentReconciliation",
  "CustomerPayment",
  "CustomerMerge",
  "StockReorder",
  "PurchaseOrder",
  "StockTransfer",
  "ImageIngest",
  "ImageBackfill",
  "CatalogImport",
];
const STATUSES = ["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"];

export function ExecutionsPage(): React.ReactNode {
  const { text } = useTexts();
  return (
    <ListPage
      page="executions"
      title={text.pages.executions}
      route="GET /executions"
      columns={[{ field: "name" }, { field: "workflow" }, { field: "status" }, { field: "started" }, { field: "seconds", number: true }]}
      filters={[{ field: "workflow", options: WORKFLOWS }, { field: "status", options: STATUSES }, { field: "days" }]}
      linkTo={(row) => hrefOf("executions", String(row.execution_arn))}
    />
  );
}

export function ExecutionPage({ id }: { id: string }): React.ReactNode {
  const { office } = useTexts();
  const { api } = useShop();
  const [status, setStatus] = useState("");
  const [generation, setGeneration] = useState(0);
  const showAgain = useCallback(() => setGeneration((before) => before + 1), []);
  const action = useAction(showAgain, showAgain);
  const path = { execution: id };
  return (
    <RecordPage page="executions" title={id.split(":").at(-1) ?? id} problem={null} isLoading={false}>
      {status === "RUNNING" && (
        <ReasonForm
          label={office.stop}
          action={action}
          onConfirm={(reason) => api.call("POST /executions/{execution}/stop", { path, body: { reason } })}
        />
      )}
      {["FAILED", "TIMED_OUT", "ABORTED"].includes(status) && (
        <Button disabled={action.isRunning} onClick={() => action.run(() => api.call("POST /executions/{execution}/redrive", { path }))}>
          {office.redrive}
        </Button>
      )}
      <Result action={action} />
      <ExecutionView key={generation} execution={id} onLoad={setStatus} />
    </RecordPage>
  );
}
