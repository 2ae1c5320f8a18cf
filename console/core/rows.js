// Rows of a query as objects, for pages that read the schema `till`.

import { post } from './api.js';

/** What pages ask for themselves is not what readers of the list of queries look for. */
export const ownMark = '-- asked by the console';

/**
 * @param {string} query
 * @param {{signal?: AbortSignal, limit?: number, params?: (string | number | boolean | null)[]}} [options]
 * @returns {Promise<{rows: {[column: string]: any}[], isCut: boolean, statistics: import('../types/api.js').QueryPage['statistics']}>} one page
 */
export async function rowsOf(query, options = {}) {
  const { signal, limit = 1_000, params = [] } = options;
  const page = await post('/v1/sql', { body: { query: `${ownMark}\n${query}`, params, limit }, signal });
  const names = page.columns.map(({ name }) => name);
  return { rows: page.rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index]]))), isCut: page.next_cursor !== null, statistics: page.statistics };
}
