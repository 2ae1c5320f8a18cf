// What went wrong, where, the request's id, and what to do.

import { h } from '../core/dom.js';
import { plainly, t } from '../core/language.js';
import { Problem, Stranger, Unreachable } from '../core/problem.js';
import { icon } from './icon.js';

/**
 * @param {unknown} error
 * @param {() => void} [again] offers to try once more
 */
export function problemView(error, again) {
  const retry = again && h('button', { class: 'button', onclick: again }, icon('again'), t('problem.again'));
  return h('div', { class: 'problem', role: 'alert' }, icon('warning'), h('div', { class: 'grow' }, ...texts(error)), retry);
}

/** @param {unknown} error */
function texts(error) {
  if (error instanceof Stranger) {
    return [h('p', { class: 'strong' }, t('problem.stranger')), h('p', {}, t('problem.stranger-advice', { status: String(error.status) })),
      error.retryAfter && h('p', {}, t('problem.retry-after', { count: error.retryAfter }))];
  }
  if (error instanceof Unreachable) return [h('p', { class: 'strong' }, t('problem.unreachable')), h('p', {}, t('problem.unreachable-advice'))];
  if (!(error instanceof Problem)) return [h('p', { class: 'strong' }, t('problem.unexpected')), h('p', {}, t('problem.unexpected-advice')), h('p', { class: 'quiet' }, String(error))];
  return [
    h('p', { class: 'strong' }, error.title || t('problem.unexpected')),
    error.message !== error.title && h('p', {}, plainly(error.message)),
    violations(error.errors),
    error.retryAfter && h('p', {}, t('problem.retry-after', { count: error.retryAfter })),
    error.requestID && h('p', { class: 'quiet' }, t('problem.request'), ' ', h('code', {}, error.requestID)),
  ];
}

/** @param {import('../core/problem.js').Violation[]} errors */
export function violations(errors) {
  if (!errors.length) return null;
  return h('ul', { class: 'violations' },
    errors.map(({ pointer, code, message }) => h('li', {}, h('code', { class: 'pointer' }, plainly(pointer || '/')), ' ', plainly(message), ' ', h('span', { class: 'quiet' }, code))));
}
