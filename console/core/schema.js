// Tables and columns that this credential can ask about, with what the types say of them.

import { get, post } from './api.js';
import { actor } from './session.js';

/** @typedef {{name: string, type: string, description: string}} Column */
/** @typedef {{schema: string, name: string, columns: Column[]}} Table */

const query = 'SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns ORDER BY table_schema, table_name, ordinal_position';
/** Of one page of an answer. */
const columnCountMax = 10_000;

/** @type {{actor: string, tables: Promise<Table[]>} | null} */
let known = null;

/** @returns {Promise<Table[]>} read once for each who signs in */
export function tables() {
  if (known?.actor !== actor()) known = { actor: actor(), tables: read() };
  known.tables.catch(() => (known = null));
  return known.tables;
}

async function read() {
  const [columns, descriptions] = await Promise.all([post('/v1/sql', { body: { query, limit: columnCountMax } }), readDescriptions()]);
  /** @type {Map<string, Table>} */
  const found = new Map();
  for (const [schema, name, column, type] of columns.rows) {
    const key = `${schema}.${name}`;
    /** @type {Table} */
    const table = found.get(key) ?? { schema, name, columns: [] };
    table.columns.push({ name: column, type, description: descriptions.get(`${name}.${column}`) ?? '' });
    found.set(key, table);
  }
  return [...found.values()];
}

/** @returns {Promise<Map<string, string>>} by table and column */
async function readDescriptions() {
  const { types } = await get('/v1/types');
  const entries = types.flatMap((type) =>
    Object.entries(type.columns ?? {}).map(([name, column]) => /** @type {[string, string]} */ ([`${type.table ?? 'receipts'}.${name}`, String(column?.description ?? '')])));
  return new Map(entries.filter(([, text]) => text));
}

/**
 * As it is written in a query.
 *
 * @param {Table} table
 */
export const tableName = ({ schema, name }) => (schema === 'public' ? name : `${schema}.${name}`);
