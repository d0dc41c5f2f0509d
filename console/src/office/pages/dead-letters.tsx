import { useState } from "react";
import { hrefOf } from "../../core/router";
import type { DeadLetter, DeadLetterQueue } from "../../core/responses";
import { useShop } from "../../core/shop";
import { Button, Field } from "../../core/ui";
import { Fields, ListPage, Notice, RecordPage } from "../parts";
import { useAction, useList, useRecord, useTexts, type ActionView } from "../use-api";

/** The dead-letter queue whose messages are events of ingests, which start again by a request of their own. */
const IMAGES = "Image";
const FEW = "10";
const MOST = "50";

export function DeadLettersPage(): React.ReactNode {
  const { text } = useTexts();
  return (
    <ListPage
      page="dead-letters"
      title={text.pages["dead-letters"]}
      route="GET /dead-letters"
      columns={[{ field: "queue", cell: (row) => String(row.name) }, { field: "messages", number: true }]}
      linkTo={(row) => hrefOf("dead-letters", String(row.name))}
    />
  );
}

/** What became of a message or of all of them. */
interface Ended {
  sentence: string;
  caseId: string;
}

export function DeadLetterQueuePage({ id }: { id: string }): React.ReactNode {
  const { office } = useTexts();
  const queues = useRecord("GET /dead-letters", {});
  const [limit, setLimit] = useState(FEW);
  const list = useList("GET /dead-letters/{queue}/messages", { limit }, { queue: id });
  const [ended, setEnded] = useState<Ended | null>(null);
  const reload = (): void => {
    list.reload();
    queues.reload();
  };
  const action = useAction(reload, reload);
  const queue = queues.value?.queues.find(({ name }) => name === id);
  const run = (work: () => Promise<Ended>): void => {
    setEnded(null);
    action.run(async () => setEnded(await work()));
  };
  const messages = list.rows as unknown as DeadLetter[];
  return (
    <RecordPage page="dead-letters" title={id} problem={list.problem ?? queues.problem} isLoading={list.isLoading && messages.length === 0}>
      {queue !== undefined && <WholeQueue queue={queue} hasMessages={messages.length > 0} isRunning={action.isRunning} run={run} />}
      <Notice problem={action.problem} />
      <p role="status" className={ended === null ? "visually-hidden" : "notice"}>
        {ended?.sentence} {ended !== null && ended.caseId !== "" && <a href={hrefOf("cases", ended.caseId)}>{office.showCase}</a>}
      </p>
      {!list.isLoading && messages.length === 0 && list.problem === null && <p className="empty">{office.queueEmpty}</p>}
      {messages.map((message) => (
        <Message key={message.message_id} message={message} queue={id} isRedrivable={queue?.redrivable === true} isRunning={action.isRunning} run={run} />
      ))}
      {limit === FEW && messages.length >= Number(FEW) && <Button onClick={() => setLimit(MOST)}>{office.more}</Button>}
    </RecordPage>
  );
}

interface Runs {
  isRunning: ActionView["isRunning"];
  run: (work: () => Promise<Ended>) => void;
}

function WholeQueue({ queue, hasMessages, isRunning, run }: { queue: DeadLetterQueue; hasMessages: boolean } & Runs): React.ReactNode {
  const { office } = useTexts();
  const { api } = useShop();
  const moveAll = async (): Promise<Ended> => {
    let moved = 0;
    let remaining = queue.messages;
    // As many as there were: a message that fails again meanwhile stays. The count is approximate, and not below one.
    do {
      const body = { limit: Math.min(Math.max(remaining, 1), Number(MOST)) };
      const { message_ids: ids } = await api.get("POST /dead-letters/{queue}/redrive", { path: { queue: queue.name }, body });
      moved += ids.length;
      remaining = ids.length === 0 ? 0 : remaining - ids.length;
    } while (remaining > 0);
    return { sentence: office.movedBack(moved), caseId: "" };
  };
  const ingestAll = async (): Promise<Ended> => {
    let started = 0;
    for (;;) {
      const { length } = await api.get("POST /images/redrive");
      if (length === 0) return { sentence: office.ingested(started), caseId: "" };
      started += length;
    }
  };
  if (!hasMessages) return null;
  if (queue.name === IMAGES) return <Button disabled={isRunning} onClick={() => run(ingestAll)}>{office.ingestAgain}</Button>;
  if (!queue.redrivable) return <p className="notice">{office.noSource}</p>;
  return (
    <div className="row wrap actions">
      <Button disabled={isRunning} onClick={() => run(moveAll)}>{office.moveAllBack}</Button>
      <span className="muted">{office.redriveHint}</span>
    </div>
  );
}

function Message({ message, queue, isRedrivable, isRunning, run }: { message: DeadLetter; queue: string; isRedrivable: boolean } & Runs): React.ReactNode {
  const { office, label, failure: failureText } = useTexts();
  const { api } = useShop();
  const [note, setNote] = useState("");
  const { message_id: id, failure } = message;
  const reason = failureText(failure.reason);
  const path = { queue, message_id: id };
  const moveBack = async (): Promise<Ended> => {
    const { message_ids: ids } = await api.get("POST /dead-letters/{queue}/redrive", { path, body: { message_id: id } });
    return { sentence: office.movedBack(ids.length), caseId: "" };
  };
  const drop = async (): Promise<Ended> => {
    const { case_id: caseId } = await api.get("POST /dead-letters/{queue}/messages/{message_id}/drop", { path, body: { note: note.trim() } });
    return { sentence: office.dropped, caseId };
  };
  return (
    <section className="card stack" aria-label={id}>
      <h2 lang={reason === failure.reason ? "en" : undefined}>{reason}</h2>
      <Fields
        row={{ ...failure, sent_at: message.sent_at, failed_at: failure.failed_at, attempts: failure.attempts ?? office.unknown, message: id }}
        fields={["failed_at", "attempts", "sent_at", "message"]}
      />
      <pre className="scroll" role="region" aria-label={label("message")} tabIndex={0}>{readable(message.body)}</pre>
      {message.shortened && <p className="muted">{office.shortened}</p>}
      {Object.keys(message.attributes).length > 0 && (
        <details>
          <summary>{office.attributes}</summary>
          <Fields row={message.attributes} fields={Object.keys(message.attributes)} />
        </details>
      )}
      <form
        className="row wrap"
        onSubmit={(event) => {
          event.preventDefault();
          run(drop);
        }}
      >
        {isRedrivable && <Button disabled={isRunning} aria-label={office.moveBackOf(id)} onClick={() => run(moveBack)}>{office.moveBack}</Button>}
        <Field label={office.note} value={note} onChange={(event) => setNote(event.target.value)} maxLength={500} required className="grow" />
        <Button kind="danger" type="submit" disabled={isRunning || note.trim() === ""} aria-label={office.dropOf(id)}>{office.drop}</Button>
      </form>
    </section>
  );
}

/** JSON with line breaks; any other text as it is. */
function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
