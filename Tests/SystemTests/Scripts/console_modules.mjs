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
const { directionOf, fileOf, isolated, number } = await import(new URL('core/language.js', root));
const { anyTextOf, documentOf, textOf, withoutEncoding } = await import(new URL('core/encoding.js', root));
const { readXML } = await import(new URL('core/xml.js', root));
const { keyOf } = await import(new URL('core/keyboard.js', root));
const { formOf } = await import(new URL('core/features.js', root));
const { fieldsOf } = await import(new URL('core/column-types.js', root));
const { sampleOf } = await import(new URL('pages/types/sample.js', root));

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
// A backslash escapes within E'…' alone, on the lines that it goes on; comments may have comments in them; names may have dollars.
const texts = (whole) => statements(whole).map((statement) => statement.text);
assert.deepEqual(texts("SELECT E'it\\'s; x' AS a; SELECT 2"), ["SELECT E'it\\'s; x' AS a", 'SELECT 2']);
assert.deepEqual(texts("SELECT e'a\\';'\n ';\\';' ; SELECT '\\'; SELECT namE'\\'; 3"), ["SELECT e'a\\';'\n ';\\';'", "SELECT '\\'", "SELECT namE'\\'", '3']);
assert.deepEqual(texts('/* a /* b; */ c; */ SELECT 1; /* open /* ; */ ;'), ['/* a /* b; */ c; */ SELECT 1', '/* open /* ; */ ;']);
assert.deepEqual(texts('SELECT a$b$; SELECT $tag$;$tag $;$tag$; 3'), ['SELECT a$b$', 'SELECT $tag$;$tag $;$tag$', '3']);
assert.equal(parameterCount("SELECT $1, E'\\'$5', /* /* $6 */ $7 */ $2"), 2);
assert.equal(statements(`SELECT '${'x'.repeat(2_000_000)}'; 2`).length, 2);
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
// Only a quote at a field's start opens one: another spoils its own line and no more.
assert.deepEqual(splitRecords('a,b\n1,5" pipe\n2,"x"y"\n"3","p,\nq"\r\n4,\n', 'f.csv').records, ['1,5" pipe', '2,"x"y"', '"3","p,\nq"', '4,']);
assert.deepEqual(splitRecords('a;b\n1;"x\n;y"\n2;,"\n3;z', 'f.csv', { delimiter: ';' }).records, ['1;"x\n;y"', '2;,"', '3;z']);
// A value of many lines is one; what stands within one document is cut by nobody.
assert.deepEqual(splitRecords('{\n"a": "}"}\n{"b":\n[2]}\n', 'f').records, ['{\n"a": "}"}', '{"b":\n[2]}']);
assert.deepEqual(splitRecords('{"a":1}\n{"a":2', 'f.ndjson').records, ['{"a":1}', '{"a":2']);
assert.equal(splitRecords('{"a":1}{"a":2', 'f.json'), null);
for (const envelope of ['{"kind":"e","items":[{"id":1}]}', '{\n"items":[\n{"id":1}\n]}', '[{"items":[]}]']) assert.equal(splitRecords(envelope, 'f.json', { isEnvelope: true }), null);
assert.equal(splitRecords('<a/>', 'f'), null);
assert.equal(splitRecords('', 'f'), null);

// Bytes are the text that they say: by a mark, by XML's declaration, else UTF-8; what is none is none.
const bytesOf = (...numbers) => Uint8Array.from(numbers.flatMap((part) => (typeof part === 'string' ? [...Buffer.from(part, 'latin1')] : part)));
assert.equal(textOf(bytesOf('<?xml version="1.0" encoding="windows-1251"?><a>', 0xd5, 0xeb, 0xb3, 0xe1, '</a>')), '<?xml version="1.0" encoding="windows-1251"?><a>Хліб</a>');
assert.equal(textOf(bytesOf(0xef, 0xbb, 0xbf, "<?xml version='1.0' encoding='windows-1251'?>", 0xd0, 0xa5)), "<?xml version='1.0' encoding='windows-1251'?>Х");
assert.equal(textOf(bytesOf(0xff, 0xfe, ...Buffer.from('<a>Х</a>', 'utf16le'))), '<a>Х</a>');
assert.equal(textOf(bytesOf(...Buffer.from('<?xml version="1.0"?><a>Х</a>', 'utf16le'))), '<?xml version="1.0"?><a>Х</a>');
assert.equal(textOf(bytesOf('<?xml version="1.0" encoding="UTF-16"?><a/>')), '<?xml version="1.0" encoding="UTF-16"?><a/>');
assert.equal(textOf(bytesOf('{"encoding":"windows-1251"}', 0xd5)), null);
assert.equal(textOf(bytesOf('<?xml version="1.0" encoding="nobody-1"?><a/>')), null);
assert.equal(anyTextOf(bytesOf(0xff, 'a')), '\ufffda');
assert.equal(documentOf({ document_base64: Buffer.from('<?xml version="1.0" encoding="windows-1251"?>\xd5', 'latin1').toString('base64') }).at(-1), 'Х');
assert.deepEqual([documentOf({ document: { a: 1 } }), documentOf({ document_base64: '/w==' })], [{ a: 1 }, null]);
assert.equal(withoutEncoding('<?xml version="1.0" encoding="windows-1251" standalone="yes"?><a encoding="x"/>'), '<?xml version="1.0" standalone="yes"?><a encoding="x"/>');

