// CodeMirror in a shadow root: there its styles are sheets of the root and no elements, which `style-src 'self'` allows. Ctrl+Enter runs; Escape,
// then Tab, leaves.

import { h } from '../core/dom.js';

/** @typedef {'sql' | 'json' | 'xml' | 'text'} CodeLanguage */

const colours = {
  '&': { height: '100%', fontSize: '0.875rem', color: 'var(--text)', backgroundColor: 'transparent' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.55' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--text-quiet)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'transparent' },
  '.cm-activeLineGutter': { color: 'var(--text)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'var(--selection)' },
  '.cm-tooltip': { backgroundColor: 'var(--surface)', color: 'var(--text)', border: '1px solid var(--line)', borderRadius: '6px' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--accent)', color: 'var(--accent-text)' },
  '.cm-panels': { backgroundColor: 'var(--surface)', color: 'var(--text)' },
  '.fault': { textDecoration: 'underline wavy var(--bad)', backgroundColor: 'var(--bad-soft)' },
};

/** @typedef {Awaited<ReturnType<typeof load>>} Modules */

/** The editor's modules come when the first editor is shown. */
async function load() {
  const [core, { t: tags }, sql, json, xml] = await Promise.all([
    import('../vendor/codemirror/index.js'),
    import('../vendor/codemirror/index-ciMdZ5pn.js'),
    import('../vendor/codemirror/index-CGEMhyvn.js'),
    import('../vendor/codemirror/index-DoamnB4e.js'),
    import('../vendor/codemirror/index-DNBTB2TY.js'),
  ]);
  const highlight = core.HighlightStyle.define([
    { tag: [tags.keyword, tags.operatorKeyword], color: 'var(--code-keyword)' },
    { tag: [tags.string, tags.special(tags.string)], color: 'var(--code-string)' },
    { tag: [tags.number, tags.bool, tags.null], color: 'var(--code-number)' },
    { tag: [tags.comment, tags.meta], color: 'var(--text-quiet)' },
    { tag: [tags.typeName, tags.standard(tags.name), tags.propertyName, tags.tagName, tags.attributeName], color: 'var(--code-name)' },
  ]);
  return { core, highlight, sql, json, xml };
}

/** What is put around a selection when its first half is typed over it. */
const pairs = new Map([['(', ')'], ['[', ']'], ['{', '}'], ["'", "'"], ['"', '"']]);

/**
 * Typing over a selection is done here and not by the browser, which would keep the look of what it takes away in an inline style.
 *
 * @param {InputEvent} event
 * @param {import('../vendor/codemirror/index.js').EditorView} view
 * @returns {boolean} whether it was
 */
function replaceSelection(event, view) {
  const { ranges, main: { from, to } } = view.state.selection;
  if (event.inputType !== 'insertText' || from === to || ranges.length > 1 || !event.data) return false;
  const end = pairs.get(event.data);
  const insert = end ? event.data + view.state.sliceDoc(from, to) + end : event.data;
  const selection = end ? { anchor: from + 1, head: to + 1 } : { anchor: from + insert.length };
  view.dispatch({ changes: { from, to, insert }, selection, userEvent: 'input.type', scrollIntoView: true });
  event.preventDefault();
  return true;
}

/**
 * For two seconds after Escape, whatever else that closes, Tab leaves.
 *
 * @param {import('../vendor/codemirror/index.js').EditorView} view
 */
function mayLeave(view) {
  view.setTabFocusMode(2000);
  return false;
}

export class CodeEditor extends HTMLElement {
  /** @type {Modules | null} */
  #modules = null;
  /** @type {import('../vendor/codemirror/index.js').EditorView | null} */
  #view = null;
  /**
   * In the place of the view, where that cannot be had.
   *
   * @type {HTMLTextAreaElement | null}
   */
  #plain = null;
  #text = '';
  /** @type {{[table: string]: {label: string, detail?: string, info?: string, type?: string}[]}} */
  #schema = {};
  /** @type {string[]} */
  #words = [];

  async connectedCallback() {
    if (this.#view) return;
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    try {
      this.#modules = await load();
    } catch {
      // The server is gone, or a newer one has other modules: what is written can be read and changed all the same.
      this.#showPlain(root);
      return;
    }
    if (!this.isConnected) return;
    const { EditorView, EditorState } = this.#modules.core;
    this.#view = new EditorView({ state: EditorState.create({ doc: this.#text, extensions: this.#extensions(this.#modules) }), parent: root, root });
    // What scrolls can be scrolled by keys, though its text has the focus already.
    this.#view.scrollDOM.tabIndex = 0;
    this.#showLanguage();
    this.dispatchEvent(new Event('ready'));
  }

  /** @param {ShadowRoot} root */
  #showPlain(root) {
    const keys = (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.dispatchEvent(new Event('run', { bubbles: true }));
    };
    const text = h('textarea', { value: this.#text, 'aria-label': this.getAttribute('label'), spellcheck: 'false', readonly: this.hasAttribute('read-only'), onkeydown: keys,
      oninput: () => this.dispatchEvent(new Event('change', { bubbles: true })) });
    Object.assign(text.style, { boxSizing: 'border-box', width: '100%', height: '100%', border: '0', padding: '0.5rem', resize: 'none', font: '0.875rem/1.55 var(--mono)', color: 'inherit', background: 'transparent' });
    root.replaceChildren(text);
    this.#plain = text;
    this.dispatchEvent(new Event('ready'));
  }

  disconnectedCallback() {
    this.#text = this.value;
    this.#plain = null;
    this.#view?.destroy();
    this.#view = null;
  }

  /** What changes while the editor is there. */
  #compartment = { language: /** @type {any} */ (null), fault: /** @type {any} */ (null) };

  /** @param {Modules} modules */
  #extensions({ core, highlight }) {
    const { EditorView, EditorState, Compartment, Prec, keymap, basicSetup, indentWithTab } = core;
    this.#compartment = { language: new Compartment(), fault: new Compartment() };
    const run = () => {
      this.dispatchEvent(new Event('run', { bubbles: true }));
      return true;
    };
    const report = (/** @type {{docChanged: boolean}} */ update) => {
      if (update.docChanged) this.dispatchEvent(new Event('change', { bubbles: true }));
    };
    return [
      Prec.highest(keymap.of([{ key: 'Mod-Enter', run }, { key: 'Escape', run: mayLeave }])),
      basicSetup,
      keymap.of([indentWithTab]),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': this.getAttribute('label') ?? '' }),
      EditorView.theme(colours),
      EditorView.updateListener.of(report),
      EditorView.domEventHandlers({ beforeinput: replaceSelection }),
      EditorState.readOnly.of(this.hasAttribute('read-only')),
      this.#compartment.language.of([]),
      core.syntaxHighlighting(highlight),
      this.#compartment.fault.of([]),
    ];
  }

  #showLanguage() {
    this.#view?.dispatch({ effects: this.#compartment.language.reconfigure(this.#languageExtension()) });
  }

  #languageExtension() {
    if (!this.#modules) return [];
    const { sql, json, xml } = this.#modules;
    switch (this.getAttribute('language')) {
      case 'sql': return [sql.sql({ dialect: sql.PostgreSQL, schema: this.#schema, upperCaseKeywords: true }), sql.PostgreSQL.language.data.of({ autocomplete: this.#completeWord })];
      case 'json': return json.json();
      case 'xml': return xml.xml();
      default: return [];
    }
  }

  /**
   * Functions, and columns of the tables that the text names; tables, and columns behind a table's name, come of the language itself.
   *
   * @param {{matchBefore: (pattern: RegExp) => {from: number, text: string} | null, explicit: boolean, pos: number}} context
   */
  #completeWord = (context) => {
    const word = context.matchBefore(/\w+/);
    if (context.matchBefore(/\.\w*/) || (!word && !context.explicit)) return null;
    const named = new Set(this.value.match(/[\p{L}_][\p{L}\p{N}_.]*/gu) ?? []);
    /** @type {Map<string, {label: string}>} */
    const columns = new Map(Object.entries(this.#schema).filter(([table]) => named.has(table.replaceAll('"', ''))).flatMap(([, list]) => list.map((column) => [column.label, column])));
    const functions = this.#words.map((label) => ({ label, type: 'function', apply: `${label}(` }));
    return { from: word?.from ?? context.pos, options: [...columns.values(), ...functions], validFor: /^\w*$/ };
  };

  /**
   * @param {{[table: string]: {label: string, detail?: string, info?: string, type?: string}[]}} schema
   * @param {string[]} functions
   */
  complete(schema, functions) {
    this.#schema = schema;
    this.#words = functions;
    this.#showLanguage();
  }

  get value() {
    return this.#view ? this.#view.state.doc.toString() : this.#plain?.value ?? this.#text;
  }

  set value(text) {
    this.#text = text;
    if (this.#plain) this.#plain.value = text;
    this.#view?.dispatch({ changes: { from: 0, to: this.#view.state.doc.length, insert: text } });
  }

  /**
   * Puts a text where the cursor is.
   *
   * @param {string} text
   */
  insert(text) {
    this.#plain?.setRangeText(text);
    if (!this.#view) return;
    this.#view.dispatch(this.#view.state.replaceSelection(text));
    this.#view.focus();
  }

  /** What is selected, in UTF-16 units. */
  get selection() {
    const range = this.#view?.state.selection.main;
    return { from: range?.from ?? this.#plain?.selectionStart ?? 0, to: range?.to ?? this.#plain?.selectionEnd ?? 0 };
  }

  /**
   * Underlines the place of a fault, until something is typed; null takes it away.
   *
   * @param {number | null} offset in UTF-16 units
   */
  mark(offset) {
    if (!this.#view || !this.#modules) return;
    const { Decoration, EditorView } = this.#modules.core;
    const text = this.value;
    if (offset === null || !text.length) {
      this.#view.dispatch({ effects: this.#compartment.fault.reconfigure([]) });
      return;
    }
    const from = Math.min(offset, text.length - 1);
    const length = /^[\p{L}\p{N}_]+/u.exec(text.slice(from))?.[0].length ?? 1;
    const marks = Decoration.set([Decoration.mark({ class: 'fault' }).range(from, Math.min(text.length, from + length))]);
    this.#view.dispatch({ effects: [this.#compartment.fault.reconfigure(EditorView.decorations.of(marks)), EditorView.scrollIntoView(from)] });
  }

  focus() {
    this.#plain?.focus();
    this.#view?.focus();
  }
}

/**
 * @param {CodeLanguage} language
 * @param {string} label
 * @param {string} text
 */
export function codeEditor(language, label, text) {
  const editor = h('till-editor', { language, label });
  editor.value = text;
  return editor;
}

customElements.define('till-editor', CodeEditor);
