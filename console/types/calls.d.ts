// How a call of core/api.js is typed by its path and method.

import { Paths } from './api.js';

export { Paths };
export type Method = 'get' | 'post' | 'put' | 'delete';

/** Paths that have the method. */
export type PathOf<M extends Method> = { [P in keyof Paths]: Paths[P] extends Record<M, any> ? P : never }[keyof Paths];

type Operation<P extends keyof Paths, M extends Method> = Paths[P] extends Record<M, infer O> ? O : never;
type Member<O, N extends string> = O extends Record<N, infer V> ? V : never;

export type Answer<P extends keyof Paths, M extends Method> = Member<Operation<P, M>, 'answer'>;

export interface Input {
  /** Values of the names in braces. */
  path?: { [name: string]: string };
  query?: { [name: string]: string | number | null | undefined };
  body?: unknown;
  accept?: string;
  headers?: { [name: string]: string };
  signal?: AbortSignal;
}

export type InputOf<P extends keyof Paths, M extends Method> = Omit<Input, 'query' | 'body'> & {
  query?: Member<Operation<P, M>, 'query'>;
  body?: Member<Operation<P, M>, 'body'>;
};
