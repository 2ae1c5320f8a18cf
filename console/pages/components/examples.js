// Contents for components that are shown alone: long, empty and hostile ones among them.

import { chartKinds } from '../../components/chart.js';
import { codeEditor } from '../../components/code-editor.js';
import { copyable } from '../../components/copy-button.js';
import '../../components/data-grid.js';
import { confirm } from '../../components/dialogs.js';
import { documentTree } from '../../components/document-view.js';
import { codeBlock, emptyState } from '../../components/empty-state.js';
import { factList } from '../../components/facts.js';
import { filterBar } from '../../components/filter-bar.js';
import { icon } from '../../components/icon.js';
import { lineDifference } from '../../components/line-difference.js';
import { listTable } from '../../components/list-table.js';
import { planView } from '../../components/plan-view.js';
import { problemView } from '../../components/problem-view.js';
import { status } from '../../components/status.js';
import { tabList } from '../../components/tab-list.js';
import { timeLine } from '../../components/time-line.js';
import { parse } from '../../core/exact-json.js';
import { h } from '../../core/dom.js';
import { Problem, Unreachable } from '../../core/problem.js';
import { graph } from '../processes/graph.js';

const hostile = '<img src=x onerror="alert(1)"> \u202egnp.exe ﷽ 👩‍👩‍👧‍👦';
const at = '2026-11-20T12:00:00.000000Z';

/** @type {{[name: string]: () => Node}} */
export const examples = {
  'chart': () => h('div', { class: 'stack' }, chartKinds.map((kind) => {
    const chart = h('till-chart', { height: 200 });
    const across = Array.from({ length: 24 }, (_, index) => index);
    queueMicrotask(() => chart.show({ kind, title: kind, labels: across.map(String), series: [{ name: hostile, values: across.map((x) => Math.sin(x / 4) * 100) }, { name: 'b', values: across.map((x) => (x % 7 ? x * 3 : null)) }] }));
    return h('section', { class: 'card' }, h('h2', {}, kind), chart);
  })),
  'code-editor': () => codeEditor('sql', 'SQL', 'SELECT client_id, sum(total)\nFROM receipts_accepted -- all of them\nWHERE currency = \'UAH\'\nGROUP BY 1;'),
  'copy-button': () => copyable('01M7ZQPCGX5STJK2HZP4QXQB2E'),
  'data-grid': () => {
    const grid = h('till-grid', { 'aria-label': 'data-grid' });
    const columns = [{ name: 'n', type: 'BIGINT' }, { name: 'amount', type: 'DECIMAL(38,4)' }, { name: 'text', type: 'VARCHAR' }, { name: 'nothing', type: 'DATE' }];
    grid.show({ columns, rows: Array.from({ length: 100_000 }, (_, index) => [index, `${index}234567890123456789.1200`, `${hostile} ${index}`, null]) });
    return grid;
  },
  'dialogs': () => h('button', { class: 'button', onclick: () => confirm({ title: 'Send again', text: hostile, action: 'Send again', count: 1_234, work: async () => {} }) }, 'Ask'),
  'document-view': () => documentTree(parse(`{"id": ${JSON.stringify(hostile)}, "total": 12345678901234567890.1200, "lines": [{"amount": 65.00, "code": null}], "deep": {"a": {"b": {"c": [true, false]}}}}`), new Set(['/lines/0/amount', '/missing'])),
  'empty-state': () => emptyState('Nothing here.', { command: 'till sql --data DATA "SELECT 1"' }),
  'facts': () => factList([['Client', hostile], ['Empty', ''], ['Total', '12']]),
  'filter-bar': () => filterBar([{ name: 'client', label: 'Client' }, { name: 'from', label: 'From', kind: 'date' }, { name: 'state', label: 'State', choices: ['COMPLETE', 'FAILED'] }]),
  'graph': () => graph({ StartAt: 'Receive', States: { Receive: { Type: 'Task', Next: 'Valid?' }, 'Valid?': { Type: 'Choice', Choices: [{ Next: 'Mark' }], Default: 'Refuse' }, Mark: { Type: 'Task', Next: 'Done', Catch: [{ Next: 'Refuse', ErrorEquals: ['States.ALL'] }] }, Refuse: { Type: 'Fail' }, Done: { Type: 'Succeed' } } }, new Map([['Receive', 'succeeded'], ['Valid?', 'succeeded'], ['Mark', 'failed']])),
  'icon': () => h('p', { class: 'row' }, icon('sql'), icon('receipts'), icon('warning'), icon('storage')),
  'line-difference': () => lineDifference('{\n  "version": 1,\n  "table": "receipts"\n}', '{\n  "version": 2,\n  "table": "receipts",\n  "format": "json"\n}'),
  'list-table': () => listTable('Receipts', [{ title: 'Id', cell: ({ id }) => h('a', { href: '#' }, id) }, { title: 'Text', isWide: true, cell: ({ text }) => text }, { title: 'Total', isNumeric: true, cell: ({ total }) => total }], [{ id: 'R-1', text: hostile, total: '1,234.5000' }, { id: 'R-2', text: '', total: '7.0000' }]),
  'plan-view': () => planView(['Project [currency, sum]  (11 rows, 0.01 ms)', '  Aggregate by [currency] [sum(total) AS sum]  (11 rows, 4.09 ms)', '    Scan receipts [currency, total]  (8028 rows, 1.98 ms, 0 bytes read)', '        read: 1 of 1 files, 8028 of 8028 rows', '11 rows in 3.88 ms, planned in 0.38 ms']),
  'problem-view': () => h('div', { class: 'stack' }, problemView(new Problem(422, { type: '/problems/invalid-document', title: 'The document is invalid', detail: hostile, errors: [{ pointer: '/total', code: 'type', message: hostile }], request_id: 'a1b2-7' })), problemView(new Unreachable(), () => {})),
  'status': () => h('p', { class: 'row' }, ['COMPLETE', 'FAILED', 'PROCESSING', 'CANCELLED', hostile].map((state) => status(state))),
  'tab-list': () => tabList('Tabs', [{ name: 'a', title: 'First', show: () => 'One' }, { name: 'b', title: 'Second', show: () => codeBlock('two') }]),
  'time-line': () => timeLine([{ at, title: 'received' }, { at, title: 'failed', mood: 'bad', details: h('p', {}, hostile) }, { at, title: 'complete', mood: 'good' }]),
};
