// Bytes as the text that they are: by their mark, by what a declaration of XML says, else UTF-8.

/** Of a declaration so many bytes are looked at. */
const declarationLengthMax = 400;
const declaration = /^<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z][\w.-]*)["']/;
const usual = 'utf-8';

/**
 * @param {Uint8Array} bytes
 * @returns {string} as TextDecoder names it
 */
function encodingOf(bytes) {
  const [one, other, third, fourth] = bytes;
  if (one === 0xef && other === 0xbb && third === 0xbf) return usual;
  if (one === 0xfe && other === 0xff) return 'utf-16be';
  if (one === 0xff && other === 0xfe) return 'utf-16le';
  // `<?` without a mark.
  if (one === 0 && other === 0x3c && third === 0 && fourth === 0x3f) return 'utf-16be';
  if (one === 0x3c && other === 0 && third === 0x3f && fourth === 0) return 'utf-16le';
  const declared = declaration.exec(String.fromCharCode(...bytes.subarray(0, declarationLengthMax)))?.[1] ?? usual;
  // Whose declaration can be read byte by byte has no two bytes a character.
  return /^(utf-?16|ucs-?2|iso-10646)/i.test(declared) ? usual : declared;
}

/**
 * @param {Uint8Array} bytes
 * @returns {string | null} nothing where they are no text in the encoding that they say, or in none that a browser knows
 */
export function textOf(bytes) {
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/**
 * @param {Uint8Array} bytes
 * @returns {string} with marks in place of what is no text
 */
export const anyTextOf = (bytes) => textOf(bytes) ?? new TextDecoder().decode(bytes);

/**
 * A document of the API's, which is in base64 where it is no text in UTF-8.
 *
 * @param {{document?: any, document_base64?: string}} holder
 * @returns {any} null where it is no text at all
 */
export function documentOf({ document, document_base64: encoded }) {
  return typeof encoded === 'string' ? textOf(Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0))) : document;
}

/**
 * A document that was read from its bytes goes on as a text: of the encoding that they had it says nothing any more.
 *
 * @param {string} text
 */
export const withoutEncoding = (text) => text.replace(/^(\uFEFF?<\?xml\s[^>]*?)\s+encoding\s*=\s*(?:"[^"]*"|'[^']*')/, '$1');
