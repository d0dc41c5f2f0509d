/** Lists and records of the API as a page reads them. */

import { useCallback, useEffect, useState } from "react";
import { Problem, type ApiResponse } from "../core/api";
import { useLanguage, type Language } from "../core/i18n";
import type { Responses } from "../core/responses";
import { useShop } from "../core/shop";
import { acceptedInGerman, differenceInGerman, failureInGerman, rejectionInGerman } from "../texts/german";
import "../texts/problems-de";
import { OFFICE_TEXTS, type OfficeTexts } from "./texts";
import { until } from "./until";

export type Row = Record<string, unknown>;

interface Texts extends Language {
  office: OfficeTexts;
  label: (field: string) => string;
  /** What a field accepts, as the API says it. */
  accepted: (text: string) => string;
  /** Why an image was rejected. */
  rejection: (text: string) => string;
  /** Why a message failed. */
  failure: (text: string) => string;
  /** How an invoice differs from its order. */
  difference: (text: string) => string;
}

export function useTexts(): Texts {
  const language = useLanguage();
  const office = OFFICE_TEXTS[language.code];
  const isGerman = language.code === "de";
  return {
    ...language,
    office,
    label: (field) => office.labels[field] ?? field,
    accepted: (text) => (isGerman ? acceptedInGerman(text, office.values, language.date) : text),
    rejection: (text) => (isGerman ? rejectionInGerman(text, language.date) : text),
    failure: (text) => (isGerman ? failureInGerman(text, language.date) : text),
    difference: (text) => (isGerman ? differenceInGerman(text, language.date) : text),
  };
}

/** The rows of a response: it is a list, or a page whose only list they are. */
export function rowsOf(body: unknown): Row[] {
  if (Array.isArray(body)) return body as Row[];
  const list = Object.values((body ?? {}) as Row).find((value) => Array.isArray(value));
  return (list ?? []) as Row[];
}

export interface ListView {
  rows: Row[];
  isLoading: boolean;
  problem: Problem | null;
  more: (() => void) | null;
  /** Whether rows before the first of `rows` were read and left out again. */
  isCut: boolean;
  reload: () => void;
}

interface Listed {
  key: string;
  generation: number;
  rows: Row[];
  cursor: string | null;
  isCut: boolean;
  problem: Problem | null;
}

/** Rows that a page has at most: a table of thousands is slow to show and to read. */
export const MOST_ROWS = 500;

const NO_PATH: Record<string, string> = {};

/**
 * Read the first page of a list, again when its filters change, and further ones on demand.
 *
 * While the list is read again by `reload`, the rows are those from before: forms next to and in them stay. Of a list
 * that is read further than MOST_ROWS, the first rows are left out.
 */
export function useList(route: keyof Responses, query: Record<string, string>, path: Record<string, string> = NO_PATH): ListView {
  const { api } = useShop();
  const [generation, setGeneration] = useState(0);
  const [listed, setListed] = useState<Listed | null>(null);
  const key = JSON.stringify([route, query, path]);
  const load = useCallback(async (before: Listed | null): Promise<Listed> => {
    const { rows = [], cursor = null, isCut = false } = before ?? {};
    const [, filters, names] = JSON.parse(key) as [string, Record<string, string>, Record<string, string>];
    try {
      const body: unknown = await api.get(route, { path: names, query: { ...filters, cursor: cursor ?? undefined } });
      const next = (body as { next_cursor?: string | null }).next_cursor ?? null;
      const all = [...rows, ...rowsOf(body)];
      return { key, generation, rows: all.slice(-MOST_ROWS), cursor: next, isCut: isCut || all.length > MOST_ROWS, problem: null };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // What could not be read can be read again.
      return { key, generation, rows, cursor, isCut, problem: error };
    }
  }, [api, generation, key, route]);
  useEffect(() => {
    let isCurrent = true;
    void load(null).then((first) => { if (isCurrent) setListed(first); });
    return () => { isCurrent = false; };
  }, [load]);
  const current = listed?.key === key ? listed : null;
  return {
    rows: current?.rows ?? [],
    isLoading: current?.generation !== generation,
    problem: current?.problem ?? null,
    // Rows that come after the filters were changed, or the list was read again, are of another list.
    more: current === null || current.cursor === null ? null : () => void load(current).then((next) => setListed((now) => (now === current ? next : now))),
    isCut: current?.isCut ?? false,
    reload: useCallback(() => setGeneration((before) => before + 1), []),
  };
}

