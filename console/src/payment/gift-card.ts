/** Codes of gift cards, and the tokens that stand for them: as tillflow/gift_cards.py makes them. */

const NUMBER = 8;
const CODE = /^[0-9A-HJKMNP-TV-Z]{24}$/;
const FIRST_LETTER = 97;

/**
 * Return the token of a code, however it was typed; null if it is not one.
 *
 * The token is what the till keeps and sends: the printed code is not stored.
 */
export async function giftCardToken(code: string): Promise<string | null> {
  const typed = code.toUpperCase().replace(/[-\s]/g, "");
  if (!CODE.test(typed)) return null;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(typed)));
  const halves = [...digest].flatMap((byte) => [byte >> 4, byte & 15]);
  return `gift_${typed.slice(0, NUMBER)}_${String.fromCharCode(...halves.map((half) => FIRST_LETTER + half))}`;
}
