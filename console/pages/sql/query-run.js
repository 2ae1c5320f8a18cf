// One question on its way: sent, watched, ended early, its further pages read as they are wanted.

import { get, post, remove } from '../../core/api.js';
import { freshID } from '../../core/dom.js';
import { offers } from '../../core/features.js';
import { Problem, isAbort } from '../../core/problem.js';

/** @typedef {import('../../types/api.js').QueryPage} QueryPage */
/** @typedef {import('../../types/api.js').RunningQuery} Progress */

/** Between looks at how far it is, in milliseconds. */
const watchInterval = 400;
/** In milliseconds. */
const cancelPatience = 2_000;
/** The first page is soon there; who scrolls on gets more at a time. */
const pageRowCounts = { first: 2_000, next: 10_000 };

export class QueryRun {
  #abort = new AbortController();
  #id = freshID();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #watch;

  /**
   * @param {string} text
   * @param {unknown[]} parameters
   */
  constructor(text, parameters) {
    this.text = text;
    this.parameters = parameters;
    this.startedAt = performance.now();
  }

  get milliseconds() {
    return performance.now() - this.startedAt;
  }

  /** @param {string | null} [cursor] */
  #body(cursor) {
    const body = { query: this.text, params: /** @type {any[]} */ (this.parameters), limit: cursor ? pageRowCounts.next : pageRowCounts.first };
    return { ...body, ...(cursor && { cursor }), ...(!cursor && offers('/v1/queries') && { query_id: this.#id }) };
  }

  /**
   * @param {(progress: Progress | null) => void} onprogress called while it runs
   * @returns {Promise<QueryPage>}
   */
  async first(onprogress) {
    // Never two at once: those that a slow server leaves unanswered would stand before the call that ends the query.
    let isLooking = false;
    /** @type {Progress | null} */
    let last = null;
    this.#watch = setInterval(async () => {
      onprogress(last);
      if (isLooking) return;
      isLooking = true;
      last = await this.#progress();
      isLooking = false;
    }, watchInterval);
    try {
      return await post('/v1/sql', { body: this.#body(), signal: this.#abort.signal });
    } finally {
      clearInterval(this.#watch);
    }
  }

  /** @param {string} cursor */
  next(cursor) {
    return post('/v1/sql', { body: this.#body(cursor), signal: this.#abort.signal });
  }

  async #progress() {
    if (!offers('/v1/queries')) return null;
    try {
      const { queries } = await get('/v1/queries', { signal: this.#abort.signal });
      return queries.find(({ id }) => id === this.#id) ?? null;
    } catch {
      return null;
    }
  }

  /** Ends it on the server too: a connection that goes away is noticed a little later. */
  async cancel() {
    clearInterval(this.#watch);
    const isEnded = offers('/v1/queries/{id}', 'delete') && remove('/v1/queries/{id}', { path: { id: this.#id } }).catch(() => {});
    // A server that does not answer notices in its own time.
    await Promise.race([isEnded, new Promise((resume) => setTimeout(resume, cancelPatience))]);
    this.#abort.abort();
  }
}

/** @param {unknown} error */
export const wasCancelled = (error) => isAbort(error) || (error instanceof Problem && error.slug === 'query-cancelled');
