// The client against a running server, and its retries against a fetch of our own. Usage: node client.mjs DIST URL ADMIN_KEY
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";

const [dist, url, adminKey] = process.argv.slice(2);
const { Till, ProblemError, ConnectionFailed, InvalidKey, TillError, parseJSON, writeJSON } = await import(pathToFileURL(`${dist}/index.js`).href);

const receipt = (number) => ({
  schema: "pos/1", id: `T-${number}`, issued_at: "2026-11-19T14:03:07+02:00", currency: "UAH", total: 65, lines: [{ code: "48", name: "Хліб", qty: 1, price: 65, amount: 65 }],
});

async function server() {
  const admin = new Till({ url: url + "/", key: adminKey });
  await admin.call("putContract", { path: { client_id: "node é" }, body: { access: "read-write", scope: "own" } });
  const { key } = await admin.call("makeKey", { path: { client_id: "node é" }, body: {} });
  const till = new Till({ url, key });
  const taken = await till.submit(receipt(1), { wait: 2 });
  assert.equal(taken.state, "COMPLETE");
  assert.equal((await till.call("ticket", { path: { ticket_id: taken.ticket_id } })).receipt_id, "T-1");
  const lines = [2, 3].map((number) => JSON.stringify(receipt(number))).join("\n");
  const results = await till.call("takeReceipts", { body: lines, headers: { "content-type": "application/x-ndjson" } });
  assert.equal(results.trim().split("\n").length, 2);
  for (const id of [".", "..", "%2E"]) {
    await till.submit({ ...receipt(0), id });
    assert.equal((await till.call("receipt", { path: { receipt_id: id } })).receipt_id, id);
  }
  const rows = [];
  for await (const row of till.rows("SELECT receipt_id, total, 9007199254740993 AS big, $1 AS p FROM receipts WHERE receipt_id LIKE 'T-%' ORDER BY 1", ["x"], { limit: 2 })) rows.push(row);
  assert.deepEqual(rows.map((row) => row.receipt_id), ["T-1", "T-2", "T-3"]);
  assert.deepEqual([rows[0].total, rows[0].big, rows[0].p], ["65.0000", 9007199254740993n, "x"]);
  const twice = [];
  for await (const row of till.rows("SELECT 1 AS a, 2 AS a, 3 AS a_2, 4 AS a")) twice.push(row);
  assert.deepEqual(twice, [{ a: 1, a_3: 2, a_2: 3, a_4: 4 }]);
  const found = [];
  for await (const each of till.receipts({ limit: 2 })) found.push(each.receipt_id);
  assert.equal(found.length, 6);
  await assert.rejects(till.call("contracts"), (error) => error instanceof ProblemError && error.slug === "admin-only" && error.status === 403 && error.message.includes(error.requestID));
  await assert.rejects(till.call("sql", { body: { query: "SELECT 1 +" } }), (error) => error.slug === "bad-sql" && error.position > 0);
  await assert.rejects(till.call("ticket", { path: { ticket_id: "" } }), TypeError);
  const stopped = AbortSignal.abort();
  await assert.rejects(till.call("sql", { body: { query: "SELECT 1" }, signal: stopped }), (error) => error.name === "AbortError");
}

async function retries() {
  const answers = [];
  const pauses = [];
  const calls = [];
  const till = new Till({
    url: "http://till", key: "k", sleep: async (milliseconds) => void pauses.push(milliseconds),
    fetch: async (target, init) => {
      calls.push([target, init]);
      const next = answers.length > 1 ? answers.shift() : answers[0];
      if (next instanceof Error) throw next;
      return new Response(next.body ?? "{}", { status: next.status, headers: { "content-type": "application/json", ...next.headers } });
    },
  });
  answers.push({ status: 503, headers: { "retry-after": "7" } }, { status: 200, body: '{"a":1}' });
  assert.deepEqual(await till.call("makeOperatorKey", { body: { role: "admin" } }), { a: 1 });
  assert.ok(pauses.length === 1 && pauses[0] >= 7000 && pauses[0] < 7300, pauses);
  answers.splice(0, answers.length, new TypeError("reset"));
  await assert.rejects(till.call("makeOperatorKey", { body: { role: "admin" } }), ConnectionFailed);
  calls.length = 0;
  await assert.rejects(till.call("takeReceipts", { body: { a: 1 } }), ConnectionFailed);
  assert.equal(calls.length, 6);
  answers.splice(0, answers.length, { status: 429, headers: { "retry-after": "9999" } });
  calls.length = 0;
  await assert.rejects(till.call("contracts"), (error) => error.retryAfter === 9999);
  assert.equal(calls.length, 1);
  await assert.rejects(till.call("healthz"));
  assert.equal(calls.at(-1)[1].headers.authorization, undefined);
}

function keys() {
  for (const key of ["secret-of-the-shop\n", "secret of the shop", "secret-\u043a", ""]) {
    assert.throws(() => new Till({ url: "http://till", key }), (error) => error instanceof InvalidKey && error instanceof TillError && !error.message.includes("secret"), key);
  }
}

function json() {
  assert.deepEqual(parseJSON('{"a":[12345678901234567890,-1.5e3,"é\\n\\u0041{",true,null,{}],"__proto__":1234567890123456}'.replace(/^/, " ")),
    Object.defineProperty({ a: [12345678901234567890n, -1500, "é\nA{", true, null, {}] }, "__proto__", { value: 1234567890123456, enumerable: true }));
  assert.equal(writeJSON({ a: 12345678901234567890n, b: undefined, c: [1, "x", null] }), '{"a":12345678901234567890,"c":[1,"x",null]}');
  for (const bad of ["[1234567890123456,]", "1234567890123456 x", '{"a" 1234567890123456}', "01234567890123456", '"1234567890123456', "[".repeat(2000) + "1234567890123456"]) assert.throws(() => parseJSON(bad), SyntaxError, bad);
  assert.throws(() => writeJSON(NaN), TypeError);
}

json();
keys();
await retries();
await server();
console.log("the client is whole");
