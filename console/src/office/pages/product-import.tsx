import { useState } from "react";
import type { Api } from "../../core/api";
import type { ImportReport } from "../../core/responses";
import { pauseFor } from "../../core/settle";
import { useShop } from "../../core/shop";
import { Button, Field } from "../../core/ui";
import { Notice, Table } from "../parts";
import { until } from "../until";
import { upload } from "../upload";
import { useAction, useTexts } from "../use-api";

const LARGEST_BYTES = 10 * 2 ** 20;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;
/** How long a page waits for an import; it continues without the page. */
const MOST_MS = 15 * 60_000;

/** Upload a file, import it or report what would change, and return the report; RUNNING if that takes very long. */
async function importFile(api: Api, file: File, isDryRun: boolean, onProgress: (report: ImportReport) => void): Promise<ImportReport> {
  const id = `imp-${crypto.randomUUID()}`;
  await upload(await api.get("POST /product-imports/uploads", { body: { import_id: id } }), file);
  await api.call("POST /product-imports", { body: { import_id: id, dry_run: isDryRun } });
  const read = (): Promise<ImportReport> => api.get("GET /product-imports/{import_id}", { path: { import_id: id } });
  const startedAt = Date.now();
  let report = await until(read);
  for (let pause = FIRST_PAUSE_MS; report.status === "RUNNING" && Date.now() - startedAt < MOST_MS; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    onProgress(report);
    await pauseFor(pause);
    report = await read();
  }
  return report;
}

/** Import products from a CSV file: what would change and what is refused is shown first. */
export function ProductImport({ onDone }: { onDone: () => void }): React.ReactNode {
  const { office } = useTexts();
  const { api } = useShop();
  const texts = office.importing;
  const [file, setFile] = useState<File | null>(null);
  const [report, setReport] = useState<ImportReport | null>(null);
  const action = useAction(() => undefined);
  const isFit = file !== null && file.size > 0 && file.size <= LARGEST_BYTES;
  const start = (chosen: File, isDryRun: boolean): void => action.run(async () => {
    setReport(null);
    const ended = await importFile(api, chosen, isDryRun, setReport);
    setReport(ended);
    if (!isDryRun) onDone();
  });
  const changes = report === null ? 0 : report.created + report.updated;
  const isChecked = report?.status === "COMPLETE" && report.dry_run;
  return (
    <details className="card">
      <summary>{texts.title}</summary>
      <div className="stack">
        <form
          className="stack"
          aria-label={texts.title}
          onSubmit={(event) => {
            event.preventDefault();
            if (file !== null) start(file, true);
          }}
        >
          <p className="muted">{texts.hint}</p>
          <div className="row wrap">
            <Field
              label={texts.file}
              type="file"
              accept=".csv,text/csv"
              disabled={action.isRunning}
              onChange={(event) => {
                setFile(event.target.files?.[0] ?? null);
                setReport(null);
              }}
              required
            />
            <Button kind={isChecked ? "plain" : "primary"} type="submit" disabled={!isFit || action.isRunning}>{texts.check}</Button>
            {isChecked && file !== null && changes > 0 && (
              <Button kind="primary" disabled={action.isRunning} onClick={() => start(file, false)}>{texts.start(changes)}</Button>
            )}
          </div>
        </form>
        {file !== null && !isFit && <p role="alert" className="notice bad">{texts.unfit}</p>}
        {action.isRunning && <p role="status" className="notice">{report === null ? texts.uploading : texts.running(report.rows, report.dry_run)}</p>}
        <Notice problem={action.problem} />
        {!action.isRunning && report !== null && <Report report={report} />}
      </div>
    </details>
  );
}

function Report({ report }: { report: ImportReport }): React.ReactNode {
  const { office, accepted: acceptedText } = useTexts();
  const texts = office.importing;
  const { problems } = report;
  return (
    <div className="stack">
      <p role="status" className={`notice ${report.status === "REJECTED" ? "bad" : ""}`}>
        {report.status === "REJECTED" && texts.rejected}
        {report.status === "RUNNING" && texts.stillRunning}
        {report.status === "COMPLETE" && (report.dry_run ? texts.checked : texts.imported)}
      </p>
      {report.status === "COMPLETE" && (
        <Table
          caption={texts.title}
          columns={(["rows", "created", "updated", "unchanged", "refused"] as const).map((field) => ({ field, number: true }))}
          rows={[{ ...report }]}
        />
      )}
      {problems.length > 0 && (
        <>
          <h2>{texts.problems}</h2>
          <Table
            caption={texts.problems}
            columns={[{ field: "row", number: true }, { field: "sku" }, { field: "column", cell: ({ field }) => String(field) }, { field: "value" }, { field: "accepted", cell: ({ accepted }) => acceptedText(String(accepted)) }]}
            rows={problems}
          />
        </>
      )}
      {report.result_url !== null && <p><a href={report.result_url}>{texts.result}</a></p>}
    </div>
  );
}
