// Made of clients/openapi.json by clients/describe: not edited by hand.

/** All columns of the table, and the document. */
export interface Receipt {
  client_id: string;
  receipt_id: string;
  business_day: string;
  issued_at: string;
  type: string;
  type_version?: number;
  received_at?: string;
  state: "PROCESSING" | "COMPLETE" | "FAILED";
  completed_at?: string | null;
  ticket_id: string;
  sequence: number;
  content_type?: string;
  /** JSON as it was posted, other text as a string. */
  document?: unknown;
  /** In place of document, for what is no text in UTF-8. */
  document_base64?: string;
  [member: string]: unknown;
}

export interface ReceiptPage {
  /** The fields that were asked for, of each. */
  receipts: (Record<string, unknown>)[];
  next_cursor: string | null;
}

export interface Query {
  query: string;
  /** Of $1, $2 and so on: a string is a literal without a type, a number one of its digits. */
  params?: (string | number | boolean | null)[] | null;
  limit?: number | null;
  cursor?: string | null;
  /** Of the caller's making: GET /v1/queries shows it, DELETE /v1/queries/{id} ends it. */
  query_id?: string | null;
  time_zone?: string | null;
  /** Whether sums that are there already may be used; the answer is the same. */
  rollups?: boolean | null;
}

export interface QueryPage {
  columns: {
    name: string;
    type: string;
  }[];
  rows: unknown[][];
  next_cursor: string | null;
  statistics: {
    rows_scanned: number;
    bytes_read: number;
    files_pruned: number;
    elapsed_ms: number;
    [member: string]: unknown;
  };
}

/** Of one of query, receipts and sheets. */
export interface ExportRequest {
  query?: string;
  /** Of $1, $2 and so on: a string is a literal without a type, a number one of its digits. */
  params?: (string | number | boolean | null)[] | null;
  time_zone?: string | null;
  /** The parameters of GET /v1/receipts. */
  receipts?: {
    client?: string | null;
    from?: string | null;
    to?: string | null;
    type?: string | null;
    table?: string | null;
    state?: "PROCESSING" | "COMPLETE" | "FAILED" | null;
    fields?: string | null;
    as_of?: string | null;
  } | null;
  /** Of a workbook, each the answer to a query. */
  sheets?: {
    name?: string | null;
    query: string;
    /** Of $1, $2 and so on: a string is a literal without a type, a number one of its digits. */
    params?: (string | number | boolean | null)[] | null;
  }[] | null;
  format: "xlsx" | "parquet" | "arrow" | "csv" | "ndjson";
  name?: string | null;
  /** From 1s to 90d, once the file is there. */
  expires_in?: string | null;
}

export interface UploadRequest {
  /** The file's, whose ending says what it is. */
  name: string;
  /** The document type of its records. */
  type?: string | null;
  /** Of CSV with its charset, if that is not UTF-8: text/csv; charset=windows-1252. */
  content_type?: string | null;
  bytes?: number | null;
  /** Of the file as it is sent. */
  sha256?: string | null;
}

export interface KeyRequest {
  /** For people: who has it. */
  label?: string | null;
  /** What the contract says. */
  role?: "contract" | null;
  /** From then on it counts no more; a date means its midnight UTC. */
  expires_at?: string | null;
}

export interface OperatorKeyRequest {
  /** For people: who has it. */
  label?: string | null;
  role: "admin" | "auditor" | "metrics";
  /** From then on it counts no more; a date means its midnight UTC. */
  expires_at?: string | null;
}

export interface Violation {
  pointer: string;
  code: string;
  message: string;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  errors: Violation[];
  /** In a query's text, in Unicode scalars from 1. */
  position?: number;
  /** Of a query that fails: PostgreSQL's code for the cause, as 42703 for a column that is not there. */
  sqlstate?: string;
  /** Of a refused document its quarantine entry's; with different-document that of the receipt that is stored. */
  ticket_id?: string;
  /** `unknown`: nobody knows whether what was asked was done, or will be; what must not be done twice is looked for before it is asked again. */
  outcome?: string;
  /** The answer's X-Request-Id. Not there where the problem is a part of an answer. */
  request_id?: string;
}

export interface Taken {
  ticket_id: string;
  client_id: string;
  receipt_id: string;
  type: string;
  business_day: string;
  state: "PROCESSING" | "COMPLETE" | "FAILED";
  sequence: number;
  /** Of versioned tables: which version of the document it is. */
  version?: number;
  /** Of a new version: the columns that say something else than the version before. */
  changed?: string[];
  /** true: it was here before. Of the results of arrays, envelopes and lines only; a single one says it by its status. */
  repeat?: boolean;
}

export interface TakenBatch {
  accepted: number;
  results: Taken[];
}

export interface Choices {
  choices: {
    business_day: string;
    client_id: string;
    url: string;
  }[];
}

export interface Ticket {
  ticket_id: string;
  client_id: string | null;
  receipt_id: string | null;
  type: string | null;
  business_day: string | null;
  state: "PROCESSING" | "COMPLETE" | "FAILED" | "REFUSED";
  sequence: number | null;
  replaced_by?: string;
  steps: Step[];
  errors: Violation[];
  history: {
    at: string;
    event: string;
    [member: string]: unknown;
  }[];
}

export interface Step {
  /** The registrar. */
  name: string;
  stage: number;
  state: string;
  attempts: number;
  at: string | null;
  reference: string | null;
  detail: string | null;
}

export interface ChangeList {
  changes: {
    sequence: number;
    at: string;
    event: string;
    receipt: Taken;
  }[];
  next_after: number;
}

export interface Contract {
  /** Whose contract it is. */
  client_id?: string;
  /** For people. */
  name?: string | null;
  /** Whether it reads, or reads and writes. */
  access: "read" | "read-write";
  /** Whether its own rows alone are seen, or all. */
  scope: "own" | "all";
  /** The document types that it may send; null: all. */
  types?: string[] | null;
  /** Whether values of sensitive columns are shown: false unless said. */
  sensitive?: boolean;
  /** From when on it holds; null: always. */
  valid_from?: string | null;
  /** Until when it holds, exclusive; null: for ever. */
  valid_to?: string | null;
  /** Requests that it may make in a second; null: without a bound. */
  rate_per_second?: number | null;
  /** Where events of its documents and uploads are sent; null: nowhere. */
  webhook?: {
    url: string;
    /** Never shown. Left out or null when a contract is put again with the same URL: the stored one stays. The one that it replaces signs beside it for a day; not for another URL of the webhook that comes with it. */
    secret?: string | null;
  } | null;
  /** Names or addresses of hosts, each with or without :port, without scheme and path. */
  callback_hosts?: string[] | null;
  /** The queues, topics and processes that it may use. Queues that it may send to and receive from, topics that it may publish to, processes that it may start: names, or `*` for all. */
  uses?: {
    queues?: unknown;
    topics?: unknown;
    processes?: unknown;
  } | null;
  /** From 1s to 1d: how often the webhook gets a digest of refusals, where there are any. */
  digest?: string | null;
  /** Where there are any, each says what may be done in its time, in place of the contract, and nothing may be done outside all. No two overlap. */
  subscriptions?: ContractSubscription[] | null;
}

export interface ContractSubscription {
  /** Inclusive; null: since ever. */
  from?: string | null;
  /** Exclusive; null: without end. */
  to?: string | null;
  /** The contract's unless said. */
  access?: "read" | "read-write";
  /** The contract's unless said. */
  scope?: "own" | "all";
  /** Document types that it may post; null for all. */
  types?: string[] | null;
  /** Whether values of sensitive columns are shown: false unless said. */
  sensitive?: boolean;
  /** Labels for the callers' own use. */
  roles?: string[];
  /** A name for the callers' own use. */
  plan?: string | null;
}

export interface Usage {
  usage: UsageSpan[];
}

export interface UsageSpan {
  /** The day, or the month's first. */
  from: string;
  /** Documents taken, without repeats. */
  receipts: number;
  /** Of those documents. */
  bytes: number;
  /** Requests that were let in. */
  calls: number;
  /** Questions of SQL. */
  queries: number;
  /** Rows of tables that they read. */
  rows_scanned: number;
  /** Bytes of files that they read. */
  bytes_scanned: number;
  /** Bytes of exports that were made. */
  exports_bytes: number;
  /** Events that were delivered to its webhook and to callback URLs. */
  webhooks: number;
}

export interface ContractList {
  contracts: Contract[];
  next_cursor: string | null;
}

export interface Rollup {
  /** The path's. One namespace with tables. */
  name: string;
  /** A ledger. */
  table: string;
  /** SQL; null: all rows. */
  where?: string | null;
  /** A list whose elements are summed. */
  unnest?: string | null;
  /** Names and expressions of the table's columns. */
  group_by: Record<string, string>;
  /** Names and aggregates. */
  measures: Record<string, string>;
  /** Of the answer to a PUT: keys nearly as distinct as the rows, with the size to expect. */
  warning?: string;
  /** Of answers alone. */
  progress?: {
    state: "filling" | "ready";
    files: number;
    files_covered: number;
    /** For good: `uncovered` says why. Their rows are read. */
    files_left_out: number;
    /** Of the sums. */
    rows: number;
    /** Of the files of sums. */
    bytes: number;
    uncovered: {
      file: string;
      reason: string;
    }[];
  };
}

export interface RollupList {
  rollups: Rollup[];
  next_cursor: string | null;
}

export interface Advice {
  /** As it can be put. */
  rollup: Record<string, unknown>;
  /** Of its sums, as a sample of rows and the table's days have it. */
  rows: number;
  /** Of them on the disk, about. */
  bytes: number;
  /** How many times fewer rows a query reads. */
  gain: number;
  /** That were asked, and that it answers. */
  queries: number;
  /** Of them together, as measured. */
  elapsed_ms: number;
  rows_scanned: number;
  bytes_read: number;
  /** With ? for each constant, the most expensive first. */
  statements: {
    statement: string;
    queries: number;
    elapsed_ms: number;
    rows_scanned: number;
    bytes_read: number;
  }[];
}

export interface AdviceList {
  advice: Advice[];
}

export interface View {
  /** The path's. One namespace with tables. */
  name?: string;
  /** A SELECT over tables and views, without parameters. */
  query: string;
  description?: string | null;
  /** Of answers alone. */
  columns?: {
    name: string;
    type: string;
  }[];
  /** Of answers alone: the tables and views that it names. */
  reads?: string[];
  /** Of answers alone. */
  put_at?: string;
  /** Of answers alone: why the caller cannot read it at present; null where nothing is wrong. */
  fault?: string | null;
}

