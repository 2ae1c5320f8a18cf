// XML as it is looked at: names, attributes and texts, and nothing that a browser could take for elements of its own. What is no well-formed XML, has
// entities of its own, or is too much to be looked at is none.

/**
 * @typedef {object} XMLElement
 * @property {string} name with its prefix
 * @property {string} localName
 * @property {string} step its name, with its place among those of that name from the second on
 * @property {{name: string, localName: string, value: string}[]} attributes
 * @property {(XMLElement | string)[]} content a text that comments and CDATA part is one
 */

/** As deep as the server reads. */
const depthMax = 128;
/** In UTF-16 units. */
const lengthMax = 16 << 20;

const startTag = /<([^\s/>=<"'&!?]+)((?:\s+[^\s/>=<"'&]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;
const endTag = /<\/([^\s/>=<"'&]+)\s*>/y;
const attribute = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const known = new Map([['lt', '<'], ['gt', '>'], ['amp', '&'], ['quot', '"'], ['apos', "'"]]);

/** What is no XML that is read here. */
class Unread extends Error {}

/**
 * @param {string} text
 * @returns {XMLElement | null} the root
 */
export function readXML(text) {
  if (text.length > lengthMax) return null;
  try {
    return new Reader(text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')).root();
  } catch (error) {
    if (error instanceof Unread) return null;
    throw error;
  }
}

class Reader {
  #at = 0;
  /**
   * Those that are open.
   *
   * @type {{element: XMLElement, counts: Map<string, number>}[]}
   */
  #open = [];
  /** @type {XMLElement | null} */
  #root = null;

  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }

  root() {
    const { text } = this;
    while (this.#at < text.length) {
      if (text[this.#at] !== '<') this.#addText(plain(text.slice(this.#at, this.#at = this.#next('<'))));
      else if (text.startsWith('<!--', this.#at)) this.#past('-->', 4);
      else if (text.startsWith('<![CDATA[', this.#at)) this.#addText(this.#past(']]>', 9));
      else if (text.startsWith('<?', this.#at)) this.#past('?>', 2);
      else if (text.startsWith('</', this.#at)) this.#end();
      else this.#start();
    }
    if (this.#open.length || !this.#root) throw new Unread();
    return this.#root;
  }

  /** @param {string} mark */
  #next(mark) {
    const found = this.text.indexOf(mark, this.#at);
    return found < 0 ? this.text.length : found;
  }

  /**
   * Goes behind what ends with `mark`.
   *
   * @param {string} mark
   * @param {number} headLength
   * @returns {string} what stands within
   */
  #past(mark, headLength) {
    const from = this.#at + headLength;
    const end = this.text.indexOf(mark, from);
    if (end < 0) throw new Unread();
    this.#at = end + mark.length;
    return this.text.slice(from, end);
  }

  /**
   * @param {RegExp} form
   * @returns {RegExpExecArray}
   */
  #take(form) {
    form.lastIndex = this.#at;
    const match = form.exec(this.text);
    if (!match) throw new Unread();
    this.#at = form.lastIndex;
    return match;
  }

  /** @param {string} text */
  #addText(text) {
    const content = this.#open.at(-1)?.element.content;
    if (!content) {
      if (text.trim()) throw new Unread();
    } else if (typeof content.at(-1) === 'string') content[content.length - 1] += text;
    else content.push(text);
  }

  #start() {
    const [, name, attributes, isEmpty] = this.#take(startTag);
    const around = this.#open.at(-1);
    if (this.#open.length >= depthMax || (!around && this.#root)) throw new Unread();
    const place = (around?.counts.get(localName(name)) ?? 0) + 1;
    around?.counts.set(localName(name), place);
    /** @type {XMLElement} */
    const element = { name, localName: localName(name), step: place === 1 ? localName(name) : `${localName(name)}[${place}]`, attributes: attributesOf(attributes), content: [] };
    if (around) around.element.content.push(element);
    else this.#root = element;
    if (!isEmpty) this.#open.push({ element, counts: new Map() });
  }

  #end() {
    const [, name] = this.#take(endTag);
    if (this.#open.pop()?.element.name !== name) throw new Unread();
  }
}

/** @param {string} name */
const localName = (name) => name.slice(name.indexOf(':') + 1);

/** @param {string} text of a tag */
function attributesOf(text) {
  return [...text.matchAll(attribute)].map(([, name, one, other]) => ({ name, localName: localName(name), value: plain((one ?? other).replace(/[\t\n]/g, ' ')) }));
}

/**
 * The five entities that XML has, and characters by their numbers.
 *
 * @param {string} text
 */
function plain(text) {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([\da-fA-F]{1,6})|#(\d{1,7})|(\w+));|&/g, (_, hexadecimal, decimal, name) => {
    const code = hexadecimal ? parseInt(hexadecimal, 16) : decimal ? Number(decimal) : NaN;
    const character = name ? known.get(name) : code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
    if (character === undefined) throw new Unread();
    return character;
  });
}
