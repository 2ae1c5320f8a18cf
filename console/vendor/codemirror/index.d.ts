// What the console uses of the bundle; the bundle itself is not checked.

export class EditorView {
  constructor(options: { state: EditorState; parent: Node; root: ShadowRoot | Document });
  static theme(spec: object): Extension;
  static lineWrapping: Extension;
  static contentAttributes: Facet;
  static updateListener: Facet;
  static domEventHandlers(handlers: { [event: string]: (event: any, view: EditorView) => boolean }): Extension;
  static decorations: Facet;
  scrollDOM: HTMLElement;
  static scrollIntoView(position: number): Extension;
  state: EditorState;
  dispatch(transaction: object): void;
  destroy(): void;
  focus(): void;
  setTabFocusMode(milliseconds: number): void;
}

export interface EditorState {
  doc: { length: number; toString(): string };
  selection: { main: { from: number; to: number; head: number }; ranges: readonly unknown[] };
  sliceDoc(from: number, to: number): string;
  replaceSelection(text: string): object;
}

export const EditorState: { create(options: object): EditorState; readOnly: Facet };

export type Extension = object;
export interface Facet { of(value: unknown): Extension }

export class Compartment {
  of(extension: Extension): Extension;
  reconfigure(extension: Extension): Extension;
}

export const Prec: { highest(extension: Extension): Extension };
export const keymap: Facet;
export const basicSetup: Extension;
export const indentWithTab: object;
export const HighlightStyle: { define(styles: { tag: object | object[]; color: string }[]): object };
export function syntaxHighlighting(style: object): Extension;
export const Decoration: {
  mark(spec: object): { range(from: number, to: number): object };
  set(ranges: object[]): object;
};
