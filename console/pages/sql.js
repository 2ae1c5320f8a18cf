// SQL: write, run, look. A link brings its query in the fragment and never runs it.

import '../components/data-grid.js';
import { codeEditor } from '../components/code-editor.js';
import { openDialog } from '../components/dialogs.js';
import { icon } from '../components/icon.js';
import { problemView } from '../components/problem-view.js';
import { announce } from '../core/announce.js';
import { copyText } from '../core/clipboard.js';
import { debounced, fill, h } from '../core/dom.js';
import { bytes, duration, instant, t } from '../core/language.js';
import { Problem } from '../core/problem.js';
import { functions, tables } from '../core/schema.js';
import { actor } from '../core/session.js';
import { offsetOf, parameterCount, statementAt } from '../core/statements.js';
import { asked, forget, keepDrafts, newDraft, recallDrafts, remember, save, saved } from './sql/drafts.js';
import { openExport } from './sql/export-menu.js';
import { QueryRun, wasCancelled } from './sql/query-run.js';
import { resultView } from './sql/result-view.js';
import { completions, schemaTree } from './sql/schema-tree.js';

const firstQuery = 'SELECT date_trunc(\'month\', business_day)::date AS month, count(*) AS receipts, sum(total) AS revenue\nFROM receipts_accepted\nGROUP BY 1\nORDER BY 1';

/**
 * @param {import('../core/location.js').Place} _
 * @param {import('./pages.js').Visit} visit
 */
export async function render(_, visit) {
  const bench = new Workbench(visit.signal);
  return bench.element;
}

class Workbench {
  #editor = codeEditor('sql', t('sql.editor'), '');
  #tabs = h('div', { role: 'tablist', 'aria-label': t('sql.tabs') });
  #parameters = h('div', { class: 'row' });
  #progress = h('p', { class: 'quiet', role: 'status' });
  #unkept = h('p', { class: 'banner bad', role: 'alert', hidden: true }, t('sql.draft-no-room'));
  #result = h('section', { 'aria-label': t('sql.result') }, h('p', { class: 'quiet' }, t('sql.hint')));
  #schema = h('div', {});
  #runButton = h('button', { class: 'button primary', onclick: () => this.#run('') }, icon('run'), t('sql.run'));
  #cancelButton = h('button', { class: 'button', hidden: true, onclick: () => this.#cancel() }, icon('stop'), t('cancel'));
  /** @type {QueryRun | null} */
  #running = null;
  #owner = actor();
  /** @type {import('./sql/drafts.js').Draft[]} */
  #drafts;
  #chosen;
  /** Ids of drafts that were closed, and changed, in this window. */
  #here = { closed: /** @type {Set<string>} */ (new Set()), changed: /** @type {Set<string>} */ (new Set()) };

