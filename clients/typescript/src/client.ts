import { operations } from "./api.js";
import type { Operations, Problem, Query, QueryPage, Receipt, Taken } from "./api.js";
import { ConnectionFailed, InvalidKey, ProblemError, TillError } from "./errors.js";
import { parseJSON, writeJSON } from "./json.js";

type Name = keyof Operations;
type Part<N extends Name, Member extends string> = Member extends keyof Operations[N] ? Operations[N][Member] : undefined;
/** What a call is given: of its operation's parameters those that must be there must be given. */
export type Input<N extends Name> = Omit<Operations[N], "answer"> & { signal?: AbortSignal };
export type Answer<N extends Name> = Operations[N]["answer"];
type Arguments<N extends Name> = {} extends Omit<Operations[N], "answer"> ? [input?: Input<N>] : [input: Input<N>];

export interface Settings {
  /** Of the server; left out in a page that it serves itself. */
  url?: string;
  /** An API key or a token; left out where a session's cookie speaks for the caller. */
  key?: string;
  /** Sent along with each call, as a session's `Till-CSRF`. */
  headers?: Record<string, string>;
  attempts?: number;
  fetch?: typeof fetch;
  /** Milliseconds; replaced in tests. */
  sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 20_000;
/** A Retry-After past this is not waited for. */
const RETRY_AFTER_MAX = 120;

export class Till {
  private readonly settings: Required<Omit<Settings, "key">> & { key: string | undefined };

  constructor(settings: Settings = {}) {
    const url = (settings.url ?? "").replace(/\/+$/, "");
    // The key is not said: what is thrown may be logged.
    if (settings.key !== undefined && !/^[\x21-\x7e]+$/.test(settings.key)) throw new InvalidKey("the key is empty, or has a line's end, a blank or a letter beyond ASCII in it: trim what was read from a file");
    this.settings = {
      url, key: settings.key, headers: settings.headers ?? {}, attempts: settings.attempts ?? 6, fetch: settings.fetch ?? ((...call) => fetch(...call)),
      sleep: settings.sleep ?? sleep,
    };
  }

  /** Any operation of the description, by its id. */
  async call<N extends Name>(name: N, ...[input]: Arguments<N>): Promise<Answer<N>> {
    const given = (input ?? {}) as { path?: Record<string, string>; query?: Record<string, unknown>; headers?: Record<string, string>; body?: unknown; signal?: AbortSignal };
    const { method, path, isOpen, takesText } = operations[name];
    const headers: Record<string, string> = { ...this.settings.headers, ...given.headers };
    if (this.settings.key !== undefined && !isOpen) headers["authorization"] = `Bearer ${this.settings.key}`;
    const init: RequestInit = { method, headers };
    if (given.signal) init.signal = given.signal;
    if (given.body !== undefined) {
      // A text is a document as it stands: lines of NDJSON, XML or CSV name their own media type.
      const isText = takesText && typeof given.body === "string";
      init.body = isText ? (given.body as string) : writeJSON(given.body);
      headers["content-type"] ??= isText && (given.body as string).trimStart().startsWith("<") ? "application/xml" : "application/json";
    }
    // A document may be sent again by nature, and a question changes nothing.
    const isRepeatable = method !== "POST" || name === "takeReceipts" || name === "sql";
    const response = await this.send(target(path, given.path) + search({ ...inQuery(given.path), ...given.query }), init, isRepeatable);
    return (await body(response)) as Answer<N>;
  }

  /** A document's receipt. */
  async submit(document: Record<string, unknown> | string, options: { type?: string; client?: string; wait?: number; signal?: AbortSignal } = {}): Promise<Taken> {
    const { wait, signal, ...query } = options;
    const answer = await this.call("takeReceipts", { query, body: document, ...(wait ? { headers: { Prefer: `wait=${wait}` } } : {}), ...(signal ? { signal } : {}) });
    if ("results" in answer) throw new TillError(`the document was an envelope of ${answer.results.length} receipts, all of which are taken: call takeReceipts for such`);
    return answer;
  }

