// JSON without loss. A double holds 15 digits and no trailing zeros, an amount may have 38 of them: numbers that a double does not write back as
// they were keep their text.

/** A JSON number as its digits. */
export class ExactNumber {
  /** @param {string} text a number as JSON writes it */
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }

  /** For charts and sorting, where 15 digits do. */
  valueOf() {
    return Number(this.text);
  }
}

/** @typedef {null | boolean | number | string | ExactNumber} Scalar */

/**
 * @param {string} text
 * @returns {any} numbers as `number` where that is exact, else as `ExactNumber`
 */
export function parse(text) {
  return JSON.parse(text, (_, value, context) => {
    if (typeof value !== 'number') return value;
    const source = context?.source;
    return source === undefined || String(value) === source ? value : new ExactNumber(source);
  });
}

/**
 * @param {any} value as `parse` makes it
 * @param {number} [indent]
 * @returns {string} its JSON, every digit as it came
 */
export function stringify(value, indent) {
  return JSON.stringify(value, (_, item) => (item instanceof ExactNumber ? JSON.rawJSON(item.text) : item), indent);
}
