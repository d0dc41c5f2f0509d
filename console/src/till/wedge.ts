/** A barcode scanner types like a keyboard, only faster, and ends with Enter or Tab ("keyboard wedge"). */

const MAX_GAP_MS = 100;
const MIN_LENGTH = 3;

export class WedgeDetector {
  private characters = "";
  private last = -Infinity;

  /** Take a key at a time in milliseconds; return the code when the key ends a scan, else null. */
  key(key: string, at: number): string | null {
    const isFast = at - this.last < MAX_GAP_MS;
    this.last = at;
    if (key === "Enter" || key === "Tab") {
      const code = isFast && this.characters.length >= MIN_LENGTH ? this.characters : null;
      this.characters = "";
      return code;
    }
    if (key.length === 1) this.characters = isFast ? this.characters + key : key;
    else if (key !== "Shift") this.characters = "";
    return null;
  }
}