export interface ViewList {
  views: View[];
  next_cursor: string | null;
}

export interface Versions {
  versions: Version[];
  next_cursor: string | null;
}

export interface Version {
  version: number;
  ticket_id: string;
  received_at: string;
  valid_to: string | null;
  removed: boolean;
  upload_id: string | null;
  state: "PROCESSING" | "COMPLETE" | "FAILED";
  /** By column, its value before and in this version; empty for the first. A list has all its elements. */
  changes: Record<string, unknown>;
}

export interface TypeVersionList {
  versions: TypeVersion[];
  next_cursor: string | null;
}

export interface TypeVersion {
  version: number;
  put_at: string;
  type: Type;
}

export interface Key {
  id: string;
  role: "contract" | "admin" | "auditor" | "metrics";
  label: string | null;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
}

export interface NewKey {
  id: string;
  role: "contract" | "admin" | "auditor" | "metrics";
  label: string | null;
  created_at: string;
  expires_at: string | null;
  /** The secret: shown in this answer alone. */
  key: string;
}

export interface KeyList {
  keys: Key[];
  next_cursor: string | null;
}

export interface QuarantineEntry {
  /** Under which it was refused. */
  ticket_id: string;
  /** Who sent it. */
  client_id: string | null;
  /** When it came. */
  received_at: string;
  /** As its sender said. */
  content_type: string;
  /** The document type that it was read as; null where none knew it. */
  type: string | null;
  /** Why it was refused. */
  problem: Problem;
  /** What was sent, where it is text. */
  document?: string | null;
  /** What was sent, where it is no text. */
  document_base64?: string;
}

export interface QuarantineList {
  quarantine: QuarantineEntry[];
  next_cursor: string | null;
}

export interface DeadLetter {
  /** By which it is looked at, tried again and deleted. */
  id: string;
  /** What was to be delivered: a call of a registrar, a callback, or an event of a webhook. */
  kind: "step" | "webhook";
  /** The registrar, or callback or contract. */
  name: string;
  /** When it was given up. */
  at: string;
  /** Of the last attempt. */
  reason: string;
  /** How often it was tried. */
  attempts: number;
  /** Whose document or event it is. */
  client_id: string;
  /** For events of a contract's webhook that are about no receipt: upload.processed, upload.error, feedback.digest. */
  event: string | null;
  /** Null where there is an event. */
  receipt: Taken | null;
}

export interface DeadLetterList {
  dead_letters: DeadLetter[];
  next_cursor: string | null;
}

export interface TypeList {
  types: Type[];
  next_cursor: string | null;
}

export interface AuditList {
  audit: {
    /** Rises with time. */
    id: number;
    /** When it was asked for. */
    at: string;
    /** Who asked. */
    actor: string;
    /** Through which door it was asked. */
    origin: string | null;
    /** What was asked. */
    action: string;
    /** Of what it was asked. */
    target: string;
    /** The id of the request, as in the log. */
    request_id: string | null;
    /** How it ended. */
    outcome: "begun" | "done" | "refused" | "failed";
    /** The answer's status; null where there was none. */
    status: number | null;
    /** When it ended; null while it runs, and where nobody knows. */
    ended_at: string | null;
    /** What else is known of it. */
    detail: Record<string, unknown> | null;
  }[];
  next_cursor: string | null;
}

export interface Job {
  id: string;
  kind: "compact" | "backup" | "verify" | "move" | "rebuild";
  state: "queued" | "running" | "done" | "failed" | "cancelled";
  actor: string;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  progress: {
    done: number;
    unit: string;
    at: string;
  } | null;
  /** What the call answers when it waits: Compaction, Backup or Verification. */
  result: Record<string, unknown> | null;
  problem: Problem | null;
}

export interface JobList {
  jobs: Job[];
  next_cursor: string | null;
}

export interface Export {
  export_id: string;
  name: string;
  format: "xlsx" | "parquet" | "arrow" | "csv" | "ndjson";
  state: "RUNNING" | "DONE" | "ERROR" | "CANCELLED" | "EXPIRED";
  rows: number;
  bytes: number;
  /** From 0 to 1: the share of sheets that are written. */
  progress: number;
  /** Of the file, in hexadecimal digits. */
  sha256: string | null;
  /** Good without a credential until `expires_at`. Whoever has it has the file. */
  url: string | null;
  created_at: string;
  expires_at: string | null;
  problem: Problem | null;
}

export interface ExportList {
  exports: Export[];
  next_cursor: string | null;
}

export interface AcceptedExport {
  export_id: string;
  state: "RUNNING" | "DONE" | "ERROR" | "CANCELLED" | "EXPIRED";
}

export interface Upload {
  /** By which it is asked for. */
  upload_id: string;
  /** Who began it; null for the administrator. */
  client_id: string | null;
  /** Of the file. */
  name: string;
  /** The document type that its records are read as; null where each says its own. */
  type: string | null;
  /** How far it is. */
  state: "NEW" | "PROCESSING" | "PROCESSED" | "ERROR" | "CANCELLED" | "REVERTED";
  /** As announced. */
  bytes: number | null;
  /** Of the file, that are here. */
  received_bytes: number;
  /** So far, until the file is read to its end. */
  records: number;
  /** accepted, replaced, repeated and rejected together. */
  processed: number;
  /** Receipts, and first versions. */
  accepted: number;
  /** Records that were there already. */
  repeated: number;
  /** Further versions. */
  replaced: number;
  /** Records that were refused: errors_url has each. */
  rejected: number;
  /** Identities that have the version before this upload again. */
  reverted: number;
  /** Identities that were not taken back, since something newer had come. */
  left: number;
  /** When it was begun. */
  created_at: string;
  /** When its file was whole, and began to be read. */
  started_at: string | null;
  /** When the last record was read, or the upload was ended. */
  ended_at: string | null;
  /** Why the file cannot be read to its end, or the upload was not taken back to its. */
  problem: Problem | null;
  /** Where its rejections are listed. */
  errors_url: string;
}

export interface UploadList {
  uploads: Upload[];
  next_cursor: string | null;
}

export interface NewUpload {
  upload_id: string;
  /** Good without a credential until `expires_at`, for this one file. */
  url: string;
  method: string;
  max_bytes: number;
  expires_at: string;
  state: "NEW" | "PROCESSING" | "PROCESSED" | "ERROR" | "CANCELLED" | "REVERTED";
}

export interface UploadState {
  upload_id: string;
  state: "NEW" | "PROCESSING" | "PROCESSED" | "ERROR" | "CANCELLED" | "REVERTED";
}

export interface UploadError {
  /** From 1, in the file's order. */
  record: number;
  /** The record's own id, where it could be read. */
  receipt_id: string | null;
  /** What is wrong with it, each at its place. */
  errors: Violation[];
  /** What was valid, by column. */
  columns: Record<string, unknown>;
}

export interface UploadErrorList {
  errors: UploadError[];
  next_cursor: string | null;
}

export interface Deletion {
  deleted: number;
  /** Others pass: the same call again deletes them. */
  has_more: boolean;
}

export interface Cluster {
  /** Who answers: the node that leads. */
  node: string;
  leader: string | null;
  /** Rises with each change of who leads and who takes part. */
  epoch: number;
  /** Who has everything that was acknowledged on a disk of its own, the leader first. */
  insync: string[];
  /** Who does not take part until it is let in again. */
  removed: string[];
  mode: string;
  /** How many records are acknowledged. */
  records: number;
  /** Whether what is acknowledged lies on one machine alone. */
  degraded: boolean;
}

export interface Transfer {
  from: string;
  to: string;
  /** In which it begins: a higher one in `/readyz` of `to` says that it is done. */
  epoch: number;
}

export interface Backup {
  destination: string;
  files: number;
  bytes: number;
  files_copied: number;
  bytes_copied: number;
  elapsed_ms: number;
}

export interface Move {
  place?: string;
  tables: number;
  files: number;
  bytes: number;
  files_copied: number;
  bytes_copied: number;
  files_left: number;
}

export interface Rebuild {
  /** Documents that were read again. */
  documents: number;
  /** Of them, those that do not give the column: it is NULL there. */
  unreadable: number;
  /** Files that were written anew. */
  files: number;
  /** Files that keep the column as it was, since they are damaged: tried again with each compaction. */
  files_left: number;
}

export interface Compaction {
  files_moved: number;
  rows_moved: number;
  files_left: number;
  files_merged: number;
}

export interface Verification {
  files: number;
  receipts: number;
  document_bytes: number;
  fault_count: number;
  /** The first thousand. */
  faults: {
    path: string;
    fault: string;
  }[];
  /** Files that belong to no state of the store, as a crash leaves them. */
  strangers: string[];
}

export interface Me {
  /** The contract; null for those who run the store. */
  client_id: string | null;
  /** true: it may do everything. */
  admin?: boolean;
  role: "contract" | "admin" | "auditor" | "metrics";
  access: "read" | "read-write";
  scope: "own" | "all";
  /** Document types that it may post; null for all. */
  types: string[] | null;
  /** Whether it sees the values of sensitive columns. */
  sensitive: boolean;
  /** Labels for the callers' own use, of the contract's present subscription. */
  roles: string[];
  plan: string | null;
  /** The present subscription's end, or the contract's where that is sooner. */
  valid_to: string | null;
  /** Of a contract: all of its subscriptions. */
  subscriptions: ContractSubscription[];
  /** Where clients of PostgreSQL find the store; null where there is no such door. */
  postgres: {
    port: number;
    tls: boolean;
  } | null;
}

export interface Session {
  /** For the header Till-CSRF of calls with the session's cookie that are no GET. */
  csrf: string;
  /** The contract; null for those who run the store. */
  client_id: string | null;
  /** true: it may do everything. */
  admin?: boolean;
  role: "contract" | "admin" | "auditor" | "metrics";
  access: "read" | "read-write";
  scope: "own" | "all";
  /** Document types that it may post; null for all. */
  types: string[] | null;
  /** Whether it sees the values of sensitive columns. */
  sensitive: boolean;
  /** Labels for the callers' own use, of the contract's present subscription. */
  roles: string[];
  plan: string | null;
  /** The present subscription's end, or the contract's where that is sooner. */
  valid_to: string | null;
  /** Of a contract: all of its subscriptions. */
  subscriptions: ContractSubscription[];
  /** Where clients of PostgreSQL find the store; null where there is no such door. */
  postgres: {
    port: number;
    tls: boolean;
  } | null;
}