  /** A question's rows as objects, page by page in one consistent state. Of several columns of one name the second is `name_2`, and so on. An aborted signal cancels the question on the server. */
  async *rows(query: string, params: NonNullable<Query["params"]> = [], options: Partial<Omit<Query, "query" | "params" | "cursor">> & { signal?: AbortSignal } = {}): AsyncGenerator<Record<string, unknown>> {
    const { signal, ...more } = options;
    for await (const page of this.pages((cursor) => this.call("sql", { body: { query, params, ...more, ...(cursor ? { cursor } : {}) }, ...(signal ? { signal } : {}) }))) {
      const names = distinct((page as QueryPage).columns.map((column) => column.name));
      for (const row of (page as QueryPage).rows) yield Object.fromEntries(names.map((name, index) => [name, row[index]]));
    }
  }

  /** Receipts in order, as they were at the first page. */
  async *receipts(query: NonNullable<Part<"receipts", "query">> = {}): AsyncGenerator<Partial<Receipt>> {
    for await (const page of this.pages((cursor) => this.call("receipts", { query: { ...query, ...(cursor ? { cursor } : {}) } }))) for (const receipt of page.receipts) yield receipt as Partial<Receipt>;
  }

  private async *pages<Page extends { next_cursor: string | null }>(next: (cursor: string | null) => Promise<Page>): AsyncGenerator<Page> {
    let cursor: string | null = null;
    do {
      const page: Page = await next(cursor);
      yield page;
      cursor = page.next_cursor;
    } while (cursor !== null);
  }

  private async send(path: string, init: RequestInit, isRepeatable: boolean): Promise<Response> {
    for (let attempt = 0; ; attempt += 1) {
      let fault: TillError;
      let mayRepeat = isRepeatable;
      let after: number | undefined;
      try {
        const response = await this.settings.fetch(this.settings.url + path, init);
        if (response.ok || response.status === 300) return response;
        const problem = await problemOf(response);
        fault = problem;
        after = problem.retryAfter;
        mayRepeat = ((response.status === 429 || response.status === 503) && !problem.isOutcomeUnknown) || (isRepeatable && (response.status === 503 || response.status === 408 || response.status === 502));
      } catch (error) {
        if (init.signal?.aborted) throw error;
        fault = new ConnectionFailed(`${init.method} ${path}: ${error instanceof Error ? error.message : String(error)}`);
      }
      if (!mayRepeat || attempt + 1 >= this.settings.attempts || (after ?? 0) > RETRY_AFTER_MAX) throw fault;
      const pause = after === undefined ? Math.random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempt) : after * 1000 + Math.random() * FIRST_PAUSE;
      await this.settings.sleep(pause, init.signal ?? undefined);
    }
  }
}

/** None is lost where two columns have one name. */
function distinct(names: string[]): string[] {
  const all = new Set(names);
  const taken = new Set<string>();
  return names.map((name) => {
    let made = name;
    for (let number = 2; taken.has(made) || (made !== name && all.has(made)); number += 1) made = `${name}_${number}`;
    taken.add(made);
    return made;
  });
}

function target(path: string, values: Record<string, string> = {}): string {
  return path.replace(/\{([^}]+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined || value === "") throw new TypeError(`${path} needs ${name}`);
    return isDots(value) ? "-" : encodeURIComponent(value);
  });
}

/** Taken out of a path on its way, however it is escaped. */
const isDots = (value: string): boolean => value === "." || value === "..";

/** What no path can hold stands in the query by the same name. */
function inQuery(values: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => isDots(value)));
}

function search(query: Record<string, unknown> = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  return given.length ? "?" + new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString() : "";
}

async function body(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === "") return undefined;
  return isJSON(response) ? parseJSON(text) : text;
}

function isJSON(response: Response): boolean {
  return /^application\/(problem\+)?json\b/.test(response.headers.get("content-type") ?? "");
}

async function problemOf(response: Response): Promise<ProblemError> {
  const text = await response.text();
  let problem: Partial<Problem> = { title: `HTTP status ${response.status}`, detail: text.slice(0, 500) };
  if (isJSON(response)) {
    try {
      problem = parseJSON(text) as Partial<Problem>;
    } catch {
      // A cut answer: its status says enough.
    }
  }
  return new ProblemError(problem, response.status, response.headers);
}

function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
