// What browsers have and the checker's library does not know yet.

interface JSON {
  parse(text: string, reviver: (this: any, key: string, value: any, context: { source?: string }) => any): any;
  rawJSON(text: string): object;
}

interface HTMLElementTagNameMap {
  'till-grid': import('../components/data-grid.js').DataGrid;
  'till-chart': import('../components/chart.js').Chart;
  'till-editor': import('../components/code-editor.js').CodeEditor;
  'till-countdown': import('../components/instant.js').Countdown;
}

interface ObjectConstructor {
  hasOwn(object: object, key: PropertyKey): boolean;
}

declare class DecompressionStream implements GenericTransformStream {
  constructor(format: 'gzip' | 'deflate');
  readonly readable: ReadableStream;
  readonly writable: WritableStream;
}
