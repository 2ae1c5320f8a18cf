// What this server can do, by its own description: a page whose calls it lacks is not shown.

import { bodyOf, send } from './api.js';
import { parse } from './exact-json.js';

/** @type {{info: {version: string}, paths: {[path: string]: {[method: string]: unknown}}}} */
let description = { info: { version: '' }, paths: {} };

export async function readFeatures() {
  description = parse(await bodyOf(await send('get', '/openapi.json'), (whole) => whole.text()));
}

/**
 * @param {string} path as the description writes it
 * @param {string} [method]
 */
export function offers(path, method = 'get') {
  return description.paths[path]?.[method] !== undefined;
}

/**
 * The forms in which a call answers as a whole, by the description and in its order: all but JSON, which comes by pages.
 *
 * @param {string} path
 * @param {string} method
 */
export function streamedForms(path, method) {
  const operation = /** @type {{responses?: {[status: string]: {content?: {[type: string]: unknown}}}} | undefined} */ (description.paths[path]?.[method]);
  return Object.keys(operation?.responses?.[200]?.content ?? {}).filter((type) => type !== 'application/json').map((type) => ({ type, name: formOf(type) }));
}

/**
 * How files of a media type end: `ndjson` of `application/x-ndjson`, `arrow` of `application/vnd.apache.arrow.stream`.
 *
 * @param {string} type
 */
export function formOf(type) {
  return type.replace(/^.*\/(x-|vnd\.apache\.)?/, '').replace(/\.stream$/, '');
}

export function serverVersion() {
  return description.info.version;
}
