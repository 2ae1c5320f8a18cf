import { Extension, Facet } from './index.js';
export interface Dialect { language: { data: Facet } }
export const PostgreSQL: Dialect;
export function sql(options: { dialect: Dialect; schema: object; upperCaseKeywords: boolean }): Extension;
