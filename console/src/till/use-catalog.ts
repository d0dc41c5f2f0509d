import { useCallback, useEffect, useMemo, useState } from "react";
import { Problem } from "../core/api";
import type { Product } from "../core/responses";
import { useShop } from "../core/shop";
import { Catalog, findRemotely, loadCatalog } from "./catalog";

const RETRY_MS = 5_000;

export interface CatalogView {
  size: number;
  find: (code: string) => Product | undefined;
  findRemotely: (code: string) => Promise<Product | undefined>;
  search: (query: string) => Product[];
}

/** Load the price list once, again after a lost connection, and look products up in it. */
export function useCatalog(): CatalogView {
  const { api } = useShop();
  const [catalog] = useState(() => new Catalog());
  const [size, setSize] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = (): void => {
      loadCatalog(api, catalog, () => setSize(catalog.size), controller.signal).catch((error: unknown) => {
        if (error instanceof Problem && error.isTransient && !controller.signal.aborted) timer = setTimeout(load, RETRY_MS);
      });
    };
    load();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [api, catalog]);
  const remote = useCallback(async (code: string) => {
    const product = await findRemotely(api, code);
    if (product !== undefined) catalog.add([product]);
    return product;
  }, [api, catalog]);
  return useMemo(() => ({
    size,
    find: (code) => catalog.find(code),
    findRemotely: remote,
    search: (query) => catalog.search(query),
  }), [catalog, size, remote]);
}
