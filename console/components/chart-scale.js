// From values to places on a chart, and the values worth a line across it.

/**
 * Steps of 1, 2 or 5 times a power of ten (Heckbert, "Nice Numbers for Graph Labels", Graphics Gems, 1990).
 *
 * @param {number} least
 * @param {number} most
 * @param {number} count about so many
 * @returns {number[]}
 */
export function niceTicks(least, most, count) {
  if (!(most > least)) return [least];
  const rough = (most - least) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const ticks = [];
  for (let index = Math.floor(least / step); index <= Math.ceil(most / step) && ticks.length < 100; index += 1) ticks.push(Number((index * step).toPrecision(12)));
  return ticks;
}

/**
 * @param {number} least
 * @param {number} most
 * @param {number} start
 * @param {number} end
 * @returns {(value: number) => number}
 */
export function linear(least, most, start, end) {
  const span = most - least || 1;
  return (value) => start + ((value - least) / span) * (end - start);
}

/**
 * Of `count` labels so many, evenly, that they do not touch.
 *
 * @param {number} count
 * @param {number} room how many fit
 * @returns {number[]} indices
 */
export function evenly(count, room) {
  const step = Math.max(1, Math.ceil(count / Math.max(1, room)));
  return Array.from({ length: Math.ceil(count / step) }, (_, index) => index * step);
}

/** A midnight may be written as its day alone. */
const instant = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(:\d\d)?.*)?$/;
const labelLengthMax = 14;

/**
 * Labels as an axis has room for them: of instants what they differ in, of long texts the beginning.
 *
 * @param {string[]} labels
 * @returns {string[]} as many
 */
export function shortLabels(labels) {
  const parts = labels.map((label) => instant.exec(label));
  const days = new Set(parts.flatMap((part) => (part ? [part[1]] : [])));
  const years = new Set([...days].map((day) => day.slice(0, 4)));
  const areWithinDay = days.size === 1 && parts.every((part) => part !== null);
  const haveTimes = parts.some((part) => part?.[2]);
  const haveSeconds = parts.some((part) => part?.[3] && part[3] !== ':00');
  return labels.map((label, index) => {
    const part = parts[index];
    if (!part) return label.length > labelLengthMax ? `${label.slice(0, labelLengthMax - 1)}…` : label;
    const [, date, minute = '00:00', second = ':00'] = part;
    if (!haveTimes || years.size > 1) return date;
    if (areWithinDay) return haveSeconds ? minute + second : minute;
    return `${date.slice(5)} ${minute}`;
  });
}