  /** @param {AbortSignal} signal */
  constructor(signal) {
    const kept = recallDrafts(this.#owner);
    this.#drafts = kept.drafts.length ? kept.drafts : [newDraft(firstQuery)];
    this.#chosen = Math.min(kept.chosen, this.#drafts.length - 1);
    this.#takeLinked();
    this.#editor.value = this.#drafts[this.#chosen].text;
    this.#editor.addEventListener('change', () => this.#changed());
    this.#editor.addEventListener('run', () => this.#run(''));
    signal.addEventListener('abort', () => {
      this.#keepNow();
      this.#cancel();
    });
    // What was typed in the last moment, too.
    addEventListener('pagehide', () => this.#keepNow(), { signal });
    addEventListener('hashchange', () => this.#takeLinked(), { signal });
    this.#showTabs();
    this.#showParameters();
    this.#readSchema();
  }

  get element() {
    const actions = h('div', { class: 'row' }, this.#runButton, this.#cancelButton,
      h('button', { class: 'button', onclick: () => this.#run('EXPLAIN ANALYZE ') }, t('sql.explain')),
      h('button', { class: 'button', onclick: () => openExport(this.#statement().text, this.#values()) }, t('sql.export')),
      h('span', { class: 'grow' }),
      h('button', { class: 'button', onclick: () => this.#openHistory() }, t('sql.history')),
      h('button', { class: 'button', onclick: () => this.#openSaved() }, t('sql.saved')),
      h('button', { class: 'button', onclick: () => this.#share() }, t('sql.link')));
    const tabs = h('div', { class: 'row editor-tabs' }, this.#tabs,
      h('button', { class: 'icon-button', 'aria-label': t('sql.new-tab'), title: t('sql.new-tab'), onclick: () => this.#open('') }, icon('add')),
      h('button', { class: 'icon-button', 'aria-label': t('sql.close-tab'), title: t('sql.close-tab'), onclick: () => this.#close(this.#chosen) }, icon('close')));
    return h('div', {}, h('h1', { class: 'visually-hidden' }, t('sql.title')),
      h('div', { class: 'workbench' }, this.#schema, h('div', { class: 'stack' }, tabs, this.#editor, this.#unkept, this.#parameters, actions, this.#progress, this.#result)));
  }

  /** A query that came by a link gets a tab of its own. */
  #takeLinked() {
    const text = new URLSearchParams(location.hash.slice(1)).get('q');
    if (text === null) return;
    history.replaceState(null, '', location.pathname + location.search);
    this.#open(text);
  }

  // Tabs

  /** @param {string} text */
  #open(text) {
    this.#drafts.push(newDraft(text));
    this.#choose(this.#drafts.length - 1);
  }

  /** @param {number} index */
  #choose(index) {
    this.#chosen = index;
    this.#editor.value = this.#drafts[index].text;
    this.#showTabs();
    this.#changed();
  }

  /** @param {number} index */
  #close(index) {
    const [gone] = this.#drafts.splice(index, 1);
    this.#here.closed.add(gone.id);
    if (!this.#drafts.length) this.#drafts.push(newDraft(''));
    this.#choose(Math.min(this.#chosen, this.#drafts.length - 1));
  }

  #showTabs() {
    fill(this.#tabs, this.#drafts.map((_, index) => {
      const isChosen = index === this.#chosen;
      return h('button', { role: 'tab', 'aria-selected': String(isChosen), tabindex: isChosen ? '0' : '-1', onclick: () => this.#choose(index), onkeydown: (/** @type {KeyboardEvent} */ event) => this.#tabKey(event, index) }, t('sql.tab', { title: String(index + 1) }));
    }));
  }

  /**
   * @param {KeyboardEvent} event
   * @param {number} index
   */
  #tabKey(event, index) {
    if (event.key === 'Delete') this.#close(index);
    else if (event.key === 'ArrowRight' && this.#drafts[index + 1]) this.#choose(index + 1);
    else if (event.key === 'ArrowLeft' && index > 0) this.#choose(index - 1);
    else return;
    /** @type {HTMLElement | null} */ (this.#tabs.querySelector('[aria-selected=true]'))?.focus();
  }

  #keep = debounced(300, () => this.#keepNow());

  #keepNow() {
    this.#unkept.hidden = keepDrafts(this.#owner, this.#drafts, this.#chosen, this.#here);
  }

  #changed() {
    const draft = this.#drafts[this.#chosen];
    if (draft.text !== this.#editor.value) this.#here.changed.add(draft.id);
    draft.text = this.#editor.value;
    this.#editor.mark(null);
    this.#showParameters();
    this.#keep();
  }

  // Parameters

  #showParameters() {
    const count = parameterCount(this.#editor.value);
    const known = this.#parameters.querySelectorAll('input').length;
    if (count === known) return;
    const values = [...this.#parameters.querySelectorAll('input')].map(({ value }) => value);
    fill(this.#parameters, Array.from({ length: count }, (_, index) => {
      const id = `parameter-${index + 1}`;
      return h('p', { class: 'row' }, h('label', { for: id }, `$${index + 1}`), h('input', { id, type: 'text', value: values[index] ?? '', placeholder: 'NULL', autocomplete: 'off' }));
    }));
  }

  /** Text is a literal without a type, which becomes what the query needs; nothing is NULL. */
  #values() {
    const count = parameterCount(this.#statement().text);
    return [...this.#parameters.querySelectorAll('input')].slice(0, count).map(({ value }) => (value === '' ? null : value));
  }

  // Running

  #statement() {
    const text = this.#editor.value;
    const { from, to } = this.#editor.selection;
    const selected = text.slice(from, to);
    if (selected.trim()) return { text: selected, from };
    return statementAt(text, from) ?? { text: '', from: 0 };
  }

  /** @param {string} prefix */
  async #run(prefix) {
    const statement = this.#statement();
    if (!statement.text.trim() || this.#running) return;
    // What asks for a plan already says how.
    if (/^\s*explain\b/i.test(statement.text)) prefix = '';
    const run = new QueryRun(prefix + statement.text, this.#values());
    this.#setRunning(run);
    this.#editor.mark(null);
    let rows = null;
    let fault = null;
    try {
      const page = await run.first((progress) => this.#showProgress(run, progress));
      rows = page.rows.length;
      fill(this.#result, resultView(run, page, run.milliseconds));
      announce(t('rows', { count: rows }));
    } catch (error) {
      fault = error instanceof Error ? error.message : String(error);
      if (wasCancelled(error)) fill(this.#result, h('p', { class: 'quiet' }, t('sql.cancelled')));
      else this.#showFault(error, statement, prefix);
    } finally {
      remember(this.#owner, { text: statement.text, at: new Date().toISOString(), milliseconds: run.milliseconds, rows, fault });
      this.#setRunning(null);
    }
  }

  /** @param {QueryRun | null} run */
  #setRunning(run) {
    this.#running = run;
    this.#runButton.disabled = run !== null;
    this.#cancelButton.hidden = run === null;
    fill(this.#progress, run && t('sql.running'));
  }

  /**
   * @param {QueryRun} run
   * @param {import('./sql/query-run.js').Progress | null} progress
   */
  #showProgress(run, progress) {
    if (this.#running !== run) return;
    const figures = progress && t('sql.progress', { rows: progress.rows_scanned, bytes: bytes(progress.bytes_read), files: progress.files_pruned });
    fill(this.#progress, t('sql.running'), ' ', duration(run.milliseconds), figures && ` · ${figures}`);
  }

  /**
   * @param {unknown} error
   * @param {{text: string, from: number}} statement
   * @param {string} prefix
   */
  #showFault(error, statement, prefix) {
    fill(this.#result, problemView(error));
    if (!(error instanceof Problem) || !error.position) return;
    this.#editor.mark(statement.from + Math.max(0, offsetOf(prefix + statement.text, error.position) - prefix.length));
  }

  #cancel() {
    this.#running?.cancel();
  }

  // What stands beside

  async #readSchema() {
    try {
      const [known, names] = await Promise.all([tables(), functions()]);
      fill(this.#schema, schemaTree(known, (text) => this.#editor.insert(text)));
      this.#editor.complete(completions(known), names);
    } catch (error) {
      fill(this.#schema, problemView(error, () => this.#readSchema()));
    }
  }

  #openHistory() {
    openDialog(t('sql.history'), (close) => {
      const items = asked(this.#owner).map(({ text, at, milliseconds, rows, fault }) => h('li', { class: 'stack tight' },
        h('button', { class: 'recalled', onclick: () => { close(); this.#open(text); } }, h('code', {}, text.slice(0, 240))),
        h('span', { class: 'quiet' }, [instant(at), duration(milliseconds), fault ?? t('rows', { count: rows ?? 0 })].join(' · '))));
      return [items.length ? h('ul', { class: 'stack' }, items) : h('p', { class: 'quiet' }, t('sql.no-history'))];
    }, { class: 'wide' });
  }

  #openSaved() {
    openDialog(t('sql.saved'), (close) => {
      const list = h('ul', { class: 'stack' });
      const fault = h('div', {});
      const name = h('input', { id: 'saved-name', required: true, autocomplete: 'off' });
      const show = () => fill(list, saved().map((query) => h('li', { class: 'row' },
        h('button', { class: 'recalled grow', onclick: () => { close(); this.#open(query.text); } }, h('span', { class: 'strong' }, query.name), ' ', h('code', {}, query.text.slice(0, 120))),
        h('button', { class: 'icon-button', 'aria-label': t('sql.forget', { name: query.name }), onclick: () => { forget(query.name); show(); } }, icon('close')))));
      const keep = (/** @type {Event} */ event) => {
        event.preventDefault();
        const isKept = save({ name: name.value.trim(), text: this.#editor.value });
        fill(fault, isKept ? null : h('p', { class: 'problem', role: 'alert' }, t('sql.no-room')));
        if (isKept) name.value = '';
        show();
      };
      show();
      return [h('form', { class: 'row', onsubmit: keep }, h('label', { for: name.id }, t('sql.save-as')), name, h('button', { class: 'button' }, t('save'))), fault, list];
    }, { class: 'wide' });
  }

  async #share() {
    const link = `${location.origin}${location.pathname}#${new URLSearchParams({ q: this.#editor.value })}`;
    const isCopied = await copyText(link);
    announce(t(isCopied ? 'copied' : 'copy-failed'));
    fill(this.#progress, t(isCopied ? 'sql.link-copied' : 'copy-failed'), !isCopied && [' ', h('code', {}, link)]);
  }
}
