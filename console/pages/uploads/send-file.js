// A file on its way to the server: announced, sent, and watched while it goes.

import { get, post, send } from '../../core/api.js';
import { fill, h } from '../../core/dom.js';
import { bytes, t } from '../../core/language.js';

/**
 * Files of this page that were sent, by upload: so that faulty records can be taken out of them again.
 *
 * @type {Map<string, Blob>}
 */
const sent = new Map();
/** A larger file is not kept in mind. */
const keptByteCountMax = 64 << 20;
/** Between looks at how much is there, in milliseconds. */
const interval = 500;

/** @param {string} uploadID */
export const sentFile = (uploadID) => sent.get(uploadID) ?? null;

/**
 * @param {{name: string, file: Blob, type: string | null, client: string | null}} what
 * @param {HTMLElement} place where its progress is shown
 * @returns {Promise<string>} the upload's id
 */
export async function sendFile({ name, file, type, client }, place) {
  const bar = h('progress', { max: Math.max(1, file.size), 'aria-label': t('storage.progress') });
  const text = h('span', { class: 'quiet' });
  fill(place, h('p', { class: 'row', role: 'status' }, t('uploads.sending', { name }), bar, text));
  const made = await post('/v1/uploads', { query: { client }, body: { name, type, content_type: file.type || null, bytes: file.size } });
  if (file.size <= keptByteCountMax) sent.set(made.upload_id, file);
  let isLooking = false;
  const look = setInterval(async () => {
    if (isLooking) return;
    isLooking = true;
    const upload = await get('/v1/uploads/{id}', { path: { id: made.upload_id } }).catch(() => null);
    isLooking = false;
    if (!upload) return;
    bar.value = upload.received_bytes;
    fill(text, t('uploads.sent', { sent: bytes(upload.received_bytes), all: bytes(file.size) }));
  }, interval);
  try {
    // The address may name the server as others see it: here it is this one.
    const { pathname, search } = new URL(made.url, location.origin);
    await send('put', pathname + search, { body: file });
  } finally {
    clearInterval(look);
  }
  return made.upload_id;
}