export interface TypeCheck {
  results: {
    file?: string;
    index: number;
    columns?: Record<string, unknown>;
    errors?: Violation[];
  }[];
}

export interface RunningQuery {
  /** By which it is cancelled. */
  id: string;
  /** Whose it is; null for the administrator's. */
  client_id: string | null;
  /** The beginning of its text, up to 4,096 bytes. */
  query: string;
  /** When it began. */
  started_at: string;
  /** Rows of tables that were read. */
  rows_scanned: number;
  /** Bytes of files that were read. */
  bytes_read: number;
  /** Files that could be left out. */
  files_pruned: number;
  /** Milliseconds since it began, until it ended. */
  elapsed_ms: number;
}

export interface RunningQueryList {
  queries: RunningQuery[];
  next_cursor: string | null;
}

export interface TicketItem {
  ticket_id: string;
  client_id: string | null;
  receipt_id: string | null;
  type: string | null;
  business_day: string | null;
  state: "PROCESSING" | "COMPLETE" | "FAILED" | "REFUSED";
  sequence: number | null;
  received_at: string;
}

export interface TicketList {
  tickets: TicketItem[];
  next_cursor: string | null;
}

export interface Lot {
  /** At most 10,000: the same call again takes what is left. */
  count: number;
}

export interface Overview {
  at: string;
  rates: {
    receipts_per_second: number;
    registrations_per_second: number;
    deliveries_per_second: number;
  };
  /** How long POSTs of receipts took in the last minute, to a quarter; null where there was none. */
  post_ms: {
    p50: number | null;
    p95: number | null;
    p99: number | null;
  };
  promises: {
    /** `post`: a receipt is accepted; `hot`: a receipt or ticket is found; `cold`: a question is answered. */
    name: string;
    limit_ms: number;
    hour: {
      kept: number;
      of: number;
    };
    day: {
      kept: number;
      of: number;
    };
    /** The last 30 days. */
    month: {
      kept: number;
      of: number;
    };
  }[];
  /** When the oldest receipt came that is not final. */
  oldest_unregistered_at: string | null;
  dead_letters: number;
  /** Refused documents that are kept; null for a contract. */
  refused: number | null;
  /** For the administrator. */
  store: {
    hot_files: number;
    hot_days: number;
    hot_rows: number;
    /** Hot files whose time to move to cold has come: what compaction has still to do. */
    compaction_due_files: number;
    compaction_due_rows: number;
    disk_free_bytes: number;
    /** That queries hold. */
    memory_bytes: number;
    memory_max_bytes: number;
    queries_running: number;
  } | null;
  registrars: {
    name: string;
    /** Of its circuit breaker: closed is well. */
    state: "closed" | "open" | "half-open";
    waiting: number;
  }[];
  /** What needs somebody; nothing, where it is empty. */
  needs: {
    code: string;
    count: number;
    text: string;
  }[];
}

export interface Queue {
  /** By which it is called. */
  name?: string;
  /** How long a message may wait. */
  ttl?: string;
  /** How long a worker has a message to itself. */
  lock?: string;
  /** How often a message is received before it is a dead letter. */
  max_deliveries?: number;
  /** How long an id is known. */
  duplicate_window?: string;
  /** Of all bodies but those of dead letters; with those twice as many. */
  max_bytes?: string | number;
  /** Whether messages that nobody completed are kept. */
  dead_letter?: boolean;
  /** Before a message may be received. */
  delay?: string;
  /** Of answers alone: a PUT passes over it. */
  counts?: {
    active: number;
    locked: number;
    delayed: number;
    dead: number;
  };
  /** Of answers alone: a PUT passes over it. */
  bytes?: number;
  /** Of answers alone: a PUT passes over it. */
  oldest_at?: string | null;
}

export interface QueueList {
  queues: Queue[];
  next_cursor: string | null;
}

export interface SentMessages {
  results: {
    message_id: string;
    status: "queued" | "duplicate";
  }[];
}

export interface ReceivedMessages {
  messages: ReceivedMessage[];
}

export interface ReceivedMessage {
  message_id: string;
  /** Of this delivery alone. */
  lock_token: string;
  body: unknown;
  /** How often it was handed out, this time included. */
  deliveries: number;
  enqueued_at: string;
  locked_until: string;
}

export interface CompletedMessages {
  results: {
    message_id: string;
    status: "completed" | "lock-lost";
  }[];
}

export interface DeadMessage {
  message_id: string;
  body: unknown;
  reason: "expired" | "max-deliveries" | "rejected";
  /** The worker's words. */
  detail: string | null;
  deliveries: number;
  enqueued_at: string;
  died_at: string;
}

export interface DeadMessageList {
  dead_letters: DeadMessage[];
  next_cursor: string | null;
}

export interface QueuedMessage {
  message_id: string;
  body: unknown;
  state: "active" | "locked" | "delayed" | "dead";
  deliveries: number;
  enqueued_at: string;
  /** Since when it can be received, until when a worker has it, or when its delay ends. */
  due_at: string;
}

export interface QueuedMessageList {
  messages: QueuedMessage[];
  next_cursor: string | null;
}

export interface Execution {
  /** By which it is asked for. */
  execution_id: string;
  /** The process that it runs. */
  process: string;
  /** The version of the definition that it runs by. */
  process_version: number;
  /** As whoever started it said; unique in its process for a time. */
  name: string;
  /** How far it is. */
  state: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";
  /** What it was started with. */
  input: unknown;
  /** What it ended with; null until it has, and where it failed. */
  output: unknown;
  /** The name of the error by which it failed. */
  error: string | null;
  /** What is said of that error. */
  cause: string | null;
  /** When it was started. */
  started_at: string;
  /** When it succeeded, failed, ran out of time or was stopped. */
  ended_at: string | null;
}

export interface ExecutionList {
  executions: Execution[];
  next_cursor: string | null;
}

export interface StartedExecution {
  execution_id: string;
  state: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";
}

export interface ProcessList {
  processes: Process[];
  next_cursor: string | null;
}

export interface ExecutionHistory {
  events: ExecutionEvent[];
  next_cursor: string | null;
}

export interface Topic {
  name: string;
  subscriptions: string[];
}

export interface TopicList {
  topics: Topic[];
  next_cursor: string | null;
}

export interface Subscription {
  name: string;
  where: string | null;
  target: Record<string, string>;
  counts: {
    pending: number;
    dead: number;
  };
  oldest_at: string | null;
  rests: string | null;
}

export interface SubscriptionList {
  subscriptions: Subscription[];
  next_cursor: string | null;
}

export interface PublishedEvents {
  results: {
    id: string;
    status: "accepted" | "duplicate";
  }[];
}

export interface DeadEvent {
  event: unknown;
  reason: string;
  attempts: number;
  died_at: string;
}

export interface DeadEventList {
  dead_letters: DeadEvent[];
  next_cursor: string | null;
}

/** A document type file. */
export interface Type {
  /** Documents inside documents: the text at path is decoded and read as JSON or XML at to, before columns, schema and rules. */
  decode?: {
    path: string;
    as: ("base64" | "base64url" | "gzip" | "zlib" | "zstd" | "hex")[];
    to: string;
    /** Of XML: elements that are lists even if there is one, as paths from its root element on. */
    lists?: string[];
  }[];
  name: string;
  /** The present one plus 1; 1 for the first. */
  version: number;
  table?: string;
  format: "json" | "xml" | "csv";
  description?: string;
  /** Path to the value that it must have, a list of alternatives, or {"exists": true}. */
  match?: Record<string, unknown>;
  priority?: number;
  /** Prefix to namespace, or to a list of them. */
  namespaces?: Record<string, string | string[]>;
  /** JSON Schema 2020-12. */
  schema?: unknown;
  /** The name of a file, or with the path of the elements that it describes. */
  xsd?: string | {
    file: string;
    at?: string;
  };
  /** The files that xsd names and those that they import, by name. */
  files?: Record<string, string>;
  /** Of an envelope: the path of one receipt. */
  each?: string | {
    path: string;
    where?: Record<string, unknown>;
    [member: string]: unknown;
  };
  /** each: the receipts of an envelope count each on its own. */
  batch?: string;
  receipt_id?: TypeSource;
  issued_at?: TypeSource;
  business_day?: TypeSource;
  client_id?: TypeSource;
  callback_url?: TypeSource;
  time_zone?: string | {
    path: string;
    map?: Record<string, string>;
    default?: string;
    [member: string]: unknown;
  };
  accept_from?: string;
  accept_to?: string;
  columns?: Record<string, TypeColumn>;
  rules?: TypeRule[];
  /** Stages one after another, each a set of registrars. */
  register?: string[][];
  on_repeat?: string;
  /** Of CSV. */
  delimiter?: string;
  /** Of CSV: whether columns that the type does not know are a fault of the file. */
  extra_columns?: "refuse" | "ignore";
  /** Over the type's table. */
  rollups?: (Record<string, unknown>)[];
  [member: string]: unknown;
}

/** Where a value is: a path (JSON Pointer, XPath 1.0 or a header's name), the paths of its parts, or an object with path, format, from or optional. */
export type TypeSource = string | (string | Record<string, unknown>)[] | Record<string, unknown>;

/** A column, or with columns a list of such. */
export interface TypeColumn {
  path?: string;
  /** Paths, of which the first that is there counts. */
  from?: (string | Record<string, unknown>)[];
  from_root?: boolean;
  /** The SQL type. */
  type?: string;
  required?: boolean;
  default?: unknown;
  where?: Record<string, unknown>;
  value?: string;
  sum?: string;
  scale?: number;
  decimal_mark?: string;
  suffix?: string;
  /** Of VARCHAR: drop blanks at both ends. */
  trim?: boolean;
  format?: string;
  bloom?: boolean;
  stored?: boolean;
  /** Seen by the administrator and by contracts with sensitive; NULL to all others. */
  sensitive?: boolean;
  /** SQL over the type's columns. */
  expression?: string;
  description?: string;
  /** Of a list: paths from the element; in their order the elements become rows. */
  order_by?: string[];
  /** Of a list: paths from the element; of those that say the same there the first stays. */
  distinct_by?: string[];
  /** Of a list: the columns of its elements. */
  columns?: Record<string, Record<string, unknown>>;
  [member: string]: unknown;
}

export interface TypeRule {
  name: string;
  /** SQL that must not be false. */
  check: string;
  message?: string;
}

