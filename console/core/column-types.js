// The types of a table's columns, and of what its lists hold, as an answer names them: a value is shown by its type, never by what it looks like.

import { post } from './api.js';
import { Problem } from './problem.js';
import { ownMark } from './rows.js';
import { identifier } from './schema.js';

/** @typedef {Map<string, {type: string, fields: Map<string, string> | null}>} ColumnTypes */

const list = /^STRUCT\((.*)\)\[\]$/s;
/** A field of a list: its name in quotes, and its type, which may have a list or two numbers in parentheses. */
const field = /"((?:[^"]|"")*)" ((?:[^",()]|\((?:[^()"]|"(?:[^"]|"")*"|\([^()]*\))*\))+)(?:, |$)/gs;

/**
 * @param {string} table
 * @param {AbortSignal} signal
 * @returns {Promise<ColumnTypes>} empty where who asks may ask nothing of the table
 */
export async function typesOf(table, signal) {
  try {
    const { columns } = await post('/v1/sql', { body: { query: `${ownMark}\nSELECT * FROM ${identifier(table)} LIMIT 0` }, signal });
    return new Map(columns.map(({ name, type }) => [name, { type, fields: fieldsOf(type) }]));
  } catch (error) {
    if (error instanceof Problem && error.status < 500) return new Map();
    throw error;
  }
}

/**
 * @param {string} type
 * @returns {Map<string, string> | null} null where it is no list of columns
 */
export function fieldsOf(type) {
  const inner = list.exec(type)?.[1];
  if (inner === undefined) return null;
  return new Map([...inner.matchAll(field)].map(([, name, own]) => [name.replaceAll('""', '"'), own]));
}
