// The table of pages: where each is, what it is called, the key after g, and which calls of the server it needs.

import { offers } from '../core/features.js';
import { isAdmin, isAuditor, isWatcher } from '../core/session.js';

/** @typedef {{signal: AbortSignal}} Visit */
/** @typedef {{render: (place: import('../core/location.js').Place, visit: Visit) => Promise<Node> | Node}} PageModule */
/**
 * @typedef {object} Page
 * @property {string} name in the URL
 * @property {string} title a key of the language
 * @property {import('../components/icon.js').IconName} icon
 * @property {string} [key]
 * @property {() => boolean} isOffered by this server, to this credential
 * @property {() => Promise<PageModule>} load
 * @property {boolean} [isHidden] not in the list of pages
 */

const always = () => true;
const reviews = () => !isWatcher();
const readsRows = () => reviews() && !isAuditor();

/** @type {Page[]} */
export const pages = [
  { name: 'overview', title: 'overview.title', icon: 'overview', key: 'o', isOffered: always, load: () => import('./overview.js') },
  { name: 'sql', title: 'sql.title', icon: 'sql', key: 's', isOffered: readsRows, load: () => import('./sql.js') },
  { name: 'receipts', title: 'receipts.title', icon: 'receipts', key: 'r', isOffered: readsRows, load: () => import('./receipts.js') },
  { name: 'tickets', title: 'tickets.title', icon: 'tickets', key: 't', isOffered: readsRows, load: () => import('./tickets.js') },
  { name: 'dead-letters', title: 'dead-letters.title', icon: 'dead-letters', key: 'd', isOffered: readsRows, load: () => import('./dead-letters.js') },
  { name: 'quarantine', title: 'quarantine.title', icon: 'quarantine', isOffered: reviews, load: () => import('./quarantine.js') },
  { name: 'uploads', title: 'uploads.title', icon: 'uploads', key: 'u', isOffered: () => readsRows() && offers('/v1/uploads'), load: () => import('./uploads.js') },
  { name: 'exports', title: 'exports.title', icon: 'exports', isOffered: () => readsRows() && offers('/v1/exports'), load: () => import('./exports.js') },
  { name: 'types', title: 'types.title', icon: 'types', key: 'y', isOffered: reviews, load: () => import('./types.js') },
  { name: 'processes', title: 'processes.title', icon: 'processes', key: 'p', isOffered: () => reviews() && offers('/v1/processes'), load: () => import('./processes.js') },
  { name: 'contracts', title: 'contracts.title', icon: 'contracts', key: 'c', isOffered: reviews, load: () => import('./contracts.js') },
  { name: 'storage', title: 'storage.title', icon: 'storage', key: 'm', isOffered: () => isAdmin(), load: () => import('./storage.js') },
  { name: 'rollups', title: 'rollups.title', icon: 'rollups', isOffered: () => reviews() && offers('/v1/rollups'), load: () => import('./rollups.js') },
  { name: 'queries', title: 'queries.title', icon: 'queries', isOffered: () => readsRows() && offers('/v1/queries'), load: () => import('./queries.js') },
  { name: 'audit', title: 'audit.title', icon: 'audit', isOffered: () => isAdmin() || isAuditor(), load: () => import('./audit.js') },
  { name: 'components', title: 'components.title', icon: 'settings', isOffered: always, load: () => import('./components.js'), isHidden: true },
];

const lost = { name: '', title: 'lost.title', icon: /** @type {const} */ ('help'), isOffered: always, load: () => import('./lost.js') };

/**
 * @param {{page: string}} place
 * @returns {Page}
 */
export function findPage({ page }) {
  return pages.find(({ name }) => name === page) ?? lost;
}

export const shownPages = () => pages.filter((page) => !page.isHidden && page.isOffered());