// XML that is looked at: all its texts, no entity of its own, nothing deeper or larger than somebody reads.
const mixed = readXML('<?xml version="1.0"?><!-- c --><n:a xmlns:n="u" x="1 &lt; &#x41;\t2"><b>Dear <i>you</i>, pay <![CDATA[<5> &amp;]]><!-- c --> now</b>\r\n<b/></n:a>\n');
assert.deepEqual([mixed.name, mixed.localName, mixed.attributes.map(({ value }) => value)], ['n:a', 'a', ['u', '1 < A 2']]);
const [letter, , second] = mixed.content;
assert.deepEqual(letter.content.map((part) => part.name ?? part), ['Dear ', 'i', ', pay <5> &amp; now']);
assert.deepEqual([letter.step, mixed.content[1], second.step], ['b', '\n', 'b[2]']);
for (const wrong of ['', 'text', '<a>', '<a></b>', '<a/><b/>', '<a/>text', '<a>&own;</a>', '<a>&#0;</a>', '<a>& b</a>', '<a b=1/>', '<a b="<"/>', '<!DOCTYPE a><a/>', '<a><!DOCTYPE b></a>', '<a><![CDATA[x</a>']) assert.equal(readXML(wrong), null, wrong);
assert.notEqual(readXML('<a>'.repeat(128) + '</a>'.repeat(128)), null);
assert.equal(readXML('<a>'.repeat(129) + '</a>'.repeat(129)), null);
assert.equal(readXML(`<a>${'x'.repeat(16 << 20)}</a>`), null);
assert.equal(readXML(`<a ${'b="1" '.repeat(100_000)}<`), null);

// Keys are those of their places where the keyboard has other letters, and what they say where it has these.
assert.deepEqual([['л', 'KeyK'], ['п', 'KeyG'], ['с', 'KeyC'], ['k', 'KeyV'], ['.', 'KeyE'], ['?', 'Digit7'], ['é', 'KeyE'], ['Enter', 'Enter'], ['Л', 'KeyK']].map(([key, code]) => keyOf({ key, code })), ['k', 'g', 'c', 'k', '.', '?', 'é', 'Enter', 'k']);

// A language by its whole tag, else by a shorter one.
const there = ['en', 'pt', 'pt-BR', 'zh-Hant'];
assert.deepEqual(['pt-BR', 'PT-br', 'pt-PT', 'zh-Hant-TW', 'zh', 'de', ''].map((wanted) => fileOf(wanted, there)), ['pt-BR', 'pt-BR', 'pt', 'zh-Hant', undefined, undefined, undefined]);
assert.deepEqual(['uk', 'pt-BR', 'ar', 'he-IL', 'ur-Latn', 'pa-Arab', 'az-Arab-IR', 'fa'].map(directionOf), ['ltr', 'ltr', 'rtl', 'rtl', 'ltr', 'rtl', 'rtl', 'rtl']);

// What the columns of a list are, as an answer says it.
assert.deepEqual([...fieldsOf('STRUCT("a ""b, c" VARCHAR, "n" DECIMAL(18,6), "of" STRUCT("x, )" BIGINT)[], "last" BOOLEAN)[]')], [['a "b, c', 'VARCHAR'], ['n', 'DECIMAL(18,6)'], ['of', 'STRUCT("x, )" BIGINT)[]'], ['last', 'BOOLEAN']]);
assert.equal(fieldsOf('VARCHAR[]'), null);

// A type begins with a document of its own format.
const order = { match: { '/order/kind': 'o/1' }, receipt_id: '/order/@id', issued_at: { path: '/order/at' }, columns: { total: { path: '/order/sum[1]', type: 'DECIMAL(18,4)' }, lines: { path: '/order/line', columns: { name: { path: 'name', type: 'VARCHAR' } } } } };
assert.deepEqual(readXML(sampleOf({ ...order, format: 'xml' })).content.filter((part) => part.name).map(({ name }) => name), ['kind', 'at', 'sum', 'line']);
assert.ok(readXML(sampleOf({ format: 'xml', match: { root: '{urn:x}bill' }, namespaces: { b: ['urn:x', 'urn:y'] } })));
assert.equal(sampleOf({ format: 'csv', delimiter: ';', receipt_id: 'number', columns: { number: { path: 'number' }, age: { path: 'age', type: 'INTEGER' } } }), 'number;age\nR-1;1\n');
assert.deepEqual(JSON.parse(sampleOf({ format: 'json', match: { '/schema': ['a/1', 'a/2'] }, receipt_id: '/id', each: '/items', columns: { n: { path: '/n', type: 'BIGINT' } } })), { schema: 'a/1', items: [{ id: 'R-1', n: '1' }] });

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

// Names of files, by the media types that the server's description has.
assert.deepEqual(
  ['text/csv', 'application/x-ndjson', 'application/vnd.apache.parquet', 'application/vnd.apache.arrow.stream', 'text/markdown'].map(formOf),
  ['csv', 'ndjson', 'parquet', 'arrow', 'markdown'],
);

console.log('everything held');
