// Parts of the console that need no browser, with values that a reader can check by head.

import assert from 'node:assert/strict';

const root = new URL('../../../console/', import.meta.url);
const { statements, statementAt, parameterCount, offsetOf } = await import(new URL('core/statements.js', root));
const { niceTicks, linear, evenly, shortLabels } = await import(new URL('components/chart-scale.js', root));
const { compareLines } = await import(new URL('components/line-difference.js', root));
const { parsePlan } = await import(new URL('components/plan-view.js', root));
const { layOut } = await import(new URL('pages/processes/layout.js', root));
const { splitRecords } = await import(new URL('core/records.js', root));
const { dayRange, fileScans, keptByDays } = await import(new URL('pages/storage/left-out.js', root));
const { identifier, isInstantType, isNumericType } = await import(new URL('core/schema.js', root));
const { address, here } = await import(new URL('core/location.js', root));
const { isolated, number } = await import(new URL('core/language.js', root));

// Semicolons within quotes, comments and dollar quotes end nothing.
const text = "SELECT ';', \"a;b\" -- ;\n; /* ; */ SELECT $$;$$, $x$;$x$;;\nSELECT 3";
assert.deepEqual(statements(text).map((statement) => statement.text), ["SELECT ';', \"a;b\" -- ;", '/* ; */ SELECT $$;$$, $x$;$x$', 'SELECT 3']);
for (const { text: own, from, to } of statements(text)) assert.equal(text.slice(from, to).trim(), own);
assert.equal(statementAt(text, 3)?.text.startsWith('SELECT \''), true);
assert.equal(statementAt(text, text.length)?.text, 'SELECT 3');
assert.equal(statementAt('', 0), undefined);
assert.deepEqual(statements("SELECT 'unended; SELECT 2").length, 1);
assert.equal(parameterCount("SELECT $1, $3, '$9', \"$8\" -- $7"), 3);
assert.equal(parameterCount(`${"'a',".repeat(200_000)} $2`), 2);
assert.equal(offsetOf("SELECT '😀', x", 13), 13);
assert.equal(offsetOf('SELECT x', 8), 7);

// Ticks hold the values between them, in steps of 1, 2 or 5.
for (const [least, most] of [[0, 1], [-3, 17], [0.001, 0.0042], [1e9, 5e9], [-5, -1]]) {
  const ticks = niceTicks(least, most, 5);
  assert.ok(ticks[0] <= least && ticks[ticks.length - 1] >= most, `${least} to ${most}: ${ticks}`);
  assert.ok(ticks.length <= 12, String(ticks));
}
assert.deepEqual(niceTicks(4, 4, 5), [4]);
assert.equal(linear(0, 10, 100, 0)(5), 50);
assert.ok(Number.isFinite(linear(3, 3, 0, 100)(3)));
assert.deepEqual(evenly(10, 5), [0, 2, 4, 6, 8]);
assert.deepEqual(evenly(3, 0), [0]);

// Labels say what they differ in.
assert.deepEqual(shortLabels(['2025-01-01T10:00:00.000000Z', '2025-01-01T10:05:00.000000Z']), ['10:00', '10:05']);
assert.deepEqual(shortLabels(['2025-01-01T10:00:00Z', '2025-01-01T10:00:05Z']), ['10:00:00', '10:00:05']);
assert.deepEqual(shortLabels(['2025-01-01T10:00:00Z', '2025-01-02T10:00:00Z']), ['01-01 10:00', '01-02 10:00']);
assert.deepEqual(shortLabels(['2025-01-01T23:00:00Z', '2025-01-02', 'NULL']), ['01-01 23:00', '01-02 00:00', 'NULL']);
assert.deepEqual(shortLabels(['2025-12-31T10:00:00Z', '2026-01-01T10:00:00Z']), ['2025-12-31', '2026-01-01']);
assert.deepEqual(shortLabels(['a name of twenty words', 'NULL', '2025-01-01']), ['a name of twe…', 'NULL', '2025-01-01']);
assert.deepEqual(shortLabels([]), []);

assert.deepEqual(compareLines(['a', 'b', 'c'], ['a', 'x', 'c']).map(({ kind, text: line }) => kind[0] + line), ['sa', 'gb', 'nx', 'sc']);
assert.deepEqual(compareLines([], ['a']).map(({ kind }) => kind), ['new']);

const { roots, summary } = parsePlan(['Project [a]  (11 rows, 0.01 ms)', '  Scan receipts  (8028 rows, 1.98 ms, 0 bytes read)', '      read: 1 of 1 files', '11 rows in 3.88 ms']);
assert.equal(roots.length, 1);
assert.deepEqual([roots[0].rows, roots[0].children[0].milliseconds, roots[0].children[0].more], ['11', 1.98, '0 bytes read']);
assert.deepEqual(summary, ['11 rows in 3.88 ms']);

// A loop ends, a state stands below what leads to it, and one that is not there is left out.
const { boxes, arrows } = layOut({ StartAt: 'A', States: { A: { Type: 'Task', Next: 'B' }, B: { Type: 'Choice', Choices: [{ Next: 'A' }, { Next: 'Gone' }], Default: 'C' }, C: { Type: 'Succeed' } } });
assert.deepEqual(boxes.map(({ name, layer }) => [name, layer]), [['A', 0], ['B', 1], ['C', 2]]);
assert.equal(arrows.length, 4);

