// Who did what, the newest first.

import { get } from '../core/api.js';
import { h } from '../core/dom.js';
import { t } from '../core/language.js';
import { emptyState } from '../components/empty-state.js';
import { time } from '../components/instant.js';
import { listTable } from '../components/list-table.js';
import { paged } from '../components/pager.js';
import { status } from '../components/status.js';

const pageRowCount = 100;
/** @type {{[outcome: string]: import('../components/status.js').Mood}} */
const moods = { begun: 'busy', done: 'good', refused: 'bad', failed: 'bad' };

/** @type {import('./pages.js').PageModule['render']} */
export async function render(_, { signal }) {
  const list = await paged(
    async (cursor) => {
      const page = await get('/v1/audit', { query: { limit: pageRowCount, cursor }, signal });
      return { rows: page.audit, next: page.next_cursor };
    },
    (acts) => (acts.length ? listTable(t('audit.title'), [
      { title: t('at'), cell: ({ at }) => time(at) },
      { title: t('audit.actor'), cell: ({ actor }) => actor },
      { title: t('audit.action'), cell: ({ action }) => h('code', {}, action) },
      { title: t('audit.target'), isWide: true, cell: ({ target }) => target },
      { title: t('audit.outcome'), cell: ({ outcome }) => status(t(`outcome.${outcome}`), moods[outcome]) },
      { title: t('audit.origin'), cell: ({ origin }) => origin },
      { title: t('problem.request'), cell: ({ request_id: id }) => h('code', {}, id ?? '') },
    ], acts) : emptyState(t('audit.none'), { command: `till audit list --url ${location.origin}` })));
  return h('div', { class: 'stack' }, h('h1', {}, t('audit.title')), list);
}
