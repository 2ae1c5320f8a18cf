// Which files a query would leave out: by the days that its plan asks for, before it runs; by what it read, when it did.

/** @typedef {{table: string, filters: string[], read: {files: string, fileCount: string, rows: string} | null}} FileScan */
/** @typedef {import('./file-map.js').StoreFile} StoreFile */

const scanLine = /^\s*Scan (\S+)/;
const filterLine = /^\s*filter: (.*)$/;
const readLine = /read: (\d+) of (\d+) files, (.*? rows)/;
const dayBound = /business_day (>=|<=|=|>|<) '(\d{4}-\d\d-\d\d)/g;

/**
 * @param {string[]} lines of a plan
 * @returns {FileScan[]} those that read tables
 */
export function fileScans(lines) {
  /** @type {FileScan[]} */
  const scans = [];
  for (const line of lines) {
    const scan = scanLine.exec(line);
    if (scan) scans.push({ table: scan[1], filters: [], read: null });
    const last = scans[scans.length - 1];
    if (!last) continue;
    const [filter, read] = [filterLine.exec(line), readLine.exec(line)];
    if (filter) last.filters.push(filter[1]);
    if (read) last.read = { files: read[1], fileCount: read[2], rows: read[3] };
  }
  return scans;
}

/**
 * The days that a scan's conditions allow. OR says nothing that holds for all its parts, so a condition that has one leaves all days.
 *
 * @param {FileScan} scan
 * @returns {{from: string, to: string}}
 */
export function dayRange({ filters }) {
  let [from, to] = ['0000-00-00', '9999-99-99'];
  for (const filter of filters) {
    if (/\bOR\b|\bNOT\b|\bCASE\b/i.test(filter)) continue;
    for (const [, operator, day] of filter.matchAll(dayBound)) {
      if (operator !== '<=' && operator !== '<' && day > from) from = day;
      if (operator !== '>=' && operator !== '>' && day < to) to = day;
    }
  }
  return { from, to };
}

/**
 * Hot files have all tables, a cold one has its own.
 *
 * @param {StoreFile[]} files
 * @param {FileScan[]} scans
 * @returns {Set<StoreFile>} those that would be read
 */
export function keptByDays(files, scans) {
  const ranges = scans.map((scan) => ({ table: scan.table.replace(/_accepted$/, ''), ...dayRange(scan) }));
  return new Set(files.filter((file) => ranges.some(({ table, from, to }) => (file.table === null || file.table === table) && (file.first_day === null || (file.last_day ?? '') >= from && file.first_day <= to))));
}