export interface RecordView<T> {
  value: T | null;
  etag: string | null;
  problem: Problem | null;
  reload: () => void;
}

/**
 * Read one record, and again on `reload`, when the person returns to the window, or after `everyMs` while it asks for it.
 *
 * isAwaited: a workflow is about to make it. What was read stays when it cannot be read again for a while.
 */
export function useRecord<K extends keyof Responses>(
  route: K,
  path: Record<string, string>,
  everyMs?: (value: Responses[K]) => number | null,
  isAwaited = false,
): RecordView<Responses[K]> {
  const { api } = useShop();
  const [generation, setGeneration] = useState(0);
  const [read, setRead] = useState<{ key: string; value: Responses[K] | null; etag: string | null; problem: Problem | null } | null>(null);
  const key = JSON.stringify(path);
  useEffect(() => {
    let isCurrent = true;
    const read = (): Promise<ApiResponse<Responses[K]>> => api.call(route, { path: JSON.parse(key) as Record<string, string> });
    (isAwaited ? until(read) : read()).then(
      ({ body, etag }) => { if (isCurrent) setRead({ key, value: body, etag, problem: null }); },
      (error: unknown) => {
        if (!isCurrent || !(error instanceof Problem)) return;
        const failed = { key, value: null, etag: null, problem: error };
        setRead((before) => (before?.key === key && before.value !== null && error.isTransient ? { ...before } : failed));
      },
    );
    return () => { isCurrent = false; };
  }, [api, route, key, generation, isAwaited]);
  const reload = useCallback(() => setGeneration((before) => before + 1), []);
  // What another person has changed meanwhile.
  useEffect(() => {
    window.addEventListener("focus", reload);
    return () => window.removeEventListener("focus", reload);
  }, [reload]);
  const current = read?.key === key ? read : null;
  const value = current?.value ?? null;
  const delay = value === null ? null : (everyMs?.(value) ?? null);
  useEffect(() => {
    if (delay === null) return;
    const timer = setTimeout(reload, delay);
    return () => clearTimeout(timer);
  }, [delay, read, reload]);
  return {
    value,
    etag: current?.etag ?? null,
    problem: current?.problem ?? null,
    reload,
  };
}

/** The version of a request that changes what was read, so that it is refused once another person has changed it. */
export function versionOf(etag: string | null): { version?: string } {
  return etag === null ? {} : { version: etag };
}

export interface ActionView {
  isRunning: boolean;
  problem: Problem | null;
  isDone: boolean;
  run: (work: () => Promise<unknown>) => void;
}

/** Statuses of a request that the record refuses as it is now, which may differ from what the page shows. */
const REFUSED = new Set([404, 409, 412, 422]);

/** Run one change at a time, and show how it ended. onRefused: read again what the change was of. */
export function useAction(onDone: () => void, onRefused?: () => void): ActionView {
  const [state, setState] = useState<{ isRunning: boolean; problem: Problem | null; isDone: boolean }>({ isRunning: false, problem: null, isDone: false });
  const run = (work: () => Promise<unknown>): void => {
    if (state.isRunning) return;
    setState({ isRunning: true, problem: null, isDone: false });
    work().then(
      () => {
        setState({ isRunning: false, problem: null, isDone: true });
        onDone();
      },
      (error: unknown) => {
        const problem = error instanceof Problem ? error : new Problem(0, "Error", String(error), "");
        setState({ isRunning: false, problem, isDone: false });
        if (REFUSED.has(problem.status)) onRefused?.();
      },
    );
  };
  return { ...state, run };
}
