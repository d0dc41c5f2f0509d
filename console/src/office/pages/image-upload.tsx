import { useState } from "react";
import { Problem, type Api } from "../../core/api";
import type { Image } from "../../core/responses";
import { pauseFor } from "../../core/settle";
import { useShop } from "../../core/shop";
import { Button, Field } from "../../core/ui";
import { Result, Status } from "../parts";
import { upload } from "../upload";
import { useAction, useTexts } from "../use-api";

/** The types of files that the API signs uploads of. */
const TYPES = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/tiff", "image/heic", "image/avif"];
const LARGEST_BYTES = 50 * 2 ** 20;
const READ_EVERY_MS = 1_500;
const READS = 40;

/** Return the row of an object once it was ingested after a time; null if that takes longer than a minute. */
async function ingested(api: Api, key: string, since: string): Promise<Image | null> {
  for (let read = 0; read < READS; read += 1) {
    await pauseFor(READ_EVERY_MS);
    try {
      const image = await api.get("GET /images/details", { query: { key } });
      if (image.updated_at >= since) return image;
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error;
    }
  }
  return null;
}

/** Upload an image of a product, and show what became of it. */
export function ImageUpload({ onDone }: { onDone: () => void }): React.ReactNode {
  const { office, label } = useTexts();
  const { api } = useShop();
  const [sku, setSku] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const [image, setImage] = useState<Image | null>(null);
  const action = useAction(onDone);
  const isFit = file !== null && TYPES.includes(file.type) && file.size <= LARGEST_BYTES;
  const send = async (chosen: File): Promise<void> => {
    setImage(null);
    const startedAt = new Date().toISOString();
    const body = { sku: sku.trim(), name: chosen.name.replaceAll("/", "_"), content_type: chosen.type };
    const signed = await api.get("POST /images/uploads", { body });
    await upload(signed, chosen);
    setImage(await ingested(api, signed.key, startedAt));
  };
  return (
    <form
      className="row wrap card"
      aria-label={office.upload}
      onSubmit={(event) => {
        event.preventDefault();
        if (file !== null) action.run(() => send(file));
      }}
    >
      <Field label={label("sku")} value={sku} onChange={(event) => setSku(event.target.value)} required maxLength={200} />
      <Field label={office.file} type="file" accept={TYPES.join(",")} onChange={(event) => setFile(event.target.files?.[0] ?? null)} required />
      <Button kind="primary" type="submit" disabled={!isFit || sku.trim() === "" || action.isRunning}>{office.upload}</Button>
      {file !== null && !isFit && <p role="alert" className="notice bad">{office.unfitFile}</p>}
      {action.isRunning && <p role="status" className="notice">{office.uploading}</p>}
      {action.isDone && image === null ? <p role="status" className="notice">{office.stillRunning}</p> : <Result action={action} />}
      {image !== null && (
        <p className="row">
          <Status value={image.status} /> {image.sentence}
          {image.outputs.at(-1) !== undefined && <img className="thumbnail" src={image.outputs.at(-1)?.url} alt={image.key} />}
        </p>
      )}
    </form>
  );
}
