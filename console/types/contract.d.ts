// Calls of the API's contract that this version's /openapi.json does not describe; pages that need them are shown by servers that have them.

import { Receipt, Violation } from './api.js';

export interface Version {
  version: number;
  ticket_id: string;
  received_at: string;
  valid_to: string | null;
  removed: boolean;
  upload_id: string | null;
  state: string;
  changes: { [column: string]: { from: any; to: any } };
}


export interface Export {
  export_id: string;
  name: string | null;
  format: string;
  state: 'RUNNING' | 'DONE' | 'ERROR' | 'CANCELLED' | 'EXPIRED';
  rows: number | null;
  bytes: number | null;
  progress: number | null;
  url: string | null;
  expires_at: string | null;
  problem: { title: string; detail: string } | null;
}

export interface Usage {
  from: string;
  receipts: number;
  bytes: number;
  calls: number;
  queries: number;
  rows_scanned: number;
  bytes_scanned: number;
  exports_bytes: number;
  webhooks: number;
}

export interface StateMachine { StartAt: string; States: { [name: string]: State }; Comment?: string; version?: number; next_at?: string | null }

export interface State {
  Type: string;
  Next?: string;
  Default?: string;
  Resource?: string;
  Choices?: { Next: string }[];
  Catch?: { Next: string; ErrorEquals: string[] }[];
  Branches?: StateMachine[];
  Iterator?: StateMachine;
}

export interface Execution {
  execution_id: string;
  process: string;
  process_version: number;
  name: string | null;
  state: string;
  input: any;
  output: any;
  error: string | null;
  cause: string | null;
  started_at: string;
  ended_at: string | null;
}

export interface ExecutionEvent { at: string; event: string; state: string; visit: number; attempt: number; input?: any; output?: any; error?: string; cause?: string }

export interface Queue { name: string; counts: { active: number; locked: number; delayed: number; dead: number }; bytes: number; oldest_at: string | null; ttl: string; lock: string }

type Query<N extends string> = { [name in N]?: string | number | null };
interface Operation<Q extends string, B, A> { query: Query<Q>; body: B; answer: A }

export interface Paths {
  '/v1/receipts/{receipt_id}/versions': { get: Operation<'client' | 'table' | 'limit' | 'cursor', undefined, { versions: Version[]; next_cursor: string | null }> };
  '/v1/contracts/{client_id}/usage': { get: Operation<'from' | 'to' | 'by', undefined, { usage: Usage[] }> };
  '/v1/exports': {
    get: Operation<'limit' | 'cursor', undefined, { exports: Export[]; next_cursor: string | null }>;
    post: Operation<never, { query: string; params?: unknown[]; format: string; name?: string }, { export_id: string; state: string }>;
  };
  '/v1/exports/{id}': { get: Operation<never, undefined, Export>; delete: Operation<never, undefined, undefined> };
  '/v1/processes': { get: Operation<'limit' | 'cursor', undefined, { processes: (StateMachine & { name: string })[]; next_cursor: string | null }> };
  '/v1/processes/{name}': { get: Operation<never, undefined, StateMachine> };
  '/v1/executions': { get: Operation<'process' | 'state' | 'limit' | 'cursor', undefined, { executions: Execution[]; next_cursor: string | null }> };
  '/v1/executions/{id}': { get: Operation<never, undefined, Execution> };
  '/v1/executions/{id}/history': { get: Operation<'limit' | 'cursor', undefined, { events: ExecutionEvent[]; next_cursor: string | null }> };
  '/v1/executions/{id}/abort': { post: Operation<never, undefined, undefined> };
  '/v1/executions/{id}/redrive': { post: Operation<never, undefined, undefined> };
  '/v1/queues': { get: Operation<'limit' | 'cursor', undefined, { queues: Queue[]; next_cursor: string | null }> };
}

export type ReceiptRow = Partial<Receipt> & { [column: string]: any };
