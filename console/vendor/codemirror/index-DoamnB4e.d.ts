import { Extension } from './index.js';
export function json(): Extension;
