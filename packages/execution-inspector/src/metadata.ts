/** Saga metadata: the prefix of a Comment in brackets, such as `[compensatable; undo=ReleaseStock] Reserve stock.` */

import { ROLES, type Role } from "./types.js";

export interface Metadata {
  role: Role | null;
  undo: string | null;
  /** The Comment without its metadata. */
  text: string;
}

const PREFIX = /^\[([^\]]*)\]\s*/;

/** Return the metadata of a Comment. Only the listed roles count; anything else leaves the state without a role. */
export function parseComment(comment: string | undefined): Metadata {
  const match = PREFIX.exec(comment ?? "");
  if (comment === undefined || match === null) return { role: null, undo: null, text: comment ?? "" };
  const words = (match[1] ?? "").split(";").map((word) => word.trim());
  const undo = words.find((word) => word.startsWith("undo="));
  return {
    role: ROLES.find((role) => words.includes(role)) ?? null,
    undo: undo === undefined ? null : undo.slice("undo=".length).trim(),
    text: comment.slice(match[0].length),
  };
}
