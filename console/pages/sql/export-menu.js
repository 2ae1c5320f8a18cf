// The whole answer as a file: streamed by /v1/sql, or made by the server and had by a link.

import { bodyOf, post, send } from '../../core/api.js';
import { announce } from '../../core/announce.js';
import { fill, h, saveFile } from '../../core/dom.js';
import { offers, streamedForms } from '../../core/features.js';
import { t } from '../../core/language.js';
import { address, go } from '../../core/location.js';
import { openDialog } from '../../components/dialogs.js';
import { problemView } from '../../components/problem-view.js';

/**
 * @param {string} query
 * @param {unknown[]} params
 */
export function openExport(query, params) {
  openDialog(t('export.title'), (close) => {
    const fault = h('div', {});
    const forms = h('div', { class: 'row' });
    const allow = (/** @type {boolean} */ isAllowed) => {
      for (const button of forms.querySelectorAll('button')) button.disabled = !isAllowed;
    };
    /**
     * One at a time.
     *
     * @param {() => Promise<void>} work
     * @param {() => void} [done] unless the dialog was left meanwhile
     */
    const attempt = (work, done = () => {}) => async () => {
      allow(false);
      fill(fault, h('p', { class: 'quiet', role: 'status' }, t('export.working')));
      try {
        await work();
        if (!fault.isConnected) return;
        close();
        done();
      } catch (error) {
        fill(fault, problemView(error));
        allow(true);
      }
    };
    const buttons = streamedForms('/v1/sql', 'post').map(({ type, name }) => h('button', { class: 'button', onclick: attempt(() => download(query, params, name, type)) }, name.toUpperCase()));
    const made = offers('/v1/exports', 'post') && h('button', { class: 'button', onclick: attempt(() => makeWorkbook(query, params), () => go(address('exports'))) }, 'XLSX');
    fill(forms, buttons, made);
    return [h('p', {}, t('export.text')), forms, fault];
  });
}

/**
 * @param {string} query
 * @param {unknown[]} params
 * @param {string} name
 * @param {string} type
 */
async function download(query, params, name, type) {
  const response = await send('post', '/v1/sql', { body: { query, params }, accept: type });
  saveFile(await bodyOf(response, (whole) => whole.blob()), `till.${name}`);
  announce(t('export.done'));
}

/**
 * @param {string} query
 * @param {any[]} params
 */
async function makeWorkbook(query, params) {
  await post('/v1/exports', { body: { query, params, format: 'xlsx' } });
  announce(t('export.made'));
}
