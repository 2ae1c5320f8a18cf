import { Extension } from './index.js';
export function xml(): Extension;
