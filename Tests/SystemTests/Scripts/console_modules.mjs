// Parts of the console that need no browser, with values that a reader can check by head.

import assert from 'node:assert/strict';

const root = new URL('../../../console/', import.meta.url);
const { statements, statementAt, parameterCount, offsetOf } = await import(new URL('core/statements.js', root));
const { niceTicks, linear, evenly } = await import(new URL('components/chart-scale.js', root));
const { compareLines } = await import(new URL('components/line-difference.js', root));
const { parsePlan } = await import(new URL('components/plan-view.js', root));
const { layOut } = await import(new URL('pages/processes/layout.js', root));
const { number } = await import(new URL('core/language.js', root));

// Semicolons within quotes, comments and dollar quotes end nothing.
const text = "SELECT ';', \"a;b\" -- ;\n; /* ; */ SELECT $$;$$, $x$;$x$;;\nSELECT 3";
assert.deepEqual(statements(text).map((statement) => statement.text), ["SELECT ';', \"a;b\" -- ;", '/* ; */ SELECT $$;$$, $x$;$x$', 'SELECT 3']);
for (const { text: own, from, to } of statements(text)) assert.equal(text.slice(from, to).trim(), own);
assert.equal(statementAt(text, 3)?.text.startsWith('SELECT \''), true);
assert.equal(statementAt(text, text.length)?.text, 'SELECT 3');
assert.equal(statementAt('', 0), undefined);
assert.deepEqual(statements("SELECT 'unended; SELECT 2").length, 1);
assert.equal(parameterCount("SELECT $1, $3, '$9', \"$8\" -- $7"), 3);
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

// Every digit, grouped; what is no plain decimal as it is.
assert.equal(number('-12345678901234567890.1200'), '−12,345,678,901,234,567,890.1200');
assert.equal(number('1e400'), '1e400');
assert.equal(number('NaN'), 'NaN');

console.log('everything held');
