import { escapedForms, mayHoldId } from "../match-id.ts";

/** What lines are looked through for. */
export interface LineSearch {
  /** A line has to hold one of these. */
  readonly needles: readonly string[];
  /** Whether a place where one of them stands counts; all do when it is left out. */
  readonly counts?: (lines: Buffer, at: number) => boolean;
}

/** Members of OTLP/JSON that hold the value of an attribute which is no list. */
const VALUES: ReadonlySet<string> = new Set([
  "stringValue",
  "boolValue",
  "intValue",
  "doubleValue",
]);
/** Longer names are not read: attributes have shorter ones. */
const LONGEST_NAME = 256;

/**
 * What a line of OTLP/JSON has to hold to have an id as the value of an attribute that may hold ids.
 *
 * A word such as `completed` stands on every line, but in places that hold no ids. Such a place is told by what stands
 * before it, `{"key":"workflow.outcome","value":{"stringValue":`, so that its line need not be parsed. What is written in
 * any other way counts: another order, escapes, a list.
 */
export function searchForId(id: string): LineSearch {
  const forms = escapedForms(id);
  const isNumber = String(Number(id)) === id && Number.isFinite(Number(id));
  const isBare = isNumber || id === "true" || id === "false";
  if (!isBare) return { needles: forms.map((form) => `"${form}"`), counts: mayBeId };
  return {
    needles: forms,
    // A number or a boolean may stand in quotes, or behind a colon; elsewhere it is a part of something longer.
    counts(lines, at) {
      const isQuoted = lines[at - 1] === QUOTE;
      if (!isQuoted && lines[before(lines, at)] !== COLON) return false;
      return !goesOn(lines[at + id.length]) && mayBeId(lines, isQuoted ? at - 1 : at);
    },
  };
}

/** Whether the value that begins at a place may be that of an attribute which may hold ids. */
function mayBeId(lines: Buffer, at: number): boolean {
  const value = memberBefore(lines, at);
  if (value === undefined) return true;
  if (!VALUES.has(value.name)) return false;
  const brace = before(lines, value.start);
  const holder = lines[brace] === BRACE ? memberBefore(lines, brace) : undefined;
  if (holder === undefined) return true;
  if (holder.name !== "value") return false;
  const comma = before(lines, holder.start);
  const key = lines[comma] === COMMA ? textBefore(lines, comma) : undefined;
  const isKey = key !== undefined && memberBefore(lines, key.start)?.name === "key";
  return !isKey || mayHoldId(key.name);
}

/** A text in quotes, and where its first quote stands. */
interface Name {
  readonly name: string;
  readonly start: number;
}

/** The name of the member whose value begins at a place; undefined when no plain name and colon stand before it. */
function memberBefore(lines: Buffer, at: number): Name | undefined {
  const colon = before(lines, at);
  return lines[colon] === COLON ? textBefore(lines, colon) : undefined;
}

/** The text in quotes that ends before a place; undefined when there is none, or one with escapes. */
function textBefore(lines: Buffer, at: number): Name | undefined {
  const end = before(lines, at);
  if (lines[end] !== QUOTE) return undefined;
  for (let i = end - 1; i >= 0 && i > end - LONGEST_NAME; i -= 1) {
    if (lines[i] === BACKSLASH) return undefined;
    if (lines[i] !== QUOTE) continue;
    return lines[i - 1] === BACKSLASH
      ? undefined
      : { name: lines.toString("utf8", i + 1, end), start: i };
  }
  return undefined;
}

/** The place of the last byte before another that is no white space of a line; -1 when there is none. */
function before(lines: Buffer, at: number): number {
  let i = at - 1;
  while (lines[i] === SPACE || lines[i] === TAB) i -= 1;
  return i;
}

const TAB = 0x09;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const BRACE = 0x7b;

/** Whether a byte behind a number or a word makes it another one; `42.0` and `42e0` are 42. */
function goesOn(byte: number | undefined): boolean {
  return byte !== undefined && /[0-9A-DF-Za-df-z_]/.test(String.fromCharCode(byte));
}
