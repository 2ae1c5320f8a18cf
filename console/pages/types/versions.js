// The versions of a type's file, each with what it changed.

import { get } from '../../core/api.js';
import { stringify } from '../../core/exact-json.js';
import { h } from '../../core/dom.js';
import { t } from '../../core/language.js';
import { time } from '../../components/instant.js';
import { lineDifference } from '../../components/line-difference.js';
import { paged } from '../../components/pager.js';

/**
 * @param {string} name
 * @param {AbortSignal} signal
 */
export async function typeVersions(name, signal) {
  const list = await paged(async (cursor) => {
    const page = await get('/v1/types/{name}/versions', { path: { name }, query: { cursor }, signal });
    return { rows: page.versions, next: page.next_cursor };
  }, (versions) => h('ol', { class: 'stack' }, versions.map((version, index) => versionItem(version, versions[index + 1], index === 0))));
  return h('section', { class: 'card' }, h('h2', {}, t('receipt.versions')), list);
}

/**
 * @param {import('../../types/api.js').TypeVersion} version
 * @param {import('../../types/api.js').TypeVersion | undefined} before
 * @param {boolean} isOpen
 */
function versionItem({ version, put_at: at, type }, before, isOpen) {
  const difference = h('div', {});
  const details = h('details', { ontoggle: show }, h('summary', {}, h('span', { class: 'strong' }, t('receipt.version', { number: version })), ' ', time(at)), difference);
  // Files may be long: they are compared when somebody looks.
  function show() {
    if (!details.open || difference.childElementCount) return;
    difference.append(lineDifference(before ? stringify(before.type, 2) : '', stringify(type, 2)));
  }
  details.open = isOpen && before !== undefined;
  return h('li', {}, details);
}
