// What the types must refuse. Checked by tsc, never run: each line below such a mark must be wrong.
import { Till } from "../src/index.js";
import type { QueryPage, Ticket } from "../src/index.js";

export async function uses(till: Till): Promise<void> {
  const ticket: Ticket = await till.call("ticket", { path: { ticket_id: "t" } });
  const page: QueryPage = await till.call("sql", { body: { query: "SELECT 1" } });
  await till.call("healthz");
  await till.call("receipts", { query: { limit: 5, state: "COMPLETE" } });
  ticket.state === "REFUSED" && page.rows;
  // @ts-expect-error: no such operation
  await till.call("tills");
  // @ts-expect-error: the path's value is missing
  await till.call("ticket");
  // @ts-expect-error: no such parameter
  await till.call("receipts", { query: { limits: 5 } });
  // @ts-expect-error: no such state
  await till.call("receipts", { query: { state: "DONE" } });
  // @ts-expect-error: a question has a query
  await till.call("sql", { body: {} });
  // @ts-expect-error: no such member of the answer
  page.lines;
}