/** A state machine in the Amazon States Language, with name, version and next_at added in answers. */
export interface Process {
  name?: string;
  Comment?: string;
  StartAt: string;
  States: Record<string, Record<string, unknown>>;
  TimeoutSeconds?: number;
  Version?: unknown;
  QueryLanguage?: unknown;
  /** What starts it by itself. */
  on?: {
    topic?: string;
    where?: string | null;
    schedule?: string;
    time_zone?: string;
  }[];
  version?: number;
  next_at?: string | null;
  [member: string]: unknown;
}

export interface ExecutionRequest {
  /** The caller's own: the same name with the same input is the same execution. */
  name?: string | null;
  /** Any JSON value, up to 1 MiB and 1,000 levels. */
  input?: unknown;
}

export interface TaskSuccess {
  /** Any JSON value, up to 1 MiB and 1,000 levels. */
  output?: unknown;
}

export interface TaskFailure {
  /** What Retry and Catch are asked about. */
  error?: string | null;
  cause?: string | null;
}

export interface ExecutionEvent {
  at: string;
  event: "entered" | "succeeded" | "failed" | "retried" | "caught" | "timed-out";
  state: string;
  visit: number;
  attempt: number;
  input: unknown;
  output: unknown;
  error: string | null;
  cause: string | null;
}

export interface RegistrarCall {
  ticket_id: string;
  client_id: string;
  receipt_id: string;
  type: string;
  content_type: string;
  /** JSON as it was posted, other text as a string. */
  document?: unknown;
  /** In place of document, for what is no text in UTF-8. */
  document_base64?: string;
  /** Where an outcome goes that comes later: POST /v1/callbacks/{registrar}. */
  callback_url: string;
}

export interface RegistrarAnswer {
  outcome: "accepted" | "rejected";
  reference?: string | null;
  /** Reasons of a rejection; shown in the ticket. */
  errors?: unknown[] | null;
}

export interface Callback {
  ticket_id?: string;
  /** Of a task, instead of a ticket. */
  task_token?: string;
  /** What an accepted task comes to. */
  output?: unknown;
  outcome: "accepted" | "rejected";
  reference?: string | null;
  /** Reasons of a rejection; shown in the ticket. */
  errors?: unknown[];
}

export interface ReceiptEvent {
  event_id: string;
  event: "receipt.processing" | "receipt.complete" | "receipt.failed";
  /** Rises with each event of a receipt. */
  version: number;
  at: string;
  receipt: Taken;
}

export interface TaskCall {
  execution_id: string;
  state: string;
  visit: number;
  /** By which the task is answered: in a callback, or by POST /v1/tasks/{token}/success. */
  task_token: string;
  input: unknown;
  /** Where an outcome goes that comes later: POST /v1/callbacks/{registrar}. */
  callback_url: string;
}

export interface TaskAnswer {
  outcome: "accepted" | "rejected";
  /** What an accepted task comes to. Of a rejected one the whole answer is the cause of Till.Rejected. */
  output?: unknown;
  [member: string]: unknown;
}

export interface UploadEvent {
  event_id: string;
  event: "upload.processed" | "upload.error";
  at: string;
  upload: Upload;
}

export interface Digest {
  event_id: string;
  event: "feedback.digest";
  at: string;
  from: string;
  to: string;
  rejected: number;
  /** The most frequent first. */
  by: {
    code: string;
    pointer: string;
    count: number;
  }[];
  /** Ids of those with a refusal. */
  uploads: string[];
}

/** CloudEvents 1.0, with the extensions that it came with. */
export interface CloudEvent {
  specversion: "1.0";
  id: string;
  /** /clients/ and the id of the client whose it is, else /admin. */
  source: string;
  type: string;
  subject?: string;
  time: string;
  datacontenttype: "application/json";
  data: unknown;
  [member: string]: unknown;
}

