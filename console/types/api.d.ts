// Made by script/console-types from /openapi.json.

export type Receipt = { client_id: string; receipt_id: string; business_day: string; issued_at: string; type: string; type_version?: number; received_at?: string; state: "PROCESSING" | "COMPLETE" | "FAILED"; completed_at?: string | null; ticket_id: string; sequence: number; content_type?: string; document?: any; document_base64?: string; [name: string]: any };
export type ReceiptPage = { receipts: { [name: string]: any }[]; next_cursor: string | null };
export type Query = { query: string; params?: (string | number | boolean | null)[] | null; limit?: number | null; cursor?: string | null; query_id?: string | null; time_zone?: string | null; rollups?: boolean | null };
export type QueryPage = { columns: { name: string; type: string }[]; rows: any[][]; next_cursor: string | null; statistics: { rows_scanned: number; bytes_read: number; files_pruned: number; elapsed_ms: number; [name: string]: any } };
export type ExportRequest = { query?: string; params?: (string | number | boolean | null)[] | null; time_zone?: string | null; receipts?: { client?: string | null; from?: string | null; to?: string | null; type?: string | null; table?: string | null; state?: "PROCESSING" | "COMPLETE" | "FAILED" | null; fields?: string | null; as_of?: string | null } | null; sheets?: ({ name?: string | null; query: string; params?: (string | number | boolean | null)[] | null })[] | null; format: "xlsx" | "parquet" | "arrow" | "csv" | "ndjson"; name?: string | null; expires_in?: string | null };
export type UploadRequest = { name: string; type?: string | null; content_type?: string | null; bytes?: number | null; sha256?: string | null };
export type KeyRequest = { label?: string | null; role?: "contract" | null; expires_at?: string | null };
export type OperatorKeyRequest = { label?: string | null; role: "admin" | "auditor" | "metrics"; expires_at?: string | null };
export type Violation = { pointer: string; code: string; message: string };
export type Problem = { type: string; title: string; status: number; detail: string; errors: Violation[]; position?: number; sqlstate?: string; ticket_id?: string; outcome?: string; request_id?: string };
export type Taken = { ticket_id: string; client_id: string; receipt_id: string; type: string; business_day: string; state: "PROCESSING" | "COMPLETE" | "FAILED"; sequence: number; version?: number; changed?: string[]; repeat?: boolean };
export type TakenBatch = { accepted: number; results: Taken[] };
export type Choices = { choices: { business_day: string; client_id: string; url: string }[] };
export type Ticket = { ticket_id: string; client_id: string | null; receipt_id: string | null; type: string | null; business_day: string | null; state: "PROCESSING" | "COMPLETE" | "FAILED" | "REFUSED"; sequence: number | null; replaced_by?: string; steps: Step[]; errors: Violation[]; history: { at: string; event: string; [name: string]: any }[] };
export type Step = { name: string; stage: number; state: string; attempts: number; at: string | null; reference: string | null; detail: string | null };
export type ChangeList = { changes: { sequence: number; at: string; event: string; receipt: Taken }[]; next_after: number };
export type Contract = { client_id?: string; name?: string | null; access: "read" | "read-write"; scope: "own" | "all"; types?: string[] | null; sensitive?: boolean; valid_from?: string | null; valid_to?: string | null; rate_per_second?: number | null; webhook?: { url: string; secret?: string | null } | null; callback_hosts?: string[] | null; uses?: { queues?: "*" | string[] | null; topics?: "*" | string[] | null; processes?: "*" | string[] | null } | null; digest?: string | null; subscriptions?: ContractSubscription[] | null };
export type ContractSubscription = { from?: string | null; to?: string | null; access?: "read" | "read-write"; scope?: "own" | "all"; types?: string[] | null; sensitive?: boolean; roles?: string[]; plan?: string | null };
export type Usage = { usage: UsageSpan[] };
export type UsageSpan = { from: string; receipts: number; bytes: number; calls: number; queries: number; rows_scanned: number; bytes_scanned: number; exports_bytes: number; webhooks: number };
export type ContractList = { contracts: Contract[]; next_cursor: string | null };
export type Rollup = { name: string; table: string; where?: string | null; unnest?: string | null; group_by: { [name: string]: any }; measures: { [name: string]: any }; warning?: string; progress?: { state: "filling" | "ready"; files: number; files_covered: number; files_left_out: number; rows: number; bytes: number; uncovered: { file: string; reason: string }[] } };
export type RollupList = { rollups: Rollup[]; next_cursor: string | null };
export type Advice = { rollup: { [name: string]: any }; rows: number; bytes: number; gain: number; queries: number; elapsed_ms: number; rows_scanned: number; bytes_read: number; statements: { statement: string; queries: number; elapsed_ms: number; rows_scanned: number; bytes_read: number }[] };
export type AdviceList = { advice: Advice[] };
export type View = { name?: string; query: string; description?: string | null; columns?: { name: string; type: string }[]; reads?: string[]; put_at?: string; fault?: string | null };
export type ViewList = { views: View[]; next_cursor: string | null };
export type Versions = { versions: Version[]; next_cursor: string | null };
export type Version = { version: number; ticket_id: string; received_at: string; valid_to: string | null; removed: boolean; upload_id: string | null; state: "PROCESSING" | "COMPLETE" | "FAILED"; changes: { [name: string]: any } };
export type TypeVersionList = { versions: TypeVersion[]; next_cursor: string | null };
export type TypeVersion = { version: number; put_at: string; type: Type };
export type Key = { id: string; role: "contract" | "admin" | "auditor" | "metrics"; label: string | null; created_at: string; expires_at: string | null; last_used_at: string | null };
export type NewKey = { id: string; role: "contract" | "admin" | "auditor" | "metrics"; label: string | null; created_at: string; expires_at: string | null; key: string };
export type KeyList = { keys: Key[]; next_cursor: string | null };
export type QuarantineEntry = { ticket_id: string; client_id: string | null; received_at: string; content_type: string; type: string | null; problem: Problem; document?: string | null; document_base64?: string };
export type QuarantineList = { quarantine: QuarantineEntry[]; next_cursor: string | null };
export type DeadLetter = { id: string; kind: "step" | "webhook"; name: string; at: string; reason: string; attempts: number; client_id: string; event: string | null; receipt: Taken | null };
export type DeadLetterList = { dead_letters: DeadLetter[]; next_cursor: string | null };
export type TypeList = { types: Type[]; next_cursor: string | null };
export type AuditList = { audit: ({ id: number; at: string; actor: string; origin: string | null; action: string; target: string; request_id: string | null; outcome: "begun" | "done" | "refused" | "failed"; status: number | null; ended_at: string | null; detail: { [name: string]: any } | null })[]; next_cursor: string | null };
export type Job = { id: string; kind: "compact" | "backup" | "verify" | "move" | "rebuild"; state: "queued" | "running" | "done" | "failed" | "cancelled"; actor: string; created_at: string; started_at: string | null; ended_at: string | null; progress: { done: number; unit: string; at: string } | null; result: { [name: string]: any } | null; problem: Problem | null };
export type JobList = { jobs: Job[]; next_cursor: string | null };
export type Export = { export_id: string; name: string; format: "xlsx" | "parquet" | "arrow" | "csv" | "ndjson"; state: "RUNNING" | "DONE" | "ERROR" | "CANCELLED" | "EXPIRED"; rows: number; bytes: number; progress: number; sha256: string | null; url: string | null; created_at: string; expires_at: string | null; problem: Problem | null };
export type ExportList = { exports: Export[]; next_cursor: string | null };
export type AcceptedExport = { export_id: string; state: "RUNNING" | "DONE" | "ERROR" | "CANCELLED" | "EXPIRED" };
export type Upload = { upload_id: string; client_id: string | null; name: string; type: string | null; state: "NEW" | "PROCESSING" | "PROCESSED" | "ERROR" | "CANCELLED" | "REVERTED"; bytes: number | null; received_bytes: number; records: number; processed: number; accepted: number; repeated: number; replaced: number; rejected: number; reverted: number; left: number; created_at: string; started_at: string | null; ended_at: string | null; problem: Problem | null; errors_url: string };
export type UploadList = { uploads: Upload[]; next_cursor: string | null };
export type NewUpload = { upload_id: string; url: string; method: string; max_bytes: number; expires_at: string; state: "NEW" | "PROCESSING" | "PROCESSED" | "ERROR" | "CANCELLED" | "REVERTED" };
export type UploadState = { upload_id: string; state: "NEW" | "PROCESSING" | "PROCESSED" | "ERROR" | "CANCELLED" | "REVERTED" };
export type UploadError = { record: number; receipt_id: string | null; errors: Violation[]; columns: { [name: string]: any } };
export type UploadErrorList = { errors: UploadError[]; next_cursor: string | null };
export type Deletion = { deleted: number; has_more: boolean };
export type Cluster = { node: string; leader: string | null; epoch: number; insync: string[]; removed: string[]; mode: string; records: number; degraded: boolean };
export type Transfer = { from: string; to: string; epoch: number };
export type Backup = { destination: string; files: number; bytes: number; files_copied: number; bytes_copied: number; elapsed_ms: number };
export type Move = { place?: string; tables: number; files: number; bytes: number; files_copied: number; bytes_copied: number; files_left: number };
export type Rebuild = { documents: number; unreadable: number; files: number; files_left: number };
export type Compaction = { files_moved: number; rows_moved: number; files_left: number; files_merged: number };
export type Verification = { files: number; receipts: number; document_bytes: number; fault_count: number; faults: { path: string; fault: string }[]; strangers: string[] };
export type Me = { client_id: string | null; admin?: boolean; role: "contract" | "admin" | "auditor" | "metrics"; access: "read" | "read-write"; scope: "own" | "all"; types: string[] | null; sensitive: boolean; roles: string[]; plan: string | null; valid_to: string | null; subscriptions: ContractSubscription[]; postgres: { port: number; tls: boolean } | null };
export type Session = { csrf: string; client_id: string | null; admin?: boolean; role: "contract" | "admin" | "auditor" | "metrics"; access: "read" | "read-write"; scope: "own" | "all"; types: string[] | null; sensitive: boolean; roles: string[]; plan: string | null; valid_to: string | null; subscriptions: ContractSubscription[]; postgres: { port: number; tls: boolean } | null };
export type TypeCheck = { results: { file?: string; index: number; columns?: { [name: string]: any }; errors?: Violation[] }[] };
export type RunningQuery = { id: string; client_id: string | null; query: string; started_at: string; rows_scanned: number; bytes_read: number; files_pruned: number; elapsed_ms: number };
export type RunningQueryList = { queries: RunningQuery[]; next_cursor: string | null };
export type TicketItem = { ticket_id: string; client_id: string | null; receipt_id: string | null; type: string | null; business_day: string | null; state: "PROCESSING" | "COMPLETE" | "FAILED" | "REFUSED"; sequence: number | null; received_at: string };
export type TicketList = { tickets: TicketItem[]; next_cursor: string | null };
export type Lot = { count: number };
export type Overview = { at: string; rates: { receipts_per_second: number; registrations_per_second: number; deliveries_per_second: number }; post_ms: { p50: number | null; p95: number | null; p99: number | null }; promises: { name: string; limit_ms: number; hour: { kept: number; of: number }; day: { kept: number; of: number }; month: { kept: number; of: number } }[]; oldest_unregistered_at: string | null; dead_letters: number; refused: number | null; store: { hot_files: number; hot_days: number; hot_rows: number; compaction_due_files: number; compaction_due_rows: number; disk_free_bytes: number; memory_bytes: number; memory_max_bytes: number; queries_running: number } | null; registrars: ({ name: string; state: "closed" | "open" | "half-open"; waiting: number })[]; needs: { code: string; count: number; text: string }[] };
export type Queue = { name?: string; ttl?: string; lock?: string; max_deliveries?: number; duplicate_window?: string; max_bytes?: string | number; dead_letter?: boolean; delay?: string; counts?: { active: number; locked: number; delayed: number; dead: number }; bytes?: number; oldest_at?: string | null };
export type QueueList = { queues: Queue[]; next_cursor: string | null };
export type SentMessages = { results: ({ message_id: string; status: "queued" | "duplicate" })[] };
export type ReceivedMessages = { messages: ReceivedMessage[] };
export type ReceivedMessage = { message_id: string; lock_token: string; body: any; deliveries: number; enqueued_at: string; locked_until: string };
export type CompletedMessages = { results: ({ message_id: string; status: "completed" | "lock-lost" })[] };
export type DeadMessage = { message_id: string; body: any; reason: "expired" | "max-deliveries" | "rejected"; detail: string | null; deliveries: number; enqueued_at: string; died_at: string };
export type DeadMessageList = { dead_letters: DeadMessage[]; next_cursor: string | null };
export type QueuedMessage = { message_id: string; body: any; state: "active" | "locked" | "delayed" | "dead"; deliveries: number; enqueued_at: string; due_at: string };
export type QueuedMessageList = { messages: QueuedMessage[]; next_cursor: string | null };
export type Execution = { execution_id: string; process: string; process_version: number; name: string; state: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED"; input: any; output: any; error: string | null; cause: string | null; started_at: string; ended_at: string | null };
export type ExecutionList = { executions: Execution[]; next_cursor: string | null };
export type StartedExecution = { execution_id: string; state: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED" };
export type ProcessList = { processes: Process[]; next_cursor: string | null };
export type ExecutionHistory = { events: ExecutionEvent[]; next_cursor: string | null };
export type Topic = { name: string; subscriptions: string[] };
export type TopicList = { topics: Topic[]; next_cursor: string | null };
export type Subscription = { name: string; where: string | null; target: { [name: string]: any }; counts: { pending: number; dead: number }; oldest_at: string | null; rests: string | null };
export type SubscriptionList = { subscriptions: Subscription[]; next_cursor: string | null };
export type PublishedEvents = { results: ({ id: string; status: "accepted" | "duplicate" })[] };
export type DeadEvent = { event: any; reason: string; attempts: number; died_at: string };
export type DeadEventList = { dead_letters: DeadEvent[]; next_cursor: string | null };
export type Type = { decode?: ({ path: string; as: ("base64" | "base64url" | "gzip" | "zlib" | "zstd" | "hex")[]; to: string; lists?: string[] })[]; name: string; version: number; table?: string; format: "json" | "xml" | "csv"; description?: string; match?: { [name: string]: any }; priority?: number; namespaces?: { [name: string]: any }; schema?: any; xsd?: string | { file: string; at?: string }; files?: { [name: string]: any }; each?: string | { path: string; where?: { [name: string]: any }; [name: string]: any }; batch?: string; receipt_id?: TypeSource; issued_at?: TypeSource; business_day?: TypeSource; client_id?: TypeSource; callback_url?: TypeSource; time_zone?: string | { path: string; map?: { [name: string]: any }; default?: string; [name: string]: any }; accept_from?: string; accept_to?: string; columns?: { [name: string]: any }; rules?: TypeRule[]; register?: string[][]; on_repeat?: string; delimiter?: string; extra_columns?: "refuse" | "ignore"; rollups?: { [name: string]: any }[]; [name: string]: any };
export type TypeSource = string | (string | { [name: string]: any })[] | { [name: string]: any };
export type TypeColumn = { path?: string; from?: (string | { [name: string]: any })[]; from_root?: boolean; type?: string; required?: boolean; default?: any; where?: { [name: string]: any }; value?: string; sum?: string; scale?: number; decimal_mark?: string; suffix?: string; trim?: boolean; format?: string; bloom?: boolean; stored?: boolean; sensitive?: boolean; expression?: string; description?: string; order_by?: string[]; distinct_by?: string[]; columns?: { [name: string]: any }; [name: string]: any };
export type TypeRule = { name: string; check: string; message?: string };
export type Process = { name?: string; Comment?: string; StartAt: string; States: { [name: string]: any }; TimeoutSeconds?: number; Version?: "1.0"; QueryLanguage?: "JSONPath"; on?: ({ topic?: string; where?: string | null; schedule?: string; time_zone?: string })[]; version?: number; next_at?: string | null; [name: string]: any };
export type ExecutionRequest = { name?: string | null; input?: any };
export type TaskSuccess = { output?: any };
export type TaskFailure = { error?: string | null; cause?: string | null };
export type ExecutionEvent = { at: string; event: "entered" | "succeeded" | "failed" | "retried" | "caught" | "timed-out"; state: string; visit: number; attempt: number; input: any; output: any; error: string | null; cause: string | null };
export type RegistrarCall = { ticket_id: string; client_id: string; receipt_id: string; type: string; content_type: string; document?: any; document_base64?: string; callback_url: string };
export type RegistrarAnswer = { outcome: "accepted" | "rejected"; reference?: string | null; errors?: any[] | null };
export type Callback = { ticket_id?: string; task_token?: string; output?: any; outcome: "accepted" | "rejected"; reference?: string | null; errors?: any[] };
export type ReceiptEvent = { event_id: string; event: "receipt.processing" | "receipt.complete" | "receipt.failed"; version: number; at: string; receipt: Taken };
export type TaskCall = { execution_id: string; state: string; visit: number; task_token: string; input: any; callback_url: string };
export type TaskAnswer = { outcome: "accepted" | "rejected"; output?: any; [name: string]: any };
export type UploadEvent = { event_id: string; event: "upload.processed" | "upload.error"; at: string; upload: Upload };
export type Digest = { event_id: string; event: "feedback.digest"; at: string; from: string; to: string; rejected: number; by: { code: string; pointer: string; count: number }[]; uploads: string[] };
export type CloudEvent = { specversion: "1.0"; id: string; source: string; type: string; subject?: string; time: string; datacontenttype: "application/json"; data: any; [name: string]: any };

export interface Paths {
  "/v1/receipts": {
    post: { query: { type?: string | number | null; client?: string | number | null; callback_url?: string | number | null }; body: { [name: string]: any } | { [name: string]: any }[]; answer: Taken | TakenBatch | Taken };
    get: { query: { client?: string | number | null; from?: string | number | null; to?: string | number | null; type?: string | number | null; table?: string | number | null; state?: string | number | null; fields?: string | number | null; as_of?: string | number | null; limit?: string | number | null; cursor?: string | number | null; compression?: string | number | null }; body: undefined; answer: ReceiptPage };
  };
  "/v1/receipts/{receipt_id}": {
    get: { query: { receipt_id?: string | number | null; client?: string | number | null; table?: string | number | null; day?: string | number | null; as_of?: string | number | null; raw?: string | number | null }; body: undefined; answer: Receipt | any };
    delete: { query: { receipt_id?: string | number | null; client?: string | number | null; table?: string | number | null }; body: undefined; answer: undefined };
  };
  "/v1/tickets/{ticket_id}": {
    get: { query: {  }; body: undefined; answer: Ticket };
  };
  "/v1/changes": {
    get: { query: { after?: string | number | null; limit?: string | number | null; wait?: string | number | null }; body: undefined; answer: ChangeList };
  };
  "/v1/sql": {
    post: { query: { compression?: string | number | null }; body: Query; answer: QueryPage };
  };
  "/v1/exports": {
    post: { query: {  }; body: ExportRequest; answer: AcceptedExport };
    get: { query: { limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: ExportList };
  };
  "/v1/exports/{id}": {
    get: { query: {  }; body: undefined; answer: Export };
    delete: { query: {  }; body: undefined; answer: undefined };
  };
  "/v1/exports/{id}/file": {
    get: { query: { expires?: string | number | null; signature?: string | number | null }; body: undefined; answer: any };
  };
  "/v1/uploads": {
    post: { query: { client?: string | number | null }; body: UploadRequest; answer: NewUpload };
    get: { query: { client?: string | number | null; state?: string | number | null; limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: UploadList };
  };
  "/v1/uploads/{id}": {
    get: { query: {  }; body: undefined; answer: Upload };
    delete: { query: {  }; body: undefined; answer: undefined };
  };
  "/v1/uploads/{id}/errors": {
    get: { query: { limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: UploadErrorList };
  };
  "/v1/uploads/{id}/revert": {
    post: { query: {  }; body: undefined; answer: UploadState };
  };
  "/v1/uploads/{id}/file": {
    put: { query: { expires?: string | number | null; signature?: string | number | null }; body: any; answer: UploadState };
    options: { query: { expires?: string | number | null; signature?: string | number | null }; body: undefined; answer: undefined };
    head: { query: { expires?: string | number | null; signature?: string | number | null }; body: undefined; answer: undefined };
    patch: { query: { expires?: string | number | null; signature?: string | number | null }; body: any; answer: undefined };
    post: { query: { expires?: string | number | null; signature?: string | number | null }; body: any; answer: undefined };
  };
  "/v1/callbacks/{registrar}": {
    post: { query: {  }; body: Callback; answer: undefined };
  };
  "/v1/types": {
    get: { query: { limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: TypeList };
  };
  "/v1/types/{name}": {
    get: { query: {  }; body: undefined; answer: Type };
    put: { query: {  }; body: Type; answer: Type };
    delete: { query: {  }; body: undefined; answer: undefined };
  };
  "/v1/types/{name}/versions": {
    get: { query: { limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: TypeVersionList };
  };
  "/v1/rollups": {
    get: { query: { limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: RollupList };
  };
  "/v1/rollups/{name}": {
    get: { query: {  }; body: undefined; answer: Rollup };
    put: { query: {  }; body: Rollup; answer: Rollup };
    delete: { query: {  }; body: undefined; answer: undefined };
  };
  "/v1/admin/advice": {
    get: { query: {  }; body: undefined; answer: AdviceList };
  };
  "/v1/views": {
    get: { query: { limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: ViewList };
  };
  "/v1/views/{name}": {
    get: { query: {  }; body: undefined; answer: View };
    put: { query: {  }; body: View; answer: View };
    delete: { query: {  }; body: undefined; answer: undefined };
  };
  "/v1/contracts": {
    get: { query: { limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: ContractList };
  };
  "/v1/contracts/{client_id}": {
    get: { query: {  }; body: undefined; answer: Contract };
    put: { query: {  }; body: Contract; answer: Contract };
    delete: { query: {  }; body: undefined; answer: undefined };
  };
  "/v1/contracts/{client_id}/usage": {
    get: { query: { from?: string | number | null; to?: string | number | null; by?: string | number | null }; body: undefined; answer: Usage };
  };
  "/v1/contracts/{client_id}/keys": {
    get: { query: { limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: KeyList };
    post: { query: {  }; body: KeyRequest; answer: NewKey };
  };
  "/v1/contracts/{client_id}/keys/{id}": {
    delete: { query: {  }; body: undefined; answer: undefined };
  };
  "/v1/admin/keys": {
    get: { query: { limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: KeyList };
    post: { query: {  }; body: OperatorKeyRequest; answer: NewKey };
  };
  "/v1/admin/keys/{id}": {
    delete: { query: {  }; body: undefined; answer: undefined };
  };
  "/v1/receipts/{receipt_id}/versions": {
    get: { query: { receipt_id?: string | number | null; client?: string | number | null; table?: string | number | null; limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: Versions };
  };
  "/v1/quarantine": {
    get: { query: { client?: string | number | null; limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: QuarantineList };
  };
  "/v1/quarantine/{ticket_id}": {
    get: { query: {  }; body: undefined; answer: QuarantineEntry };
  };
  "/v1/dead-letters": {
    get: { query: { client?: string | number | null; limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: DeadLetterList };
  };
  "/v1/dead-letters/{id}/redrive": {
    post: { query: { client?: string | number | null }; body: undefined; answer: undefined };
  };
  "/v1/me": {
    get: { query: {  }; body: undefined; answer: Me };
  };
  "/v1/session": {
    get: { query: {  }; body: undefined; answer: Session };
    post: { query: {  }; body: { key: string }; answer: Session };
    delete: { query: {  }; body: undefined; answer: undefined };
  };
  "/v1/types/check": {
    post: { query: {  }; body: { type: Type; files?: { [name: string]: any }; document: string | { [name: string]: any } | any[] }; answer: TypeCheck };
  };
  "/v1/queries": {
    get: { query: { limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: RunningQueryList };
  };
  "/v1/queries/{id}": {
    delete: { query: {  }; body: undefined; answer: undefined };
  };
  "/v1/tickets": {
    get: { query: { client?: string | number | null; receipt?: string | number | null; state?: string | number | null; from?: string | number | null; to?: string | number | null; table?: string | number | null; limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: TicketList };
  };
  "/v1/dead-letters/redrive": {
    post: { query: {  }; body: { ids?: string[] | null; filter?: { client?: string | null; registrar?: string | null; code?: string | null; before?: string | null } | null; per_second?: number | null; dry_run?: boolean | null }; answer: Lot };
  };
  "/v1/processes": {
    get: { query: { limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: ProcessList };
  };
  "/v1/processes/{name}": {
    get: { query: {  }; body: undefined; answer: Process };
    put: { query: {  }; body: Process; answer: Process };
    delete: { query: {  }; body: undefined; answer: undefined };
  };
  "/v1/processes/{name}/executions": {
    post: { query: {  }; body: ExecutionRequest; answer: StartedExecution };
  };
  "/v1/executions": {
    get: { query: { process?: string | number | null; state?: string | number | null; limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: ExecutionList };
  };
  "/v1/executions/{execution_id}": {
    get: { query: {  }; body: undefined; answer: Execution };
  };
  "/v1/executions/{execution_id}/history": {
    get: { query: { limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: ExecutionHistory };
  };
  "/v1/executions/{execution_id}/abort": {
    post: { query: {  }; body: undefined; answer: StartedExecution };
  };
  "/v1/executions/{execution_id}/redrive": {
    post: { query: {  }; body: undefined; answer: StartedExecution };
  };
  "/v1/tasks/{token}/success": {
    post: { query: {  }; body: TaskSuccess; answer: undefined };
  };
  "/v1/tasks/{token}/failure": {
    post: { query: {  }; body: TaskFailure; answer: undefined };
  };
  "/v1/tasks/{token}/heartbeat": {
    post: { query: {  }; body: undefined; answer: undefined };
  };
  "/v1/queues": {
    get: { query: { limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: QueueList };
  };
  "/v1/queues/{name}": {
    get: { query: {  }; body: undefined; answer: Queue };
    put: { query: {  }; body: Queue; answer: Queue };
    delete: { query: {  }; body: undefined; answer: undefined };
  };
  "/v1/queues/{name}/messages": {
    post: { query: {  }; body: { messages: ({ id?: string | null; body: any; delay?: string | null })[] }; answer: SentMessages };
    get: { query: { limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: QueuedMessageList };
    delete: { query: {  }; body: undefined; answer: undefined };
  };
  "/v1/queues/{name}/receive": {
    post: { query: {  }; body: { max?: number | null; wait?: number | null }; answer: ReceivedMessages };
  };
  "/v1/queues/{name}/messages/{id}/complete": {
    post: { query: {  }; body: { lock_token: string }; answer: undefined };
  };
  "/v1/queues/{name}/messages/{id}/abandon": {
    post: { query: {  }; body: { lock_token: string; delay?: string | null }; answer: undefined };
  };
  "/v1/queues/{name}/messages/{id}/renew": {
    post: { query: {  }; body: { lock_token: string; lock?: string | null }; answer: undefined };
  };
  "/v1/queues/{name}/messages/{id}/dead-letter": {
    post: { query: {  }; body: { lock_token: string; reason?: string | null }; answer: undefined };
  };
  "/v1/queues/{name}/complete": {
    post: { query: {  }; body: { items: { message_id: string; lock_token: string }[] }; answer: CompletedMessages };
  };
  "/v1/queues/{name}/dead-letters": {
    get: { query: { limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: DeadMessageList };
    delete: { query: {  }; body: undefined; answer: Deletion };
  };
  "/v1/queues/{name}/dead-letters/redrive": {
    post: { query: {  }; body: { ids?: string[] | null; all?: boolean | null; per_second?: number | null }; answer: Lot };
  };
  "/v1/queues/{name}/dead-letters/{id}": {
    delete: { query: {  }; body: undefined; answer: undefined };
  };
  "/v1/events": {
    post: { query: { topic?: string | number | null }; body: { specversion: "1.0"; id: string; source?: string; type: string; subject?: string; time?: string; datacontenttype?: string; data?: any; [name: string]: any } | { specversion: "1.0"; id: string; source?: string; type: string; subject?: string; time?: string; datacontenttype?: string; data?: any; [name: string]: any }[]; answer: PublishedEvents };
  };
  "/v1/topics": {
    get: { query: {  }; body: undefined; answer: TopicList };
  };
  "/v1/topics/{name}": {
    get: { query: {  }; body: undefined; answer: Topic };
    put: { query: {  }; body: { name?: string | null; subscriptions?: string[] }; answer: Topic };
    delete: { query: {  }; body: undefined; answer: undefined };
  };
  "/v1/topics/{name}/subscriptions": {
    get: { query: {  }; body: undefined; answer: SubscriptionList };
  };
  "/v1/topics/{name}/subscriptions/{subscription}": {
    get: { query: {  }; body: undefined; answer: Subscription };
    put: { query: {  }; body: { name?: string | null; where?: string | null; target: { queue?: string; process?: string; webhook?: string; secret?: string | null; log?: string }; counts?: { [name: string]: any }; oldest_at?: string | null; rests?: string | null }; answer: Subscription };
    delete: { query: {  }; body: undefined; answer: undefined };
  };
  "/v1/topics/{name}/subscriptions/{subscription}/dead-letters": {
    get: { query: { limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: DeadEventList };
  };
  "/v1/topics/{name}/subscriptions/{subscription}/dead-letters/redrive": {
    post: { query: {  }; body: undefined; answer: Lot };
  };
  "/v1/overview": {
    get: { query: {  }; body: undefined; answer: Overview };
  };
  "/v1/cluster": {
    get: { query: {  }; body: undefined; answer: Cluster };
  };
  "/v1/cluster/transfer": {
    post: { query: {  }; body: { to?: string | null }; answer: Transfer };
  };
  "/v1/cluster/found": {
    post: { query: {  }; body: undefined; answer: Cluster };
  };
  "/v1/cluster/nodes/{name}": {
    delete: { query: {  }; body: undefined; answer: Cluster };
    put: { query: {  }; body: undefined; answer: Cluster };
  };
  "/v1/admin/quarantine": {
    delete: { query: { client?: string | number | null; before?: string | number | null }; body: undefined; answer: Deletion };
  };
  "/v1/admin/quarantine/{ticket_id}": {
    delete: { query: {  }; body: undefined; answer: undefined };
  };
  "/v1/admin/dead-letters": {
    delete: { query: { client?: string | number | null; before?: string | number | null }; body: undefined; answer: Deletion };
  };
  "/v1/admin/dead-letters/{id}": {
    delete: { query: {  }; body: undefined; answer: undefined };
  };
  "/v1/admin/compact": {
    post: { query: { wait?: string | number | null }; body: { before?: string | null }; answer: Compaction | Job };
  };
  "/v1/audit": {
    get: { query: { limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: AuditList };
  };
  "/v1/admin/audit": {
    get: { query: { limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: AuditList };
  };
  "/v1/admin/backup": {
    post: { query: { wait?: string | number | null }; body: { destination: string }; answer: Backup | Job };
  };
  "/v1/admin/verify": {
    post: { query: { wait?: string | number | null }; body: { full?: boolean }; answer: Verification | Job };
  };
  "/v1/admin/move": {
    post: { query: { wait?: string | number | null }; body: { to: string | null }; answer: Move | Job };
  };
  "/v1/admin/rebuild": {
    post: { query: { wait?: string | number | null }; body: { table: string; column: string }; answer: Rebuild | Job };
  };
  "/v1/admin/jobs": {
    get: { query: { limit?: string | number | null; cursor?: string | number | null }; body: undefined; answer: JobList };
  };
  "/v1/admin/jobs/{id}": {
    get: { query: { wait?: string | number | null }; body: undefined; answer: Job };
    delete: { query: {  }; body: undefined; answer: undefined };
  };
  "/healthz": {
    get: { query: {  }; body: undefined; answer: { status: string; degraded?: string[] } };
  };
  "/readyz": {
    get: { query: {  }; body: undefined; answer: { status: string; degraded?: string[] } };
  };
  "/metrics": {
    get: { query: {  }; body: undefined; answer: any };
  };
  "/openapi.json": {
    get: { query: {  }; body: undefined; answer: { [name: string]: any } };
  };
  "/problems/{slug}": {
    get: { query: {  }; body: undefined; answer: { type: string; title: string; status: number; meaning: string } };
  };
}
