// What can go wrong with a call: the server says no, or says nothing.

/** @typedef {{pointer: string, code: string, message: string}} Violation */

/** An answer of the kind `application/problem+json`. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {{[name: string]: any}} body
   * @param {Headers} [headers]
   */
  constructor(status, body, headers) {
    super(body.detail || body.title || `HTTP ${status}`);
    this.status = status;
    this.slug = String(body.type ?? '').replace(/^.*\//, '');
    this.title = String(body.title ?? '');
    /** @type {Violation[]} */
    this.errors = Array.isArray(body.errors) ? body.errors : [];
    /**
     * In a query's text, in Unicode scalars from 1.
     *
     * @type {number | undefined}
     */
    this.position = body.position;
    /** @type {string | undefined} */
    this.requestID = body.request_id ?? headers?.get('X-Request-Id') ?? undefined;
    /** @type {string | undefined} */
    this.ticketID = body.ticket_id;
    /** In seconds. */
    this.retryAfter = Number(headers?.get('Retry-After')) || undefined;
  }
}

/** No answer came: the server is gone, or the way to it. */
export class Unreachable extends Error {}

/** An answer came that is not Till's: of something that stands before it, and may say when to try again. */
export class Stranger extends Unreachable {
  /** @param {Response} response */
  constructor({ url, status, headers }) {
    super(url);
    this.status = status;
    /** In seconds. */
    this.retryAfter = Number(headers.get('Retry-After')) || undefined;
  }
}

/** @param {unknown} error whether the user went away, which is no fault */
export function isAbort(error) {
  return error instanceof DOMException && error.name === 'AbortError';
}
