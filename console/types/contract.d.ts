// What /openapi.json leaves open: state machines as the states language has them, and rows whose columns only a type knows.

import { Receipt } from './api.js';

export interface StateMachine { StartAt: string; States: { [name: string]: State }; Comment?: string }

export interface State {
  Type: string;
  Next?: string;
  Default?: string;
  Resource?: string;
  Choices?: { Next: string }[];
  Catch?: { Next: string; ErrorEquals: string[] }[];
  Branches?: StateMachine[];
  Iterator?: StateMachine;
  ItemProcessor?: StateMachine;
}

export type ReceiptRow = Partial<Receipt> & { [column: string]: any };