// However many ways lead through a machine, and however many loops it has, each state is looked at once.
const names = Array.from({ length: 40 }, (_, index) => `S${index}`);
const machine = (exits) => ({ StartAt: 'S0', States: Object.fromEntries(names.map((name, index) => [name, { Type: 'Choice', Choices: exits(index).map((Next) => ({ Next })) }])) });
const ladder = layOut(machine((index) => names.slice(index + 1).reverse()));
assert.deepEqual(Object.fromEntries(ladder.boxes.map(({ name, layer }) => [name, layer])), Object.fromEntries(names.map((name, index) => [name, index])));
const mesh = layOut(machine(() => names));
assert.equal(mesh.boxes.length, 40);
assert.equal(mesh.arrows.length, 1600);
const chain = layOut({ StartAt: 'S0', States: Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`S${index}`, { Type: 'Pass', Next: `S${index + 1}` }])) });
assert.equal(chain.boxes[19_999].layer, 19_999);
assert.deepEqual(layOut({ StartAt: 'constructor', States: {} }).boxes, []);

// A text that turns the writing round turns nothing but itself, whatever it ends.
assert.equal(isolated('plain'), 'plain');
assert.equal(isolated('gnp\u202eexe'), '\u2068gnp\u202eexe\u2069');
assert.equal(isolated('\u2069\u202eout'), '\u2068\u202eout\u2069');

// Whatever an id is, an address leads back to it: no browser takes away what it has.
for (const id of ['R-1', 'a/b?c#d%', '.', '..', '%2E', '%2E%2E', '%252E', '%25252E%2E', '%2e', '.%2E', '...', '', ' ', 'ї']) {
  const { pathname, search } = new URL(address('receipts', ['c1', '2025-01-01', id], { table: 'x y' }), 'http://localhost');
  globalThis.location = { pathname, search };
  assert.deepEqual(here().segments, ['c1', '2025-01-01', ...(id ? [id] : [])], `${id}: ${pathname}`);
}

// Every digit, grouped; what is no plain decimal as it is.
assert.equal(number('-12345678901234567890.1200'), '−12,345,678,901,234,567,890.1200');
assert.equal(number('1e400'), '1e400');
assert.equal(number('NaN'), 'NaN');

// Records as an upload counts them: quoted line ends, blanks, escapes, digits as they came.
const csv = splitRecords('\uFEFFa,b\r\n1,"x\ny ""z"""\r\n\r\n2,w', 'f.csv');
assert.deepEqual([csv.head, csv.records], ['a,b', ['1,"x\ny ""z"""', '2,w']]);
assert.equal(csv.join([csv.records[1]]), 'a,b\n2,w\n');
assert.deepEqual(splitRecords('{"a":1}\n\n{"a":2.50}\n', 'f').records, ['{"a":1}', '{"a":2.50}']);
const array = splitRecords(' [ {"a":"],{\\\""} , [1,2], 3.00 ] ', 'f.json');
assert.deepEqual(array.records, ['{"a":"],{\\\""}', '[1,2]', '3.00']);
assert.equal(array.join([array.records[2]]), '[3.00]\n');
assert.deepEqual(splitRecords('[]', 'f').records, []);
assert.equal(splitRecords('<a/>', 'f'), null);
assert.equal(splitRecords('', 'f'), null);

// Days that a plan asks for; OR says nothing of them.
const scans = fileScans(['Project [n]', '  Scan receipts_accepted []  (1 rows, 0.1 ms)', "        filter: business_day >= '2025-06-01' AND business_day < '2025-07-01'", '        read: 1 of 3 files, 46 of 90 rows', '  Scan people []']);
assert.deepEqual(scans.map(({ table, read }) => [table, read?.files ?? null]), [['receipts_accepted', '1'], ['people', null]]);
assert.deepEqual(dayRange(scans[0]), { from: '2025-06-01', to: '2025-07-01' });
assert.deepEqual(dayRange({ table: 't', read: null, filters: ["a = 1 OR business_day > '2025-06-01'"] }), { from: '0000-00-00', to: '9999-99-99' });
const file = (table, first_day, last_day) => ({ tier: table ? 'cold' : 'hot', table, path: '', bytes: 1, rows: 1, first_day, last_day });
const files = [file(null, '2025-05-01', '2025-06-01'), file('receipts', '2025-05-01', '2025-05-31'), file('receipts', '2025-06-30', '2025-08-01'), file('people', '2020-01-01', '2020-01-02'), file('notes', null, null)];
assert.deepEqual(files.map((one) => keptByDays(files, scans).has(one)), [true, false, true, true, false]);

assert.equal(identifier('a_1'), 'a_1');
assert.equal(identifier('A "b"'), '"A ""b"""');
assert.deepEqual(['order', 'select', 'left', 'total', 'day'].map(identifier), ['"order"', '"select"', '"left"', 'total', 'day']);
assert.ok(isNumericType('double precision') && isNumericType('numeric(38, 0)') && !isNumericType('BIGINT[]') && !isNumericType('DECIMAL(38,4)[]'));
assert.ok(isNumericType('numeric') && isNumericType('DECIMAL(18,4)') && isNumericType('double') && !isNumericType('text'));
assert.ok(isInstantType('timestamptz') && isInstantType('TIMESTAMPTZ') && !isInstantType('time'));

console.log('everything held');
