import { useState } from "react";
import { Problem, type Api } from "../../core/api";
import type { Image } from "../../core/responses";
import { pauseFor } from "../../core/settle";
import { useShop } from "../../core/shop";
import { Button, Field } from "../../core/ui";
import { Notice, Status } from "../parts";
import { upload } from "../upload";
import { useAction, useTexts } from "../use-api";

/** The types of files that the API signs uploads of. */
const TYPES = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/tiff", "image/heic", "image/avif"];
const LARGEST_BYTES = 50 * 2 ** 20;
const READ_EVERY_MS = 1_500;
const READS = 40;

/** Return the row of an object; null if it has none. */
async function detailsOf(api: Api, key: string): Promise<Image | null> {
  try {
    return await api.get("GET /images/details", { query: { key } });
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404) throw error;
    return null;
  }
}

/** Return the row of an object once it is another one than before; null if that takes longer than a minute. */
async function ingested(api: Api, key: string, before: Image | null): Promise<Image | null> {
  for (let read = 0; read < READS; read += 1) {
    await pauseFor(READ_EVERY_MS);
    const image = await detailsOf(api, key);
    if (image !== null && image.updated_at !== before?.updated_at) return image;
  }
  return null;
}

/** Upload an image of a product, and show what became of it. */
export function ImageUpload({ onDone }: { onDone: () => void }): React.ReactNode {
  const { office, label, rejection } = useTexts();
  const { api } = useShop();
  const [sku, setSku] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const [image, setImage] = useState<Image | null>(null);
  const action = useAction(onDone);
  const isFit = file !== null && TYPES.includes(file.type) && file.size <= LARGEST_BYTES;
  const send = async (chosen: File): Promise<void> => {
    setImage(null);
    const body = { sku: sku.trim(), name: chosen.name.replaceAll("/", "_"), content_type: chosen.type };
    const signed = await api.get("POST /images/uploads", { body });
    const before = await detailsOf(api, signed.key);
    await upload(signed, chosen);
    setImage(await ingested(api, signed.key, before));
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
      <Notice problem={action.problem} />
      {action.isDone && image === null && <p role="status" className="notice">{office.stillRunning}</p>}
      {image !== null && (
        <p role="status" className="row">
          <Status value={image.status} /> {image.sentence !== null && rejection(image.sentence)}
          {image.outputs.at(-1) !== undefined && <img className="thumbnail" src={image.outputs.at(-1)?.url} alt={image.key} />}
        </p>
      )}
    </form>
  );
}
