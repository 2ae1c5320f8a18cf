// What the browser keeps for its user: choices, drafts, saved queries. Nothing secret, and nothing that the console could not do without.

const prefix = 'till.';

/** @param {string} name */
export const keptName = (name) => prefix + name;

/**
 * @template T
 * @param {string} name
 * @param {T} fallback for what was never kept, or cannot be read
 * @returns {T}
 */
export function recall(name, fallback) {
  try {
    const text = localStorage.getItem(prefix + name);
    return text === null ? fallback : JSON.parse(text);
  } catch {
    return fallback;
  }
}

/**
 * @param {string} name
 * @param {unknown} value null forgets it
 * @returns {boolean} whether the browser had room for it
 */
export function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(prefix + name);
    else localStorage.setItem(prefix + name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
