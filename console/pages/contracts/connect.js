// How to connect, ready to copy: what this server has, by the names that it goes by.

import { whoami } from '../../core/session.js';
import { codeBlock } from '../../components/empty-state.js';
import { tabList } from '../../components/tab-list.js';
import { h } from '../../core/dom.js';
import { t } from '../../core/language.js';

/** @param {string} clientID */
export function connectPanel(clientID) {
  const { origin, hostname } = location;
  const query = 'SELECT count(*) FROM receipts';
  const { postgres } = whoami();
  const [port, mode] = [postgres?.port ?? 5432, postgres && !postgres.tls ? 'disable' : 'require'];
  const off = postgres === null ? t('connect.no-postgres') : null;
  const ways = [
    { name: 'curl', title: 'curl', code: `export KEY=…\ncurl ${origin}/v1/receipts -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' --data-binary @receipt.json\ncurl ${origin}/v1/sql -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '{"query": "${query}"}'` },
    { name: 'till', title: 'till', code: `export TILL_KEY=…\ntill sql --url ${origin} "${query}"` },
    { name: 'psql', title: 'psql', note: off, code: `export PGPASSWORD=…   # the key\npsql "host=${hostname} port=${port} dbname=till user=${quoted(clientID)} sslmode=${mode}"` },
    { name: 'jdbc', title: 'JDBC', note: off, code: `jdbc:postgresql://${hostname}:${port}/till?user=${encodeURIComponent(clientID)}&sslmode=${mode}` },
    { name: 'python', title: 'Python', code: `# pip install till-client\nimport os\nfrom till import Till\n\nwith Till("${origin}", os.environ["TILL_KEY"]) as till:\n    for row in till.sql("${query}").rows():\n        print(row)` },
  ];
  return h('section', { class: 'card' }, h('h2', {}, t('connect.title')),
    tabList(t('connect.title'), ways.map(({ name, title, code, note }) => ({ name, title, show: () => [note && h('p', { class: 'quiet' }, note), codeBlock(code)] }))));
}

/**
 * A value of a connection's text, as libpq reads it.
 *
 * @param {string} value
 */
const quoted = (value) => (/^[\w.-]+$/.test(value) ? value : `'${value.replace(/[\\']/g, '\\$&')}'`);
