// The API of Till, as /openapi.json describes it: paths, parameters, bodies and answers are checked against the types made from it.

import { parse, stringify } from './exact-json.js';
import { Problem, Stranger, Unreachable, isAbort } from './problem.js';

/** @typedef {import('../types/calls.js').Method} Method */
/** @typedef {import('../types/calls.js').Input} Input */
/**
 * @template {Method} M
 * @typedef {import('../types/calls.js').PathOf<M>} PathOf
 */
/**
 * @template {keyof import('../types/calls.js').Paths} P
 * @template {Method} M
 * @typedef {import('../types/calls.js').InputOf<P, M>} InputOf
 */
/**
 * @template {keyof import('../types/calls.js').Paths} P
 * @template {Method} M
 * @typedef {import('../types/calls.js').Answer<P, M>} Answer
 */

/** What the session lends to a call, and how it is had again when it has ended. */
const credential = {
  /** @type {string | null} */
  csrf: null,
  /**
   * Signs in again, however long that takes; false where the user gave up.
   *
   * @returns {Promise<boolean>}
   */
  renew: async () => false,
};

export { credential };

/** Tells whether the server answers: `reachable` and `unreachable` events. */
export const connection = new EventTarget();

/**
 * @param {string} template a path with names in braces
 * @param {Input} input
 */
function target(template, { path = {}, query = {} }) {
  const parameters = new URLSearchParams();
  // What no path can hold, since browsers take it away however it is escaped, a parameter of the same name says.
  const filled = template.replace(/\{(\w+)\}/g, (_, name) => {
    const value = path[name] ?? '';
    if (value !== '.' && value !== '..') return encodeURIComponent(value);
    parameters.set(name, value);
    return '-';
  });
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text ? `${filled}?${text}` : filled;
}

/**
 * Sends a call and returns its answer as it comes.
 *
 * @param {Method} method
 * @param {string} template
 * @param {Input} [input]
 * @returns {Promise<Response>} of a 2xx or 300
 * @throws {Problem | Unreachable | DOMException}
 */
export async function send(method, template, input = {}) {
  const url = target(template, input);
  for (let isRenewed = false; ;) {
    const { csrf } = credential;
    const response = await exchange(method, url, input);
    if (response.ok || response.status === 300) return response;
    const body = await problemBody(response);
    if (!body) throw new Stranger(response);
    const problem = new Problem(response.status, body, response.headers);
    const hasEnded = response.status === 401 || problem.slug === 'csrf';
    if (!hasEnded || isRenewed || template === '/v1/session') throw problem;
    // Sent before another session began: that one is asked, and nobody to sign in once more.
    if (credential.csrf !== csrf) continue;
    if (!(await credential.renew())) throw problem;
    isRenewed = true;
  }
}

/**
 * @param {Method} method
 * @param {string} url
 * @param {Input} input
 */
async function exchange(method, url, input) {
  // Not application/json: for a receipt whose document is of that type it would mean the document alone.
  /** @type {{[name: string]: string}} */
  const headers = { Accept: input.accept ?? '*/*', ...input.headers };
  if (method !== 'get' && credential.csrf) headers['Till-CSRF'] = credential.csrf;
  const isRaw = typeof input.body === 'string' || input.body instanceof Blob;
  if (input.body !== undefined && !isRaw) headers['Content-Type'] = 'application/json';
  const body = input.body === undefined ? undefined : isRaw ? /** @type {BodyInit} */ (input.body) : stringify(input.body);
  try {
    const response = await fetch(url, { method: method.toUpperCase(), headers, body, signal: input.signal, credentials: 'same-origin' });
    connection.dispatchEvent(new Event('reachable'));
    return response;
  } catch (error) {
    if (isAbort(error)) throw error;
    connection.dispatchEvent(new Event('unreachable'));
    throw new Unreachable(url);
  }
}

/**
 * All of an answer; the connection may break within it.
 *
 * @template T
 * @param {Response} response
 * @param {(response: Response) => Promise<T>} read
 * @returns {Promise<T>}
 */
export async function bodyOf(response, read) {
  try {
    return await read(response);
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new Unreachable(response.url);
  }
}

/**
 * @param {Response} response
 * @returns {Promise<{[name: string]: any} | null>} null where it is none of Till's
 */
async function problemBody(response) {
  const body = objectIn(await bodyOf(response, (answer) => answer.text()));
  return body && /^\/problems\//.test(String(body.type)) ? body : null;
}

/**
 * @param {Response} response
 * @returns {Promise<any>}
 */
async function answer(response) {
  const text = await bodyOf(response, (whole) => whole.text());
  if (!text && response.status !== 200) return undefined;
  const body = objectIn(text);
  if (!body) throw new Stranger(response);
  return body;
}

/**
 * @param {string} text
 * @returns {{[name: string]: any} | null} each of Till's answers is an object
 */
function objectIn(text) {
  try {
    const value = parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * @template {PathOf<'get'>} P
 * @param {P} path
 * @param {InputOf<P, 'get'>} [input]
 * @returns {Promise<Answer<P, 'get'>>}
 */
export async function get(path, input = {}) {
  return answer(await send('get', path, /** @type {Input} */ (input)));
}

/**
 * @template {PathOf<'post'>} P
 * @param {P} path
 * @param {InputOf<P, 'post'>} [input]
 * @returns {Promise<Answer<P, 'post'>>}
 */
export async function post(path, input = {}) {
  return answer(await send('post', path, /** @type {Input} */ (input)));
}

/**
 * @template {PathOf<'put'>} P
 * @param {P} path
 * @param {InputOf<P, 'put'>} [input]
 * @returns {Promise<Answer<P, 'put'>>}
 */
export async function put(path, input = {}) {
  return answer(await send('put', path, /** @type {Input} */ (input)));
}

/**
 * @template {PathOf<'delete'>} P
 * @param {P} path
 * @param {InputOf<P, 'delete'>} [input]
 * @returns {Promise<Answer<P, 'delete'>>}
 */
export async function remove(path, input = {}) {
  return answer(await send('delete', path, /** @type {Input} */ (input)));
}
