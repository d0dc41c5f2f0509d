/** Uploads to S3. */

import { Problem } from "../core/api";

const SENTENCE = "The file could not be uploaded. Choose it again.";

export interface SignedForm {
  url: string;
  fields: Record<string, string>;
}

/** Send a file to S3 by a signed form. Raises a Problem. */
export async function upload({ url, fields }: SignedForm, file: File): Promise<void> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file);
  const response = await fetch(url, { method: "POST", body: form }).catch((error: unknown) => {
    throw new Problem(0, "UploadFailed", String(error), SENTENCE);
  });
  if (!response.ok) throw new Problem(response.status, "UploadFailed", await response.text(), SENTENCE);
}
