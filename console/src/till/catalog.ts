/** The price list in memory: a scan is looked up without a request. */

import { Problem, type Api } from "../core/api";
import type { BarcodeLayout, Product } from "../core/responses";
import { needsLabel, readLabel, withLabel } from "./label";

const PAGE = 100;
const SHOWN = 12;

export class Catalog {
  private readonly bySku = new Map<string, Product>();
  private readonly byBarcode = new Map<string, Product>();
  private readonly texts = new Map<string, string>();
  /** How barcodes with a price or weight are laid out. */
  layouts: readonly BarcodeLayout[] = [];

  get size(): number {
    return this.bySku.size;
  }

  add(products: readonly Product[]): void {
    for (const product of products) {
      const before = this.bySku.get(product.sku)?.barcode;
      if (before != null) this.byBarcode.delete(before);
      this.texts.set(product.sku, `${product.name}\n${product.sku}`.toLowerCase());
      this.bySku.set(product.sku, product);
      if (product.barcode !== null) this.byBarcode.set(product.barcode, product);
    }
  }

  products(): Product[] {
    return [...this.bySku.values()];
  }

  /** The product of a barcode or SKU; that of a label has the label's price. */
  find(code: string): Product | undefined {
    const label = readLabel(code, this.layouts);
    if (label === "unreadable") return undefined;
    if (label !== null) {
      const product = this.byBarcode.get(label.item);
      return product === undefined ? undefined : withLabel(product, code, label);
    }
    return this.byBarcode.get(code) ?? this.bySku.get(code) ?? this.bySku.get(code.toUpperCase());
  }

  /** Why a code has no product. */
  refusalOf(code: string): "unreadable" | "unknown" {
    return readLabel(code, this.layouts) === "unreadable" ? "unreadable" : "unknown";
  }

  /** Whether a product has to be scanned, since its price is on its label. */
  needsLabel(product: Product): boolean {
    return needsLabel(product, this.layouts);
  }

  /** The first products whose name or SKU has every word. */
  search(query: string): Product[] {
    const words = query.toLowerCase().split(/\s+/).filter((word) => word !== "");
    if (words.length === 0) return [];
    const matches: Product[] = [];
    for (const [sku, text] of this.texts) {
      const product = this.bySku.get(sku);
      if (product !== undefined && words.every((word) => text.includes(word))) matches.push(product);
      if (matches.length === SHOWN) break;
    }
    return matches;
  }
}

/**
 * Read every page of the catalog, or what changed since a version; return the version that was read, null if aborted.
 *
 * `onPage` is called with the products of each page, so that the first ones can be sold at once.
 */
export async function loadCatalog(
  api: Api, catalog: Catalog, since: string | undefined, onPage: (products: readonly Product[]) => void, signal: AbortSignal,
): Promise<string | null> {
  const { layouts } = await api.get("GET /settings/barcode-layouts", {});
  catalog.layouts = layouts;
  let cursor: string | undefined;
  let version: string | undefined;
  do {
    const page = await api.get("GET /products", { query: { limit: PAGE, since, cursor } });
    if (signal.aborted) return null;
    version ??= page.version;
    catalog.add(page.products);
    onPage(page.products);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return version;
}

/** The product of a code that the price list in memory does not have; undefined when the shop has none. */
export async function findRemotely(api: Api, code: string): Promise<Product | undefined> {
  try {
    if (/^\d{8,14}$/.test(code)) return (await api.get("GET /products", { query: { barcode: code } })).products[0];
    if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(code)) return await api.get("GET /products/{sku}", { path: { sku: code.toUpperCase() } });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
  return undefined;
}
