import { useState } from "react";
import { useReached } from "../core/connection";
import { useLanguage } from "../core/i18n";
import { Button, LazyPart } from "../core/ui";
import { QueueDialog } from "../till/lazy-parts";
import { useQueue } from "./queue";

/** Whether the till has a connection, and what waits for it. */
export function OfflineNotice(): React.ReactNode {
  const { text } = useLanguage();
  const isReached = useReached();
  const queue = useQueue();
  const [isOpen, setOpen] = useState(false);
  if (isReached && queue.length === 0 && !isOpen) return null;
  return (
    <div className="notice row spread" role="status">
      <span>{isReached ? "" : text.offline.notice}</span>
      {queue.length > 0 && <Button onClick={() => setOpen(true)}>{text.offline.count(queue.length)}</Button>}
      {isOpen && <LazyPart><QueueDialog onClose={() => setOpen(false)} /></LazyPart>}
    </div>
  );
}
