// Words, numbers and times in the reader's language. A language is one file: languages/<tag>.json.

import { ExactNumber } from './exact-json.js';
import { keep, recall } from './preferences.js';
import { Problem, Unreachable } from './problem.js';

/** A language is a file, languages/<tag>.json: the server says which there are. */
export const languages = globalThis.document?.documentElement.dataset.languages?.split(' ') ?? ['en'];

/** @typedef {string | {[category in Intl.LDMLPluralRule]?: string}} Message */

/** @type {{[key: string]: Message}} */
let messages = {};
let tag = 'en';
/** The language as it is written where the reader is: en-GB has other dates than en-US. */
let region = 'en';
let plurals = new Intl.PluralRules('en');
let separators = { decimal: '.', integers: new Intl.NumberFormat('en') };

/**
 * The file of a language that is wanted: of its whole tag, else of a shorter one, so that pt-BR is spoken as pt where there is no other.
 *
 * @param {string} wanted
 * @param {string[]} among
 * @returns {string | undefined}
 */
export function fileOf(wanted, among) {
  const parts = wanted.toLowerCase().split('-');
  for (let count = parts.length; count > 0; count -= 1) {
    const found = among.find((name) => name.toLowerCase() === parts.slice(0, count).join('-'));
    if (found) return found;
  }
  return undefined;
}

/** The language that was chosen, else the first of the browser's that there is. */
export function preferredLanguage() {
  for (const wanted of [String(recall('language', '')), ...navigator.languages]) {
    const found = fileOf(wanted, languages);
    if (found) return found;
  }
  return 'en';
}

/** Whose writing goes from right to left. */
const turned = new Set(['ar', 'arc', 'ckb', 'dv', 'fa', 'he', 'ks', 'ps', 'sd', 'syr', 'ug', 'ur', 'yi']);
const turnedScripts = new Set(['adlm', 'arab', 'aran', 'hebr', 'mand', 'nkoo', 'rohg', 'syrc', 'thaa']);

/**
 * @param {string} name a tag
 * @returns {'ltr' | 'rtl'}
 */
export function directionOf(name) {
  const [own, ...others] = name.toLowerCase().split('-');
  const script = others.find((part) => part.length === 4);
  return (script ? turnedScripts.has(script) : turned.has(own)) ? 'rtl' : 'ltr';
}

/** @param {string} chosen */
export async function speak(chosen) {
  const url = new URL(`../languages/${chosen}.json`, import.meta.url);
  const response = await fetch(url).catch(() => {
    throw new Unreachable(url.pathname);
  });
  // A newer server has other files.
  if (!response.ok) throw new Problem(response.status, { title: t('outdated.title'), detail: t('outdated.text') });
  messages = await response.json();
  tag = chosen;
  region = navigator.languages.find((name) => fileOf(name, [chosen])) ?? chosen;
  plurals = new Intl.PluralRules(tag);
  const decimal = new Intl.NumberFormat(region).formatToParts(1.5).find((part) => part.type === 'decimal');
  separators = { decimal: decimal?.value ?? '.', integers: new Intl.NumberFormat(region) };
  document.documentElement.lang = tag;
  document.documentElement.dir = directionOf(tag);
}

/** @param {string} chosen */
export async function chooseLanguage(chosen) {
  await speak(chosen);
  keep('language', chosen);
}

export const language = () => tag;

/**
 * @param {string} key
 * @param {{[name: string]: string | number}} [values] for the names in braces; `count` chooses the plural
 * @returns {string} the key itself where the language lacks it
 */
export function t(key, values = {}) {
  const message = messages[key];
  if (message === undefined) return key;
  const text = typeof message === 'string' ? message : message[plurals.select(Number(values.count))] ?? message.other ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === 'number' ? number(value) : isolated(value);
  });
}

const turning = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/;

/**
 * A text within a sentence. One that turns the writing round turns nothing but itself, whatever isolates it ends.
 *
 * @param {string} text
 */
export const isolated = (text) => (turning.test(text) ? `\u2068${text.replace(/[\u2066-\u2069]/g, '')}\u2069` : text);

/**
 * A sentence of the server's, which may quote what turns the writing round: that is shown as what it is, so that the rest of the sentence can be read.
 *
 * @param {string} text
 */
export const plainly = (text) => text.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** @param {string} key */
export const speaks = (key) => messages[key] !== undefined;

