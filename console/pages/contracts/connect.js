// How to connect, ready to copy.

import { codeBlock } from '../../components/empty-state.js';
import { tabList } from '../../components/tab-list.js';
import { h } from '../../core/dom.js';
import { t } from '../../core/language.js';

/** @param {string} clientID */
export function connectPanel(clientID) {
  const { origin, hostname } = location;
  const ways = [
    { name: 'curl', title: 'curl', code: `export KEY=…\ncurl ${origin}/v1/receipts -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' --data-binary @receipt.json\ncurl ${origin}/v1/sql -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '{"query": "SELECT count(*) FROM receipts"}'` },
    { name: 'till', title: 'till', code: `export TILL_KEY=…\ntill sql --url ${origin} "SELECT count(*) FROM receipts"` },
    { name: 'psql', title: 'psql', code: `psql "host=${hostname} port=5432 dbname=till user=${clientID} sslmode=require"` },
    { name: 'jdbc', title: 'JDBC', code: `jdbc:postgresql://${hostname}:5432/till?user=${encodeURIComponent(clientID)}&sslmode=require` },
    { name: 'python', title: 'Python', code: `import json, os, urllib.request\n\nrequest = urllib.request.Request(\n    "${origin}/v1/sql",\n    data=json.dumps({"query": "SELECT count(*) FROM receipts"}).encode(),\n    headers={"Authorization": f"Bearer {os.environ['TILL_KEY']}", "Content-Type": "application/json"},\n)\nprint(json.load(urllib.request.urlopen(request))["rows"])` },
  ];
  return h('section', { class: 'card' }, h('h2', {}, t('connect.title')), tabList(t('connect.title'), ways.map(({ name, title, code }) => ({ name, title, show: () => codeBlock(code) }))));
}
