// Icons: strokes of 24 × 24, in the colour of the text. They say nothing that words beside them do not.

import { svg } from '../core/dom.js';

const paths = {
  overview: 'M4 13h4l3-8 4 14 3-6h2',
  sql: 'M5 7l4 5-4 5M12 17h7',
  receipts: 'M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6',
  tickets: 'M4 7h16v3a2 2 0 000 4v3H4v-3a2 2 0 000-4zM14 7v10',
  'dead-letters': 'M3 6h18v12H3zM3 7l9 7 9-7M9 18l6 0',
  quarantine: 'M12 3l8 4v5c0 5-3.500 8-8 9-4.500-1-8-4-8-9V7zM12 9v4M12 16v.5',
  uploads: 'M12 16V5M8 9l4-4 4 4M4 16v3h16v-3',
  exports: 'M12 5v11M8 12l4 4 4-4M4 16v3h16v-3',
  types: 'M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM16.500 13v7M13 16.500h7',
  processes: 'M5 4h5v5H5zM14 15h5v5h-5zM7.500 9v8.500H14',
  queues: 'M4 6h16M4 12h16M4 18h10',
  contracts: 'M8 11a4 4 0 100-8 4 4 0 000 8zM2 21c0-4 3-6 6-6M15 13l2 2 5-5M14 20h6',
  storage: 'M4 6c0-4 16-4 16 0v12c0 4-16 4-16 0zM4 6c0 4 16 4 16 0M4 12c0 4 16 4 16 0',
  rollups: 'M4 20V11h4v9M10 20V4h4v16M16 20v-6h4v6M3 20h18',
  queries: 'M10.500 17a6.500 6.500 0 100-13 6.500 6.500 0 000 13zM15.500 15.500L21 21',
  audit: 'M6 3h12v18H6zM9 8h6M9 12h6M9 16h3',
  search: 'M10.500 17a6.500 6.500 0 100-13 6.500 6.500 0 000 13zM15.500 15.500L21 21',
  menu: 'M4 7h16M4 12h16M4 17h16',
  close: 'M6 6l12 12M18 6L6 18',
  add: 'M12 5v14M5 12h14',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  check: 'M5 12l5 5L20 7',
  run: 'M7 4v16l13-8z',
  stop: 'M6 6h12v12H6z',
  next: 'M9 5l7 7-7 7',
  help: 'M9 9a3 3 0 115 2.200c-1 .8-2 1.300-2 2.800M12 18v.5M12 22a10 10 0 100-20 10 10 0 000 20z',
  warning: 'M12 4l9 16H3zM12 10v4M12 17v.5',
  settings: 'M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4',
  leave: 'M14 4h5v16h-5M4 12h10M10 8l4 4-4 4',
  again: 'M4 12a8 8 0 1014-5.300L20 9M20 4v5h-5',
};

/** @typedef {keyof typeof paths} IconName */

/** @param {IconName} name */
export function icon(name) {
  return svg('svg', { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true', focusable: 'false' }, svg('path', { d: paths[name] }));
}
