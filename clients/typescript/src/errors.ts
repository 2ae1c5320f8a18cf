import type { Problem, Slug, Violation } from "./api.js";

/** Whatever the client throws about the server and what it said. */
export class TillError extends Error {
  override name = "TillError";
}

/** No answer came, after as many attempts as the policy allows. */
export class ConnectionFailed extends TillError {
  override name = "ConnectionFailed";
}

/** The key cannot be sent in a header's field. The error does not contain it. */
export class InvalidKey extends TillError {
  override name = "InvalidKey";
}

/** The server's refusal (RFC 9457). `slug` says which; its text ends with the request's id, by which the server's log has it. */
export class ProblemError extends TillError {
  override name = "ProblemError";
  readonly status: number;
  readonly slug: Slug | (string & {});
  readonly errors: readonly Violation[];
  readonly position: number | undefined;
  readonly ticketID: string | undefined;
  readonly requestID: string | undefined;
  /** Nobody knows whether what was asked was done: look before you ask again, where it must not be done twice. */
  readonly isOutcomeUnknown: boolean;
  /** Seconds. */
  readonly retryAfter: number | undefined;

  constructor(readonly problem: Partial<Problem>, status: number, headers?: Headers) {
    const slug = (problem.type ?? "").split("/").pop() ?? "";
    const requestID = problem.request_id ?? headers?.get("x-request-id") ?? undefined;
    super(`${status} ${slug}: ${problem.detail ?? problem.title ?? ""}${requestID ? ` (request ${requestID})` : ""}`);
    this.status = status;
    this.slug = slug;
    this.errors = problem.errors ?? [];
    this.position = problem.position;
    this.ticketID = problem.ticket_id;
    this.requestID = requestID;
    this.isOutcomeUnknown = problem.outcome === "unknown";
    const seconds = headers?.get("retry-after");
    this.retryAfter = seconds && /^\d+$/.test(seconds) ? Number(seconds) : undefined;
  }
}
