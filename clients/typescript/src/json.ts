/** JSON in which no whole number is rounded: one past a double's 53 bits is a bigint. */
export function parseJSON(text: string): unknown {
  // Without a run of 16 digits nothing can be lost, and the engine's own parser is many times faster.
  return /\d{16}/.test(text) ? new Parser(text).whole() : JSON.parse(text);
}

/** Numbers of a document as they are: a bigint goes out as its digits. */
export function writeJSON(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return "[" + value.map((member) => (member === undefined ? "null" : writeJSON(member))).join(",") + "]";
  if (typeof value === "object" && value !== null && !(value instanceof Date)) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return "{" + members.map(([name, member]) => JSON.stringify(name) + ":" + writeJSON(member)).join(",") + "}";
  }
  const text = JSON.stringify(value);
  if (text === undefined || (typeof value === "number" && !Number.isFinite(value))) throw new TypeError(`JSON has no form for ${String(value)}`);
  return text;
}

const DEPTH_MAX = 1000;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\.)*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const SPACE = /[ \t\r\n]*/y;

class Parser {
  private at = 0;
  constructor(private readonly text: string) {}

  whole(): unknown {
    const value = this.value(0);
    this.skip();
    if (this.at !== this.text.length) this.fail();
    return value;
  }

  private value(depth: number): unknown {
    if (depth > DEPTH_MAX) throw new SyntaxError(`JSON is nested more than ${DEPTH_MAX} deep`);
    this.skip();
    switch (this.text[this.at]) {
      case "{": return this.object(depth);
      case "[": return this.array(depth);
      case '"': return this.string();
      case "t": return this.word("true", true);
      case "f": return this.word("false", false);
      case "n": return this.word("null", null);
      default: return this.number();
    }
  }

  private object(depth: number): unknown {
    const made: Record<string, unknown> = {};
    this.at += 1;
    if (this.take("}")) return made;
    for (;;) {
      this.skip();
      const name = this.string();
      if (!this.take(":")) this.fail();
      // A member called __proto__ is a member, and no prototype.
      Object.defineProperty(made, name, { value: this.value(depth + 1), enumerable: true, writable: true, configurable: true });
      if (this.take("}")) return made;
      if (!this.take(",")) this.fail();
    }
  }

  private array(depth: number): unknown {
    const made: unknown[] = [];
    this.at += 1;
    if (this.take("]")) return made;
    for (;;) {
      made.push(this.value(depth + 1));
      if (this.take("]")) return made;
      if (!this.take(",")) this.fail();
    }
  }

  private string(): string {
    return JSON.parse(this.match(STRING)[0] ?? "") as string;
  }

  private number(): number | bigint {
    const found = this.match(NUMBER);
    const [digits = "", fraction, exponent] = found;
    const value = Number(digits);
    return fraction !== undefined || exponent !== undefined || Number.isSafeInteger(value) ? value : BigInt(digits);
  }

  private word<Value>(word: string, value: Value): Value {
    if (!this.text.startsWith(word, this.at)) this.fail();
    this.at += word.length;
    return value;
  }

  private match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (!found) return this.fail();
    this.at = pattern.lastIndex;
    return found;
  }

  private take(mark: string): boolean {
    this.skip();
    if (this.text[this.at] !== mark) return false;
    this.at += 1;
    return true;
  }

  private skip(): void {
    SPACE.lastIndex = this.at;
    SPACE.exec(this.text);
    this.at = SPACE.lastIndex;
  }

  private fail(): never {
    throw new SyntaxError(`the JSON has an unexpected ${this.text.slice(this.at, this.at + 10) || "end"} at ${this.at}`);
  }
}