/** Each call by its operation's id. */
export interface Operations {
  /** Takes a document, several in an array or an envelope, or one for each line of NDJSON. */
  takeReceipts: {
    query?: {
      /** The document type, instead of recognising it. */
      type?: string;
      /** The client's id. */
      client?: string;
      /** Where the outcome of these documents goes. */
      callback_url?: string;
    };
    headers?: {
      /** As callback_url. */
      "Till-Callback-URL"?: string;
      /** `wait=5`: answer when the outcome is final, at most that many seconds later. */
      Prefer?: string;
    };
    body: Record<string, unknown> | (Record<string, unknown>)[] | string;
    answer: Taken | TakenBatch;
  };
  /** Receipts in order, a page at a time. */
  receipts: {
    query?: {
      /** The client's id. */
      client?: string;
      /** From this day or instant on. */
      from?: string;
      /** Up to, without, this day or instant. */
      to?: string;
      /** The document type. */
      type?: string;
      /** The table, if not `receipts`. */
      table?: string;
      /** The state. */
      state?: "PROCESSING" | "COMPLETE" | "FAILED";
      /** Columns, with commas between; `*` for all. */
      fields?: string;
      /** Of versioned tables: as it was at this instant. */
      as_of?: string;
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
      /** Of an Arrow stream's buffers. */
      compression?: "zstd" | "lz4" | "none";
    };
    headers?: {
      /** `stale`: a standby may answer from its own copy, and then says how old it is. Anything else counts as none. */
      "Till-Read"?: string;
    };
    answer: ReceiptPage;
  };
  /** A receipt with its document. */
  receipt: {
    path: {
      /** The receipt's id. */
      receipt_id: string;
    };
    query?: {
      /** The id of `.` or `..`, where the path has `-`: browsers and many libraries take those segments out of a path, however they are escaped. */
      receipt_id?: string;
      /** The client's id. */
      client?: string;
      /** The table, if not `receipts`. */
      table?: string;
      /** Its business day. */
      day?: string;
      /** Of versioned tables: as it was at this instant. */
      as_of?: string;
      /** 1: the document's exact bytes; empty means 1. */
      raw?: "0" | "1" | "true" | "false" | "";
    };
    headers?: {
      /** `stale`: a standby may answer from its own copy, and then says how old it is. Anything else counts as none. */
      "Till-Read"?: string;
    };
    answer: unknown;
  };
  /** Adds a version that removes a document of a versioned table. Its earlier versions stay. */
  removeReceipt: {
    path: {
      /** The document's id. */
      receipt_id: string;
    };
    query?: {
      /** The id of `.` or `..`, where the path has `-`: browsers and many libraries take those segments out of a path, however they are escaped. */
      receipt_id?: string;
      /** The client's id. */
      client?: string;
      /** The versioned table. */
      table?: string;
    };
    answer: undefined;
  };
  /** What became of a receipt: every step, attempt and answer. */
  ticket: {
    path: {
      /** The ticket. */
      ticket_id: string;
    };
    headers?: {
      /** `stale`: a standby may answer from its own copy, and then says how old it is. Anything else counts as none. */
      "Till-Read"?: string;
    };
    answer: Ticket;
  };
  /** Receipts and state changes in commit order. */
  changes: {
    query?: {
      /** The sequence of the last change known. */
      after?: number;
      /** How many at most. */
      limit?: number;
      /** Seconds to wait for a change when there is none. */
      wait?: number;
    };
    answer: ChangeList;
  };
  /** Answers a question in SQL: a page of JSON, or everything as NDJSON, CSV, Parquet or an Arrow stream. */
  sql: {
    query?: {
      /** Of an Arrow stream's buffers. */
      compression?: "zstd" | "lz4" | "none";
    };
    headers?: {
      /** `stale`: a standby may answer from its own copy, and then says how old it is. Anything else counts as none. */
      "Till-Read"?: string;
    };
    body: Query;
    answer: QueryPage;
  };
  /** Begins to write the answer to a query, receipts, or a workbook of several sheets into a file. */
  createExport: {
    body: ExportRequest;
    answer: AcceptedExport;
  };
  /** The caller's exports, the newest first; for the administrator everybody's. */
  exports: {
    query?: {
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: ExportList;
  };
  /** How an export stands, and the link to its file. */
  export: {
    path: {
      /** The export's id. */
      id: string;
    };
    answer: Export;
  };
  /** Ends an export and removes its file. */
  deleteExport: {
    path: {
      /** The export's id. */
      id: string;
    };
    answer: undefined;
  };
  /** The file of an export, by its link. */
  exportFile: {
    path: {
      /** The export's id. */
      id: string;
    };
    query?: {
      /** From the link: until when it is good. */
      expires?: string;
      /** From the link. */
      signature?: string;
    };
    headers?: {
      /** One range of bytes. */
      Range?: string;
      /** The ETag that the range is of. */
      "If-Range"?: string;
      /** The ETag that is there. */
      "If-None-Match"?: string;
    };
    answer: string | undefined;
  };
  /** Announces a file of records; the answer has the link to put it by. */
  createUpload: {
    query?: {
      /** The client's id. */
      client?: string;
    };
    body: UploadRequest;
    answer: NewUpload;
  };
  /** The caller's uploads, the newest first; for the administrator everybody's. */
  uploads: {
    query?: {
      /** The client's id. */
      client?: string;
      /** The state. */
      state?: "NEW" | "PROCESSING" | "PROCESSED" | "ERROR" | "CANCELLED" | "REVERTED";
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: UploadList;
  };
  /** How an upload stands. */
  upload: {
    path: {
      /** The upload's id. */
      id: string;
    };
    answer: Upload;
  };
  /** Ends an upload that is not read to its end; what was taken stays. Of one that has ended the file goes. */
  cancelUpload: {
    path: {
      /** The upload's id. */
      id: string;
    };
    answer: undefined;
  };
  /** The records that were not taken, in the file's order, with their reasons. */
  uploadErrors: {
    path: {
      /** The upload's id. */
      id: string;
    };
    query?: {
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: UploadErrorList;
  };
  /** Gives every document that an upload has changed the version before, unless something newer came since. */
  revertUpload: {
    path: {
      /** The upload's id. */
      id: string;
    };
    answer: UploadState;
  };
  /** The file, by its link; also in Content-Encoding gzip or zstd. */
  putUpload: {
    path: {
      /** The upload's id. */
      id: string;
    };
    query?: {
      /** From the link: until when it is good. */
      expires?: string;
      /** From the link. */
      signature?: string;
    };
    body: string;
    answer: UploadState;
  };
  /** How much of the file is here (tus). */
  uploadOffset: {
    path: {
      /** The upload's id. */
      id: string;
    };
    query?: {
      /** From the link: until when it is good. */
      expires?: string;
      /** From the link. */
      signature?: string;
    };
    headers?: {
      /** 1.0.0 */
      "Tus-Resumable"?: string;
    };
    answer: undefined;
  };
  /** A piece of the file (tus). */
  patchUpload: {
    path: {
      /** The upload's id. */
      id: string;
    };
    query?: {
      /** From the link: until when it is good. */
      expires?: string;
      /** From the link. */
      signature?: string;
    };
    headers?: {
      /** 1.0.0 */
      "Tus-Resumable"?: string;
      /** Where the piece begins: as many bytes as are here. */
      "Upload-Offset"?: string;
      /** sha1, sha256 or md5, a blank, and the piece's hash in base64. */
      "Upload-Checksum"?: string;
    };
    body: string;
    answer: undefined;
  };
  /** As PATCH, with X-HTTP-Method-Override: PATCH, for those who cannot send that. */
  postUpload: {
    path: {
      /** The upload's id. */
      id: string;
    };
    query?: {
      /** From the link: until when it is good. */
      expires?: string;
      /** From the link. */
      signature?: string;
    };
    headers?: {
      /** 1.0.0 */
      "Tus-Resumable"?: string;
      /** Where the piece begins: as many bytes as are here. */
      "Upload-Offset"?: string;
      /** sha1, sha256 or md5, a blank, and the piece's hash in base64. */
      "Upload-Checksum"?: string;
      /** PATCH */
      "X-HTTP-Method-Override"?: string;
    };
    body: string;
    answer: undefined;
  };
  /** An outcome that comes later: a registrar's for a ticket, or an endpoint's for a task. */
  callback: {
    path: {
      /** The registrar's name. */
      registrar: string;
    };
    body: Callback;
    answer: undefined;
  };
  /** The document types, by name. */
  types: {
    query?: {
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: TypeList;
  };
  /** A document type. */
  type: {
    path: {
      /** The type's name. */
      name: string;
    };
    answer: Type;
  };
  /** Adds a type or its next version. */
  putType: {
    path: {
      /** The type's name. */
      name: string;
    };
    body: Type;
    answer: Type;
  };
  /** Recognises the type no more; data stay. */
  deleteType: {
    path: {
      /** The type's name. */
      name: string;
    };
    answer: undefined;
  };
  /** Every version that a type had, newest first. */
  typeVersions: {
    path: {
      /** The type's name. */
      name: string;
    };
    query?: {
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: TypeVersionList;
  };
  /** The rollups, by name. */
  rollups: {
    query?: {
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: RollupList;
  };
  /** A rollup, and how far its sums are made. */
  rollup: {
    path: {
      /** The rollup's name. */
      name: string;
    };
    answer: Rollup;
  };
  /** Makes or changes a rollup; its sums are made in the background. */
  putRollup: {
    path: {
      /** The rollup's name. */
      name: string;
    };
    body: Rollup;
    answer: Rollup;
  };
  /** Removes a rollup and its sums; no receipt goes. */
  deleteRollup: {
    path: {
      /** The rollup's name. */
      name: string;
    };
    answer: undefined;
  };
  /** Rollups that queries which were asked would have been answered from, what spares most rows first: each can be put as it is. Reads samples of rows. */
  advice: {
    answer: AdviceList;
  };
  /** The views, by name. */
  views: {
    query?: {
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: ViewList;
  };
  /** A view. */
  view: {
    path: {
      /** The view's name. */
      name: string;
    };
    answer: View;
  };
  /** Makes or changes a view. Its columns are those of now: `*` is fixed. */
  putView: {
    path: {
      /** The view's name. */
      name: string;
    };
    body: View;
    answer: View;
  };
  /** Deletes a view that no other reads. */
  deleteView: {
    path: {
      /** The view's name. */
      name: string;
    };
    answer: undefined;
  };
  /** The contracts, by client. */
  contracts: {
    query?: {
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: ContractList;
  };
  /** A client's contract. */
  contract: {
    path: {
      /** The client. */
      client_id: string;
    };
    answer: Contract;
  };
  /** Makes or replaces a contract. */
  putContract: {
    path: {
      /** The client. */
      client_id: string;
    };
    headers?: {
      /** `*` makes a contract only where the client has none. Anything else counts as none: contracts have no ETag. */
      "If-None-Match"?: string;
    };
    body: Contract;
    answer: Contract;
  };
  /** Ends a contract and revokes its keys; data stay. */
  deleteContract: {
    path: {
      /** The client. */
      client_id: string;
    };
    answer: undefined;
  };
  /** What a client used, by days or months in UTC: of its own contract, or the administrator of any. */
  usage: {
    path: {
      /** The client. */
      client_id: string;
    };
    query?: {
      /** From this day on. */
      from?: string;
      /** Up to, without, this day. */
      to?: string;
      /** day unless said. */
      by?: "day" | "month";
    };
    answer: Usage;
  };
  /** The keys of a contract, without their secrets. */
  keys: {
    path: {
      /** The client. */
      client_id: string;
    };
    query?: {
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: KeyList;
  };
  /** Makes a key of a contract; it is shown this once. */
  makeKey: {
    path: {
      /** The client. */
      client_id: string;
    };
    body?: KeyRequest;
    answer: NewKey;
  };
  /** Revokes a key of a contract. */
  deleteKey: {
    path: {
      /** The client. */
      client_id: string;
      /** The key's id. */
      id: string;
    };
    answer: undefined;
  };
  /** The keys of those who run the store, without their secrets. */
  operatorKeys: {
    query?: {
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: KeyList;
  };
  /** Makes a key of a role; it is shown this once. `metrics` reads /metrics, `auditor` the audit trail, contracts, keys, types and what was refused without its bytes, `admin` may do everything. */
  makeOperatorKey: {
    body: OperatorKeyRequest;
    answer: NewKey;
  };
  /** Revokes a key of a role. */
  deleteOperatorKey: {
    path: {
      /** The key's id. */
      id: string;
    };
    answer: undefined;
  };
  /** The versions of a document of a versioned table, newest first, with what each changed. */
  receiptVersions: {
    path: {
      /** The document's id. */
      receipt_id: string;
    };
    query?: {
      /** The id of `.` or `..`, where the path has `-`: browsers and many libraries take those segments out of a path, however they are escaped. */
      receipt_id?: string;
      /** The client's id. */
      client?: string;
      /** The versioned table. */
      table?: string;
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: Versions;
  };
  /** What was refused, with reasons and bytes. */
  quarantine: {
    query?: {
      /** The client's id. */
      client?: string;
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: QuarantineList;
  };
  /** One refused document. */
  quarantineEntry: {
    path: {
      /** The entry's ticket. */
      ticket_id: string;
    };
    answer: QuarantineEntry;
  };
  /** What could not be registered or delivered. */
  deadLetters: {
    query?: {
      /** The client's id. */
      client?: string;
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: DeadLetterList;
  };
  /** Tries a dead letter again. */
  redrive: {
    path: {
      /** The dead letter. */
      id: string;
    };
    query?: {
      /** The client's id. */
      client?: string;
    };
    answer: undefined;
  };
  /** What this credential may do. */
  me: {
    answer: Me;
  };
  /** The session that the cookie names. */
  session: {
    answer: Session;
  };
  /** Exchanges a key, or a token of the issuer, for a session: the answer sets the cookie till-session. It ends after twelve hours without use, with its key, or by DELETE. */
  beginSession: {
    body: {
      key: string;
    };
    answer: Session;
  };
  /** Ends the session that the cookie names, whether its contract is valid or not. */
  endSession: {
    answer: undefined;
  };
  /** Shows what a type file makes of a document. Nothing is stored, and nothing goes to quarantine. */
  checkType: {
    body: {
      type: Type;
      /** XSD files by the names that the type has for them. */
      files?: Record<string, string>;
      /** The document as text; of JSON its value, too. */
      document: string | Record<string, unknown> | unknown[];
    };
    answer: TypeCheck;
  };
  /** The queries that run and this credential may see, the oldest first. */
  queries: {
    query?: {
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: RunningQueryList;
  };
  /** Ends a query; its caller gets 409 query-cancelled. */
  cancelQuery: {
    path: {
      /** The query's id. */
      id: string;
    };
    answer: undefined;
  };
  /** Tickets of all tables, the newest first; with state=REFUSED those of refused documents, which have no receipt. */
  tickets: {
    query?: {
      /** The client's id. */
      client?: string;
      /** The receipt's id. */
      receipt?: string;
      /** What the receipt is. */
      state?: "PROCESSING" | "COMPLETE" | "FAILED" | "REFUSED";
      /** Received then or later: a date or an instant. */
      from?: string;
      /** Received before: a date or an instant. */
      to?: string;
      /** Whose receipts, if not of all tables. */
      table?: string;
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: TicketList;
  };
  /** Tries a lot of dead letters again, so many a second; `count` is of those that there are and that the caller may see, each once. With dry_run they are counted only. A restart ends a lot, and so does the end of its key or contract, or of the right to write: what it left stays a dead letter. A credential has four lots under way at most. */
  redriveLot: {
    body: {
      /** Either these or filter. */
      ids?: string[] | null;
      /** What they have in common; an empty one means all. More than 100,000 at once are refused. */
      filter?: {
        client?: string | null;
        /** The registrar, or callback or contract. */
        registrar?: string | null;
        /** A text that the reason has. */
        code?: string | null;
        /** Given up before then: a date or an instant. */
        before?: string | null;
      } | null;
      per_second?: number | null;
      dry_run?: boolean | null;
    };
    answer: Lot;
  };
  /** The state machines, by name. */
  processes: {
    query?: {
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: ProcessList;
  };
  /** A state machine in its newest version. */
  process: {
    path: {
      /** The process's name. */
      name: string;
    };
    answer: Process;
  };
  /** Adds a state machine or its next version; executions that run keep theirs. */
  putProcess: {
    path: {
      /** The process's name. */
      name: string;
    };
    body: Process;
    answer: Process;
  };
  /** Starts no more of it; executions that run go on. */
  deleteProcess: {
    path: {
      /** The process's name. */
      name: string;
    };
    answer: undefined;
  };
  /** Starts an execution, once for each name. */
  startExecution: {
    path: {
      /** The process's name. */
      name: string;
    };
    body: ExecutionRequest;
    answer: StartedExecution;
  };
  /** The caller's executions, the newest first; for the administrator everybody's. */
  executions: {
    query?: {
      /** Of this process. */
      process?: string;
      /** In this state. */
      state?: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: ExecutionList;
  };
  /** How an execution stands. */
  execution: {
    path: {
      /** The execution's id. */
      execution_id: string;
    };
    answer: Execution;
  };
  /** What happened to an execution, the oldest first. */
  executionHistory: {
    path: {
      /** The execution's id. */
      execution_id: string;
    };
    query?: {
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: ExecutionHistory;
  };
  /** Ends an execution and its children. */
  abortExecution: {
    path: {
      /** The execution's id. */
      execution_id: string;
    };
    answer: StartedExecution;
  };
  /** Has an execution that failed go on from there; what was finished is not run again. */
  redriveExecution: {
    path: {
      /** The execution's id. */
      execution_id: string;
    };
    answer: StartedExecution;
  };
  /** Ends a task well. */
  taskSuccess: {
    path: {
      /** The task's token, as the worker was given it. */
      token: string;
    };
    body?: TaskSuccess;
    answer: undefined;
  };
  /** Ends a task that could not be done. */
  taskFailure: {
    path: {
      /** The task's token, as the worker was given it. */
      token: string;
    };
    body?: TaskFailure;
    answer: undefined;
  };
  /** Says that a task is still being done. */
  taskHeartbeat: {
    path: {
      /** The task's token, as the worker was given it. */
      token: string;
    };
    answer: undefined;
  };
  /** The queues that this credential may use, by name. */
  queues: {
    query?: {
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: QueueList;
  };
  /** A queue, and how much is in it. */
  queue: {
    path: {
      /** The queue's name. */
      name: string;
    };
    answer: Queue;
  };
  /** Makes a queue, or changes how it treats its messages, those that are in it too. */
  putQueue: {
    path: {
      /** The queue's name. */
      name: string;
    };
    body: Queue;
    answer: Queue;
  };
  /** Deletes a queue with all its messages, dead letters too. */
  deleteQueue: {
    path: {
      /** The queue's name. */
      name: string;
    };
    answer: undefined;
  };
  /** Puts up to a hundred messages into a queue, all or none. */
  sendMessages: {
    path: {
      /** The queue's name. */
      name: string;
    };
    body: {
      messages: {
        /** Counted once in its queue within the duplicate window; one is made without. */
        id?: string | null;
        /** Any JSON value of at most 256 KiB. */
        body: unknown;
        /** Before it may be received, like 30s; the queue's without. */
        delay?: string | null;
      }[];
    };
    answer: SentMessages;
  };
  /** What is in a queue, looked at and left there: what can be received, then what workers have, then what is delayed. */
  queueMessages: {
    path: {
      /** The queue's name. */
      name: string;
    };
    query?: {
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: QueuedMessageList;
  };
  /** Takes away all messages of a queue but dead letters, those that workers have too. */
  purgeQueue: {
    path: {
      /** The queue's name. */
      name: string;
    };
    answer: undefined;
  };
  /** Locks up to `max` messages for this worker; waits up to `wait` seconds for the first. */
  receiveMessages: {
    path: {
      /** The queue's name. */
      name: string;
    };
    body: {
      max?: number | null;
      wait?: number | null;
    };
    answer: ReceivedMessages;
  };
  /** The message is done, and no more. */
  completeMessage: {
    path: {
      /** The queue's name. */
      name: string;
      /** The message's id. */
      id: string;
    };
    body: {
      lock_token: string;
    };
    answer: undefined;
  };
  /** Gives the message back, for others after `delay`. */
  abandonMessage: {
    path: {
      /** The queue's name. */
      name: string;
      /** The message's id. */
      id: string;
    };
    body: {
      lock_token: string;
      delay?: string | null;
    };
    answer: undefined;
  };
  /** Keeps the message for `lock` from now on, or for the queue's own time. */
  renewMessage: {
    path: {
      /** The queue's name. */
      name: string;
      /** The message's id. */
      id: string;
    };
    body: {
      lock_token: string;
      lock?: string | null;
    };
    answer: undefined;
  };
  /** Gives the message up: it is a dead letter. */
  deadLetterMessage: {
    path: {
      /** The queue's name. */
      name: string;
      /** The message's id. */
      id: string;
    };
    body: {
      lock_token: string;
      reason?: string | null;
    };
    answer: undefined;
  };
  /** Up to a hundred messages are done. */
  completeMessages: {
    path: {
      /** The queue's name. */
      name: string;
    };
    body: {
      items: {
        message_id: string;
        lock_token: string;
      }[];
    };
    answer: CompletedMessages;
  };
  /** Messages that nobody completed, the oldest first. */
  queueDeadLetters: {
    path: {
      /** The queue's name. */
      name: string;
    };
    query?: {
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: DeadMessageList;
  };
  /** Deletes the dead letters of a queue for good, the oldest first, at most 10,000 in a call. */
  deleteQueueDeadLetters: {
    path: {
      /** The queue's name. */
      name: string;
    };
    answer: Deletion;
  };
  /** Puts dead letters back into their queue, as new. Those for which it has no room stay. */
  redriveQueue: {
    path: {
      /** The queue's name. */
      name: string;
    };
    body: {
      ids?: string[] | null;
      all?: boolean | null;
      /** So many a second may be received; all at once without. */
      per_second?: number | null;
    };
    answer: Lot;
  };
  /** Deletes a dead letter of a queue, for good. */
  deleteQueueDeadLetter: {
    path: {
      /** The queue's name. */
      name: string;
      /** The message. */
      id: string;
    };
    answer: undefined;
  };
  /** Publishes a CloudEvent, or up to a hundred in an array, all or none. */
  publishEvents: {
    query?: {
      /** Where they go. */
      topic?: string;
    };
    body: {
      specversion: unknown;
      /** Counted once a day for its source. */
      id: string;
      source?: string;
      type: string;
      /** Events of one are delivered in the order in which they came. */
      subject?: string;
      time?: string;
      datacontenttype?: string;
      data?: unknown;
      [member: string]: unknown;
    } | {
      specversion: unknown;
      /** Counted once a day for its source. */
      id: string;
      source?: string;
      type: string;
      /** Events of one are delivered in the order in which they came. */
      subject?: string;
      time?: string;
      datacontenttype?: string;
      data?: unknown;
      [member: string]: unknown;
    }[] | {
      specversion: unknown;
      /** Counted once a day for its source. */
      id: string;
      source?: string;
      type: string;
      /** Events of one are delivered in the order in which they came. */
      subject?: string;
      time?: string;
      datacontenttype?: string;
      data?: unknown;
      [member: string]: unknown;
    } | {
      specversion: unknown;
      /** Counted once a day for its source. */
      id: string;
      source?: string;
      type: string;
      /** Events of one are delivered in the order in which they came. */
      subject?: string;
      time?: string;
      datacontenttype?: string;
      data?: unknown;
      [member: string]: unknown;
    }[];
    answer: PublishedEvents;
  };
  /** The topics that this credential may publish to; the administrator's are all. */
  topics: {
    answer: TopicList;
  };
  /** A topic. */
  topic: {
    path: {
      /** The topic's name; `till` has what happens in the store itself. */
      name: string;
    };
    answer: Topic;
  };
  /** Makes a topic. */
  putTopic: {
    path: {
      /** The topic's name; `till` has what happens in the store itself. */
      name: string;
    };
    body?: {
      /** The path's. */
      name?: string | null;
      /** Of answers alone: a PUT passes over it. */
      subscriptions?: string[];
    };
    answer: Topic;
  };
  /** Deletes a topic with its subscriptions, and the events that are still to be delivered to them. */
  deleteTopic: {
    path: {
      /** The topic's name; `till` has what happens in the store itself. */
      name: string;
    };
    answer: undefined;
  };
  /** The subscriptions of a topic. */
  subscriptions: {
    path: {
      /** The topic's name; `till` has what happens in the store itself. */
      name: string;
    };
    answer: SubscriptionList;
  };
  /** A subscription, and how it goes. */
  subscription: {
    path: {
      /** The topic's name; `till` has what happens in the store itself. */
      name: string;
      /** The subscription's name. */
      subscription: string;
    };
    answer: Subscription;
  };
  /** Tells somebody of the events that come from now on. */
  putSubscription: {
    path: {
      /** The topic's name; `till` has what happens in the store itself. */
      name: string;
      /** The subscription's name. */
      subscription: string;
    };
    body: {
      /** The path's. */
      name?: string | null;
      /** An expression of SQL over type, source, subject, time and data, like data->>'state' = 'late'; all events without. */
      where?: string | null;
      /** Where the events go: one of queue, process, webhook and log. */
      target: {
        queue?: string;
        process?: string;
        webhook?: string;
        /** Of a webhook: never shown. Left out where the URL is the same: the stored one stays. Null: the contract's. The one that it replaces signs beside it for a day, where the URL stays. */
        secret?: string | null;
        log?: string;
      };
      /** Of answers alone, as oldest_at and rests: a PUT passes over them. */
      counts?: Record<string, unknown>;
      oldest_at?: string | null;
      rests?: string | null;
    };
    answer: Subscription;
  };
  /** Tells nobody any more, also of what came before. */
  deleteSubscription: {
    path: {
      /** The topic's name; `till` has what happens in the store itself. */
      name: string;
      /** The subscription's name. */
      subscription: string;
    };
    answer: undefined;
  };
  /** Events that could not be delivered within three days, or to a receiver that is gone. */
  deadEvents: {
    path: {
      /** The topic's name; `till` has what happens in the store itself. */
      name: string;
      /** The subscription's name. */
      subscription: string;
    };
    query?: {
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: DeadEventList;
  };
  /** Tries all of them again, for three days more. */
  redriveEvents: {
    path: {
      /** The topic's name; `till` has what happens in the store itself. */
      name: string;
      /** The subscription's name. */
      subscription: string;
    };
    answer: Lot;
  };
  /** The store at a glance: rates, times, promises kept, and what needs somebody. A contract sees its own figures: of its calls, receipts and dead letters. */
  overview: {
    answer: Overview;
  };
  /** How a pair of machines stands. */
  cluster: {
    answer: Cluster;
  };
  /** Lets the other node lead: what is under way gets its answers, what comes meanwhile waits and is answered by the node that leads then. */
  transferLead: {
    body?: {
      /** The node that is to lead; null: the one that has everything. */
      to?: string | null;
    };
    answer: Transfer;
  };
  /** Makes the object anew that says who leads, where it is gone and both nodes are there; the answer comes once it is. */
  foundCluster: {
    answer: Cluster;
  };
  /** Sends a node away: it takes no part until it is let in again. */
  removeNode: {
    path: {
      /** The node's name, as `cluster.node` says it. */
      name: string;
    };
    answer: Cluster;
  };
  /** Lets a node that was sent away take part again; what it lacks it is sent. */
  joinNode: {
    path: {
      /** The node's name, as `cluster.node` says it. */
      name: string;
    };
    answer: Cluster;
  };
  /** Deletes refused documents, the oldest first, at most 10,000 in a call: those of a client, those before a time, or both. */
  deleteQuarantine: {
    query?: {
      /** The client's id. */
      client?: string;
      /** What came there before this instant; a date means its midnight UTC. */
      before?: string;
    };
    answer: Deletion;
  };
  /** Deletes a refused document. */
  deleteQuarantineEntry: {
    path: {
      /** The entry's ticket. */
      ticket_id: string;
    };
    answer: undefined;
  };
  /** Deletes dead letters, at most some 10,000 in a call: those of a client, those before a time, or both. Their receipts stay as they are. */
  deleteDeadLetters: {
    query?: {
      /** The client's id. */
      client?: string;
      /** What came there before this instant; a date means its midnight UTC. */
      before?: string;
    };
    answer: Deletion;
  };
  /** Deletes a dead letter; its receipt stays as it is. */
  deleteDeadLetter: {
    path: {
      /** The dead letter. */
      id: string;
    };
    answer: undefined;
  };
  /** Moves hot files of UTC days before a day to cold now, and answers when done; with `wait` at the latest then. */
  compact: {
    query?: {
      /** Seconds to wait for the end; then 202 and the job. */
      wait?: number;
    };
    body?: {
      before?: string | null;
    };
    answer: Compaction | Job;
  };
  /** Administrative acts, the newest first: who did what when, and what came of it. */
  audit: {
    query?: {
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: AuditList;
  };
  /** As /v1/audit, which see: the path of earlier versions. */
  adminAudit: {
    query?: {
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: AuditList;
  };
  /** Copies the store, as it is at one instant, to a directory of the server's machine or a bucket; a later one into the same place copies what has changed. Answers when done; with `wait` at the latest then. */
  backup: {
    query?: {
      /** Seconds to wait for the end; then 202 and the job. */
      wait?: number;
    };
    body: {
      /** An absolute path, or s3://bucket/prefix; it is empty, not there, or has an earlier backup of this store. */
      destination: string;
    };
    answer: Backup | Job;
  };
  /** Proves every file of the store while it works, at low priority. Answers at once with the job; with `wait` at the latest then. */
  verify: {
    query?: {
      /** Seconds to wait for the end; then 202 and the job. */
      wait?: number;
    };
    body?: {
      /** Makes the sums of all cold files again, not of a sample of them. */
      full?: boolean;
    };
    answer: Verification | Job;
  };
  /** Moves cold tables to another place while the store works: a bucket, or a directory of the server's machine. What a move that was cut off has copied is not copied again. Answers at once with the job; with `wait` at the latest then. `storage.url` is to name the place from then on. */
  move: {
    query?: {
      /** Seconds to wait for the end; then 202 and the job. */
      wait?: number;
    };
    body: {
      /** s3://bucket/prefix or file:///path, empty or of this store; null: the store's own directory. */
      to: string | null;
    };
    answer: Move | Job;
  };
  /** Fills a column, hot and cold, for documents that were stored before a version of their type had it, out of the documents. These, their sequences and states stay as they are; other work goes on. Answers at once with the job; with `wait` at the latest then. What a restart cuts off goes on after it. */
  rebuild: {
    query?: {
      /** Seconds to wait for the end; then 202 and the job. */
      wait?: number;
    };
    body: {
      table: string;
      /** A column that a type in force gives the table; a list by its name. */
      column: string;
    };
    answer: Rebuild | Job;
  };
  /** The jobs of this run of the server, the newest first: those that wait and run, and the last hundred that ended. */
  jobs: {
    query?: {
      /** How many at most. */
      limit?: number;
      /** `next_cursor` of the page before. */
      cursor?: string;
    };
    answer: JobList;
  };
  /** How a job stands. */
  job: {
    path: {
      /** The job's id. */
      id: string;
    };
    query?: {
      /** Seconds to wait for the end; then 202 and the job. */
      wait?: number;
    };
    answer: Job;
  };
  /** Ends a job: one that waits is dropped, one that runs ends at the next piece of its work. What a compaction has moved until then stays so, and an earlier backup is as it was. */
  cancelJob: {
    path: {
      /** The job's id. */
      id: string;
    };
    answer: undefined;
  };
  /** Whether the process lives. */
  healthz: {
    answer: {
      status: string;
      /** What does not work though work is taken. */
      degraded?: string[];
    };
  };
  /** Whether it takes work. */
  readyz: {
    answer: {
      status: string;
      /** What does not work though work is taken. */
      degraded?: string[];
    };
  };
  /** Figures for Prometheus. */
  metrics: {
    answer: string;
  };
  /** This description. */
  openapi: {
    answer: Record<string, unknown>;
  };
  /** What an error means. */
  problem: {
    path: {
      /** The last part of a problem's `type`. */
      slug: string;
    };
    answer: {
      type: string;
      title: string;
      status: number;
      meaning: string;
    };
  };
}

/** How each goes over the wire. */
export const operations: { readonly [Name in keyof Operations]: { method: string; path: string; isOpen: boolean; takesText: boolean } } = {
  takeReceipts: { method: "POST", path: "/v1/receipts", isOpen: false, takesText: true },
  receipts: { method: "GET", path: "/v1/receipts", isOpen: false, takesText: false },
  receipt: { method: "GET", path: "/v1/receipts/{receipt_id}", isOpen: false, takesText: false },
  removeReceipt: { method: "DELETE", path: "/v1/receipts/{receipt_id}", isOpen: false, takesText: false },
  ticket: { method: "GET", path: "/v1/tickets/{ticket_id}", isOpen: false, takesText: false },
  changes: { method: "GET", path: "/v1/changes", isOpen: false, takesText: false },
  sql: { method: "POST", path: "/v1/sql", isOpen: false, takesText: false },
  createExport: { method: "POST", path: "/v1/exports", isOpen: false, takesText: false },
  exports: { method: "GET", path: "/v1/exports", isOpen: false, takesText: false },
  export: { method: "GET", path: "/v1/exports/{id}", isOpen: false, takesText: false },
  deleteExport: { method: "DELETE", path: "/v1/exports/{id}", isOpen: false, takesText: false },
  exportFile: { method: "GET", path: "/v1/exports/{id}/file", isOpen: true, takesText: false },
  createUpload: { method: "POST", path: "/v1/uploads", isOpen: false, takesText: false },
  uploads: { method: "GET", path: "/v1/uploads", isOpen: false, takesText: false },
  upload: { method: "GET", path: "/v1/uploads/{id}", isOpen: false, takesText: false },
  cancelUpload: { method: "DELETE", path: "/v1/uploads/{id}", isOpen: false, takesText: false },
  uploadErrors: { method: "GET", path: "/v1/uploads/{id}/errors", isOpen: false, takesText: false },
  revertUpload: { method: "POST", path: "/v1/uploads/{id}/revert", isOpen: false, takesText: false },
  putUpload: { method: "PUT", path: "/v1/uploads/{id}/file", isOpen: true, takesText: false },
  uploadOffset: { method: "HEAD", path: "/v1/uploads/{id}/file", isOpen: true, takesText: false },
  patchUpload: { method: "PATCH", path: "/v1/uploads/{id}/file", isOpen: true, takesText: false },
  postUpload: { method: "POST", path: "/v1/uploads/{id}/file", isOpen: true, takesText: false },
  callback: { method: "POST", path: "/v1/callbacks/{registrar}", isOpen: true, takesText: false },
  types: { method: "GET", path: "/v1/types", isOpen: false, takesText: false },
  type: { method: "GET", path: "/v1/types/{name}", isOpen: false, takesText: false },
  putType: { method: "PUT", path: "/v1/types/{name}", isOpen: false, takesText: false },
  deleteType: { method: "DELETE", path: "/v1/types/{name}", isOpen: false, takesText: false },
  typeVersions: { method: "GET", path: "/v1/types/{name}/versions", isOpen: false, takesText: false },
  rollups: { method: "GET", path: "/v1/rollups", isOpen: false, takesText: false },
  rollup: { method: "GET", path: "/v1/rollups/{name}", isOpen: false, takesText: false },
  putRollup: { method: "PUT", path: "/v1/rollups/{name}", isOpen: false, takesText: false },
  deleteRollup: { method: "DELETE", path: "/v1/rollups/{name}", isOpen: false, takesText: false },
  advice: { method: "GET", path: "/v1/admin/advice", isOpen: false, takesText: false },
  views: { method: "GET", path: "/v1/views", isOpen: false, takesText: false },
  view: { method: "GET", path: "/v1/views/{name}", isOpen: false, takesText: false },
  putView: { method: "PUT", path: "/v1/views/{name}", isOpen: false, takesText: false },
  deleteView: { method: "DELETE", path: "/v1/views/{name}", isOpen: false, takesText: false },
  contracts: { method: "GET", path: "/v1/contracts", isOpen: false, takesText: false },
  contract: { method: "GET", path: "/v1/contracts/{client_id}", isOpen: false, takesText: false },
  putContract: { method: "PUT", path: "/v1/contracts/{client_id}", isOpen: false, takesText: false },
  deleteContract: { method: "DELETE", path: "/v1/contracts/{client_id}", isOpen: false, takesText: false },
  usage: { method: "GET", path: "/v1/contracts/{client_id}/usage", isOpen: false, takesText: false },
  keys: { method: "GET", path: "/v1/contracts/{client_id}/keys", isOpen: false, takesText: false },
  makeKey: { method: "POST", path: "/v1/contracts/{client_id}/keys", isOpen: false, takesText: false },
  deleteKey: { method: "DELETE", path: "/v1/contracts/{client_id}/keys/{id}", isOpen: false, takesText: false },
  operatorKeys: { method: "GET", path: "/v1/admin/keys", isOpen: false, takesText: false },
  makeOperatorKey: { method: "POST", path: "/v1/admin/keys", isOpen: false, takesText: false },
  deleteOperatorKey: { method: "DELETE", path: "/v1/admin/keys/{id}", isOpen: false, takesText: false },
  receiptVersions: { method: "GET", path: "/v1/receipts/{receipt_id}/versions", isOpen: false, takesText: false },
  quarantine: { method: "GET", path: "/v1/quarantine", isOpen: false, takesText: false },
  quarantineEntry: { method: "GET", path: "/v1/quarantine/{ticket_id}", isOpen: false, takesText: false },
  deadLetters: { method: "GET", path: "/v1/dead-letters", isOpen: false, takesText: false },
  redrive: { method: "POST", path: "/v1/dead-letters/{id}/redrive", isOpen: false, takesText: false },
  me: { method: "GET", path: "/v1/me", isOpen: false, takesText: false },
  session: { method: "GET", path: "/v1/session", isOpen: false, takesText: false },
  beginSession: { method: "POST", path: "/v1/session", isOpen: true, takesText: false },
  endSession: { method: "DELETE", path: "/v1/session", isOpen: true, takesText: false },
  checkType: { method: "POST", path: "/v1/types/check", isOpen: false, takesText: false },
  queries: { method: "GET", path: "/v1/queries", isOpen: false, takesText: false },
  cancelQuery: { method: "DELETE", path: "/v1/queries/{id}", isOpen: false, takesText: false },
  tickets: { method: "GET", path: "/v1/tickets", isOpen: false, takesText: false },
  redriveLot: { method: "POST", path: "/v1/dead-letters/redrive", isOpen: false, takesText: false },
  processes: { method: "GET", path: "/v1/processes", isOpen: false, takesText: false },
  process: { method: "GET", path: "/v1/processes/{name}", isOpen: false, takesText: false },
  putProcess: { method: "PUT", path: "/v1/processes/{name}", isOpen: false, takesText: false },
  deleteProcess: { method: "DELETE", path: "/v1/processes/{name}", isOpen: false, takesText: false },
  startExecution: { method: "POST", path: "/v1/processes/{name}/executions", isOpen: false, takesText: false },
  executions: { method: "GET", path: "/v1/executions", isOpen: false, takesText: false },
  execution: { method: "GET", path: "/v1/executions/{execution_id}", isOpen: false, takesText: false },
  executionHistory: { method: "GET", path: "/v1/executions/{execution_id}/history", isOpen: false, takesText: false },
  abortExecution: { method: "POST", path: "/v1/executions/{execution_id}/abort", isOpen: false, takesText: false },
  redriveExecution: { method: "POST", path: "/v1/executions/{execution_id}/redrive", isOpen: false, takesText: false },
  taskSuccess: { method: "POST", path: "/v1/tasks/{token}/success", isOpen: false, takesText: false },
  taskFailure: { method: "POST", path: "/v1/tasks/{token}/failure", isOpen: false, takesText: false },
  taskHeartbeat: { method: "POST", path: "/v1/tasks/{token}/heartbeat", isOpen: false, takesText: false },
  queues: { method: "GET", path: "/v1/queues", isOpen: false, takesText: false },
  queue: { method: "GET", path: "/v1/queues/{name}", isOpen: false, takesText: false },
  putQueue: { method: "PUT", path: "/v1/queues/{name}", isOpen: false, takesText: false },
  deleteQueue: { method: "DELETE", path: "/v1/queues/{name}", isOpen: false, takesText: false },
  sendMessages: { method: "POST", path: "/v1/queues/{name}/messages", isOpen: false, takesText: false },
  queueMessages: { method: "GET", path: "/v1/queues/{name}/messages", isOpen: false, takesText: false },
  purgeQueue: { method: "DELETE", path: "/v1/queues/{name}/messages", isOpen: false, takesText: false },
  receiveMessages: { method: "POST", path: "/v1/queues/{name}/receive", isOpen: false, takesText: false },
  completeMessage: { method: "POST", path: "/v1/queues/{name}/messages/{id}/complete", isOpen: false, takesText: false },
  abandonMessage: { method: "POST", path: "/v1/queues/{name}/messages/{id}/abandon", isOpen: false, takesText: false },
  renewMessage: { method: "POST", path: "/v1/queues/{name}/messages/{id}/renew", isOpen: false, takesText: false },
  deadLetterMessage: { method: "POST", path: "/v1/queues/{name}/messages/{id}/dead-letter", isOpen: false, takesText: false },
  completeMessages: { method: "POST", path: "/v1/queues/{name}/complete", isOpen: false, takesText: false },
  queueDeadLetters: { method: "GET", path: "/v1/queues/{name}/dead-letters", isOpen: false, takesText: false },
  deleteQueueDeadLetters: { method: "DELETE", path: "/v1/queues/{name}/dead-letters", isOpen: false, takesText: false },
  redriveQueue: { method: "POST", path: "/v1/queues/{name}/dead-letters/redrive", isOpen: false, takesText: false },
  deleteQueueDeadLetter: { method: "DELETE", path: "/v1/queues/{name}/dead-letters/{id}", isOpen: false, takesText: false },
  publishEvents: { method: "POST", path: "/v1/events", isOpen: false, takesText: false },
  topics: { method: "GET", path: "/v1/topics", isOpen: false, takesText: false },
  topic: { method: "GET", path: "/v1/topics/{name}", isOpen: false, takesText: false },
  putTopic: { method: "PUT", path: "/v1/topics/{name}", isOpen: false, takesText: false },
  deleteTopic: { method: "DELETE", path: "/v1/topics/{name}", isOpen: false, takesText: false },
  subscriptions: { method: "GET", path: "/v1/topics/{name}/subscriptions", isOpen: false, takesText: false },
  subscription: { method: "GET", path: "/v1/topics/{name}/subscriptions/{subscription}", isOpen: false, takesText: false },
  putSubscription: { method: "PUT", path: "/v1/topics/{name}/subscriptions/{subscription}", isOpen: false, takesText: false },
  deleteSubscription: { method: "DELETE", path: "/v1/topics/{name}/subscriptions/{subscription}", isOpen: false, takesText: false },
  deadEvents: { method: "GET", path: "/v1/topics/{name}/subscriptions/{subscription}/dead-letters", isOpen: false, takesText: false },
  redriveEvents: { method: "POST", path: "/v1/topics/{name}/subscriptions/{subscription}/dead-letters/redrive", isOpen: false, takesText: false },
  overview: { method: "GET", path: "/v1/overview", isOpen: false, takesText: false },
  cluster: { method: "GET", path: "/v1/cluster", isOpen: false, takesText: false },
  transferLead: { method: "POST", path: "/v1/cluster/transfer", isOpen: false, takesText: false },
  foundCluster: { method: "POST", path: "/v1/cluster/found", isOpen: false, takesText: false },
  removeNode: { method: "DELETE", path: "/v1/cluster/nodes/{name}", isOpen: false, takesText: false },
  joinNode: { method: "PUT", path: "/v1/cluster/nodes/{name}", isOpen: false, takesText: false },
  deleteQuarantine: { method: "DELETE", path: "/v1/admin/quarantine", isOpen: false, takesText: false },
  deleteQuarantineEntry: { method: "DELETE", path: "/v1/admin/quarantine/{ticket_id}", isOpen: false, takesText: false },
  deleteDeadLetters: { method: "DELETE", path: "/v1/admin/dead-letters", isOpen: false, takesText: false },
  deleteDeadLetter: { method: "DELETE", path: "/v1/admin/dead-letters/{id}", isOpen: false, takesText: false },
  compact: { method: "POST", path: "/v1/admin/compact", isOpen: false, takesText: false },
  audit: { method: "GET", path: "/v1/audit", isOpen: false, takesText: false },
  adminAudit: { method: "GET", path: "/v1/admin/audit", isOpen: false, takesText: false },
  backup: { method: "POST", path: "/v1/admin/backup", isOpen: false, takesText: false },
  verify: { method: "POST", path: "/v1/admin/verify", isOpen: false, takesText: false },
  move: { method: "POST", path: "/v1/admin/move", isOpen: false, takesText: false },
  rebuild: { method: "POST", path: "/v1/admin/rebuild", isOpen: false, takesText: false },
  jobs: { method: "GET", path: "/v1/admin/jobs", isOpen: false, takesText: false },
  job: { method: "GET", path: "/v1/admin/jobs/{id}", isOpen: false, takesText: false },
  cancelJob: { method: "DELETE", path: "/v1/admin/jobs/{id}", isOpen: false, takesText: false },
  healthz: { method: "GET", path: "/healthz", isOpen: true, takesText: false },
  readyz: { method: "GET", path: "/readyz", isOpen: true, takesText: false },
  metrics: { method: "GET", path: "/metrics", isOpen: false, takesText: false },
  openapi: { method: "GET", path: "/openapi.json", isOpen: true, takesText: false },
  problem: { method: "GET", path: "/problems/{slug}", isOpen: true, takesText: false },
};

/** What a problem's `type` ends with, by this version. */
export type Slug =
  | "Another version of tus."
  | "No byte of the file is in the range."
  | "admin-only"
  | "already-exists"
  | "already-exists: the client has one"
  | "ambiguous-type"
  | "and If-None-Match is `*`."
  | "and was dropped."
  | "bad-cursor"
  | "bad-encoding"
  | "bad-json"
  | "bad-parameter"
  | "bad-parameter: another version of tus."
  | "bad-request"
  | "bad-signature"
  | "bad-signature: the link was altered"
  | "bad-signature: the link was altered."
  | "bad-sql"
  | "bad-xml"
  | "callback-host-not-allowed"
  | "contract-not-valid"
  | "contradicting-outcome"
  | "csrf"
  | "data-error"
  | "different-document"
  | "disk-full"
  | "gone"
  | "head-too-large"
  | "immutable-table"
  | "internal-error"
  | "invalid-contract"
  | "invalid-document"
  | "invalid-process"
  | "invalid-queue"
  | "invalid-rollup"
  | "invalid-type"
  | "invalid-view"
  | "lock-lost"
  | "method-not-allowed"
  | "not-acceptable"
  | "not-found"
  | "not-leader"
  | "numeric-overflow"
  | "or its time is over. contract-not-valid"
  | "or may not write."
  | "or none."
  | "overloaded"
  | "query-cancelled"
  | "query-timeout"
  | "queue-full"
  | "rate-limited"
  | "read-only"
  | "read-only: its contract has ended"
  | "request-timeout"
  | "role-not-allowed"
  | "sensitive"
  | "spill-full"
  | "storage-unavailable"
  | "task-ended"
  | "too-large"
  | "too-many-queries"
  | "type-not-allowed"
  | "unauthenticated"
  | "unknown-parameter"
  | "unknown-type"
  | "unsupported-media-type"
  | "unsupported-sql"
  | "unsupported-transfer-encoding"
  | "unsupported-version"
  | "upload-closed"
  | "upload-closed: another offset is due"
  | "upload-closed: it takes no file."
  | "upload-mismatch"
  | "upload-mismatch: the piece has another hash"
  | "uri-too-long"
  | "version-conflict"
  | "view-in-use"
  | "wrong-client"
  | "wrong-state";