const plainDecimal = /^(-?)(\d+)(?:\.(\d+))?$/;

/**
 * A number with all its digits, grouped as the language does.
 *
 * @param {number | string | bigint | ExactNumber} value a decimal as text or a number
 * @returns {string} the text itself where it is no plain decimal
 */
export function number(value) {
  const match = plainDecimal.exec(String(value));
  if (!match) return String(value);
  const [, sign, whole, fraction] = match;
  const text = separators.integers.format(BigInt(whole));
  return (sign ? '−' : '') + text + (fraction ? separators.decimal + fraction : '');
}

/**
 * @param {number | ExactNumber | null | undefined} value
 * @param {number} [digits] after the point
 */
export function rounded(value, digits = 1) {
  const plain = Number(value ?? NaN);
  return Number.isFinite(plain) ? new Intl.NumberFormat(region, { maximumFractionDigits: digits }).format(plain) : '–';
}

/** @param {number} value from 0 to 1 */
export function percent(value) {
  return new Intl.NumberFormat(region, { style: 'percent', maximumFractionDigits: value > 0.99 && value < 1 ? 3 : 1 }).format(value);
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** @param {number} count */
export function bytes(count) {
  const step = count > 0 ? Math.min(byteUnits.length - 1, Math.floor(Math.log2(count) / 10)) : 0;
  return `${rounded(count / 2 ** (10 * step), step ? 1 : 0)} ${byteUnits[step]}`;
}

/** @param {number} milliseconds */
export function duration(milliseconds) {
  const unit = (/** @type {number} */ value, /** @type {string} */ name) =>
    new Intl.NumberFormat(region, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
  const seconds = milliseconds / 1000;
  if (seconds < 1) return unit(milliseconds, 'millisecond');
  if (seconds < 60) return unit(seconds, 'second');
  if (seconds < 3600) return `${unit(Math.floor(seconds / 60), 'minute')} ${unit(Math.floor(seconds % 60), 'second')}`;
  if (seconds < 86400) return `${unit(Math.floor(seconds / 3600), 'hour')} ${unit(Math.floor((seconds % 3600) / 60), 'minute')}`;
  return unit(seconds / 86400, 'day');
}

/** The zones to choose from: the reader's own, and the one of logs. */
export const zones = ['local', 'utc'];

export const zone = () => (String(recall('zone', '')) === 'utc' ? 'utc' : 'local');

/** @param {string} chosen */
export const chooseZone = (chosen) => keep('zone', chosen === 'utc' ? chosen : null);

/** As Intl names it; none is the reader's own. */
const timeZone = () => (zone() === 'utc' ? 'UTC' : undefined);

/** @type {Intl.DateTimeFormatOptions} */
const longForm = { dateStyle: 'medium', timeStyle: 'medium' };
/** @type {Intl.DateTimeFormatOptions} */
const shortForm = { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit', second: '2-digit' };

/**
 * @param {string | null | undefined} text an instant in ISO 8601
 * @returns {string} in the zone that was chosen
 */
export function instant(text) {
  const time = new Date(text ?? NaN);
  if (Number.isNaN(time.getTime())) return text ?? '–';
  // The year that it is goes without saying: lists have room for what differs.
  const yearOf = (/** @type {Date} */ date) => (zone() === 'utc' ? date.getUTCFullYear() : date.getFullYear());
  const isOfThisYear = yearOf(time) === yearOf(new Date());
  const form = isOfThisYear ? shortForm : longForm;
  return new Intl.DateTimeFormat(region, { ...form, timeZone: timeZone() }).format(time);
}

/** @param {string} text an instant of today */
export const clockTime = (text) => new Date(text).toLocaleTimeString(region, { timeZone: timeZone() });

/** @param {string | null | undefined} text a date, which has no zone */
export function day(text) {
  const time = new Date(`${text}T00:00:00Z`);
  if (Number.isNaN(time.getTime())) return text ?? '–';
  return new Intl.DateTimeFormat(region, { dateStyle: 'medium', timeZone: 'UTC' }).format(time);
}

/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const spans = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];

/** @param {string} text an instant, said as a span from now */
export function relative(text) {
  const seconds = (new Date(text).getTime() - Date.now()) / 1000;
  const [unit, size] = spans.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return new Intl.RelativeTimeFormat(region, { numeric: 'auto' }).format(Math.round(seconds / size), unit);
}
