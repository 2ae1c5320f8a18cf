// Tables and columns that this credential can ask about, with what is said of them.

import { get, post } from './api.js';
import { Problem } from './problem.js';
import { ownMark } from './rows.js';
import { actor } from './session.js';
import { reservedWords } from './sql-words.js';

/** @typedef {{name: string, type: string, comment: string}} Column */
/** @typedef {{schema: string, name: string, isView: boolean, comment: string, columns: Column[]}} Table */

const columnsQuery = `SELECT c.table_schema, c.table_name, t.table_type, c.column_name, c.data_type
FROM information_schema.columns c JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
WHERE c.table_schema NOT IN ('information_schema', 'pg_catalog') ORDER BY c.table_schema, c.table_name, c.ordinal_position`;
const commentsQuery = 'SELECT table_name, column_name, comment FROM till.comments';
const functionsQuery = 'SELECT routine_name FROM information_schema.routines ORDER BY routine_name';
const pageRowCount = 10_000;
/** Of a page of types. */
const typeCountMax = 1_000;

/** @type {{actor: string, tables: Promise<Table[]>} | null} */
let known = null;

/** @returns {Promise<Table[]>} read once for each who signs in */
export function tables() {
  if (known?.actor !== actor()) known = { actor: actor(), tables: read() };
  known.tables.catch(() => (known = null));
  return known.tables;
}

/** @type {Promise<string[]> | null} */
let functionNames = null;

/** @returns {Promise<string[]>} functions that a query may call, which are the same for all: read once */
export function functions() {
  functionNames ??= rows(functionsQuery).then((found) => found.map(([name]) => name));
  functionNames.catch(() => (functionNames = null));
  return functionNames;
}

/** @type {{actor: string, tables: Promise<Map<string, string>>} | null} */
let knownOfTypes = null;

/**
 * Which table the documents of each type are in, so that what names a type leads to its receipt.
 *
 * @returns {Promise<Map<string, string>>} by the type's name; read once for each who signs in
 */
export function tablesOfTypes() {
  if (knownOfTypes?.actor !== actor()) knownOfTypes = { actor: actor(), tables: readTablesOfTypes() };
  knownOfTypes.tables.catch(() => (knownOfTypes = null));
  return knownOfTypes.tables;
}

async function readTablesOfTypes() {
  /** @type {Map<string, string>} */
  const found = new Map();
  /** @type {string | null} */
  let cursor = null;
  try {
    do {
      /** @type {import('../types/api.js').TypeList} */
      const page = await get('/v1/types', { query: { limit: typeCountMax, cursor } });
      for (const { name, table } of page.types) found.set(name, table ?? 'receipts');
      cursor = page.next_cursor;
    } while (cursor !== null);
  } catch (error) {
    // Who may not see types is led to the table that is meant without one.
    if (!(error instanceof Problem) || error.status !== 403) throw error;
  }
  return found;
}

/** Types have changed: what is known of tables is read anew when it is wanted. */
export function forgetTables() {
  known = null;
  knownOfTypes = null;
}

/**
 * @param {string} query
 * @returns {Promise<any[][]>}
 */
async function rows(query) {
  const found = [];
  /** @type {string | null} */
  let cursor = null;
  do {
    /** @type {import('../types/api.js').QueryPage} */
    const page = await post('/v1/sql', { body: { query: `${ownMark}\n${query}`, limit: pageRowCount, cursor } });
    found.push(...page.rows);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return found;
}

async function read() {
  const [columns, comments] = await Promise.all([rows(columnsQuery), rows(commentsQuery)]);
  /** @type {Map<string, string>} by table, or table and column */
  const said = new Map(comments.map(([table, column, comment]) => [column === null ? table : `${table}\n${column}`, comment]));
  /** @type {Map<string, Table>} */
  const found = new Map();
  for (const [schema, name, kind, column, type] of columns) {
    const key = `${schema}.${name}`;
    // Comments are of the tables that have no schema in a query.
    const comment = (/** @type {string} */ of) => (schema === 'public' ? said.get(of) ?? '' : '');
    /** @type {Table} */
    const table = found.get(key) ?? { schema, name, isView: kind === 'VIEW', comment: comment(name), columns: [] };
    table.columns.push({ name: column, type: shortType(type), comment: comment(`${name}\n${column}`) });
    found.set(key, table);
  }
  return [...found.values()];
}

/** Of documents that change a table has the number of each version, whether it is a removal, and when the next one came: no other has all of these. */
const versionColumns = ['version', 'removed', 'valid_to'];

/** @param {Column[]} columns of a table; its name says nothing, and anybody may call a view as tables of versions are called */
export const keepsVersions = (columns) => versionColumns.every((wanted) => columns.some(({ name }) => name === wanted));

/** Types as a query writes them, where that is shorter. */
const shortNames = new Map([['timestamp with time zone', 'timestamptz'], ['timestamp without time zone', 'timestamp'], ['double precision', 'double'], ['character varying', 'varchar']]);

/** @param {string} type as information_schema names it */
const shortType = (type) => shortNames.get(type) ?? type;

/** @param {string} type as `tables` or an answer names it; a list of numbers is none */
export const isNumericType = (type) => /^(bigint|integer|smallint|double|real|decimal|numeric)( precision)?(\([\d, ]*\))?$/i.test(type);

/** @param {string} type */
export const isInstantType = (type) => /^timestamp[^[]*$/i.test(type);

/** @param {string} type */
export const isDateType = (type) => /^date$/i.test(type);

/**
 * As it is written in a query.
 *
 * @param {Table} table
 */
export const tableName = ({ schema, name }) => (schema === 'public' ? identifier(name) : `${schema}.${identifier(name)}`);

/**
 * A name as a query writes it: in quotes where it must be.
 *
 * @param {string} name
 */
export const identifier = (name) => (/^[a-z_][a-z0-9_]*$/.test(name) && !reservedWords.has(name) ? name : `"${name.replaceAll('"', '""')}"`);
