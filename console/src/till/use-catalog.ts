import { useCallback, useEffect, useMemo, useState } from "react";
import { Problem } from "../core/api";
import type { Product } from "../core/responses";
import { useShop } from "../core/shop";
import { confirmPriceList, storedPriceList, storePriceList } from "../offline/price-list";
import { Catalog, findRemotely, loadCatalog } from "./catalog";

const RETRY_MS = 5_000;
const REFRESH_MS = 300_000;

export interface CatalogView {
  size: number;
  /** When the price list was last read, in milliseconds since 1970; null before that. */
  readAt: number | null;
  find: (code: string) => Product | undefined;
  findRemotely: (code: string) => Promise<Product | undefined>;
  refusalOf: (code: string) => "unreadable" | "unknown";
  needsLabel: (product: Product) => boolean;
  search: (query: string) => Product[];
}

/** Open with the stored price list, read what changed since, now and again, and look products up in it. */
export function useCatalog(): CatalogView {
  const { api } = useShop();
  const [catalog] = useState(() => new Catalog());
  const [size, setSize] = useState(0);
  const [readAt, setReadAt] = useState<number | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let version: string | undefined;
    let storedLayouts = "";
    const refresh = async (): Promise<void> => {
      const startedAt = Date.now();
      let changes = 0;
      const read = await loadCatalog(api, catalog, version, (products) => {
        changes += products.length;
        setSize(catalog.size);
      }, controller.signal);
      if (read === null) return;
      const layouts = JSON.stringify(catalog.layouts);
      if (changes > 0 || layouts !== storedLayouts) await storePriceList({ products: catalog.products(), version: read, layouts: catalog.layouts }, startedAt);
      else await confirmPriceList(startedAt);
      version = read;
      storedLayouts = layouts;
      setReadAt(startedAt);
    };
    const run = (): void => {
      refresh().then(() => REFRESH_MS, (error: unknown) => {
        if (error instanceof Problem && error.isTransient) return RETRY_MS;
        throw error;
      }).then((pause) => { if (!controller.signal.aborted) timer = setTimeout(run, pause); }, () => undefined);
    };
    void storedPriceList().then((stored) => {
      if (controller.signal.aborted) return;
      if (stored !== null) {
        catalog.add(stored.list.products);
        // A list that an earlier release stored has no layouts.
        catalog.layouts = stored.list.layouts ?? [];
        storedLayouts = JSON.stringify(stored.list.layouts);
        version = stored.list.version;
        setSize(catalog.size);
        setReadAt(stored.readAt);
      }
      run();
    });
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [api, catalog]);
  const remote = useCallback(async (code: string) => {
    const product = catalog.refusalOf(code) === "unreadable" ? undefined : await findRemotely(api, code);
    if (product === undefined) return undefined;
    catalog.add([product]);
    return catalog.find(code) ?? product;
  }, [api, catalog]);
  return useMemo(() => ({
    size,
    readAt,
    find: (code) => catalog.find(code),
    findRemotely: remote,
    refusalOf: (code) => catalog.refusalOf(code),
    needsLabel: (product) => catalog.needsLabel(product),
    search: (query) => catalog.search(query),
  }), [catalog, size, readAt, remote]);
}
