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

export function serverVersion() {
  return description.info.version;
}
