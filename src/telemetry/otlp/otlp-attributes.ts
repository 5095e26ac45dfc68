import type { AttributeValue } from "../../projection/span-record.ts";
import { escaped } from "./json-text.ts";
import type { OtlpAttributes, OtlpValue } from "./otlp-model.ts";

/** Attributes as the inside of a list of OTLP/JSON: `{"key":"a","value":{"stringValue":"b"}},…`; those that are undefined are left out. */
export function encodeAttributes(attributes: OtlpAttributes): string {
  let list = "";
  for (const key in attributes) {
    const value = attributes[key];
    if (value !== undefined) list += encodeAttribute(key, value);
  }
  return list.slice(1);
}

/** What the attributes of the span before began with, and its text. */
interface SharedHead {
  readonly keys: readonly string[];
  readonly values: readonly AttributeValue[];
  readonly text: string;
}

/** The spans of one run begin with the same dozen of attributes: to compare those is much faster than to encode them. */
let head: SharedHead = { keys: [], values: [], text: "" };

/** As {@link encodeAttributes}, faster for spans that follow one another and are of one run. */
export function encodeSpanAttributes(attributes: OtlpAttributes): string {
  const keys = Object.keys(attributes);
  const alike = countAlike(attributes, keys);
  if (alike === 0 || alike < head.keys.length) {
    // Another run's spans have little in common with those before; one of the same run has less than they, but much.
    head = headOf(attributes, keys, alike * 2 > head.keys.length ? alike : keys.length);
  }
  let list = head.text;
  for (let i = head.keys.length; i < keys.length; i += 1) {
    const key = keys[i] ?? "";
    const value = attributes[key];
    if (value !== undefined) list += encodeAttribute(key, value);
  }
  return head.text === "" ? list.slice(1) : list;
}

/** How many of the attributes at the beginning are those of the head. */
function countAlike(attributes: OtlpAttributes, keys: readonly string[]): number {
  let alike = 0;
  while (
    alike < head.keys.length &&
    keys[alike] === head.keys[alike] &&
    attributes[keys[alike] ?? ""] === head.values[alike]
  )
    alike += 1;
  return alike;
}

const LONGEST_IN_HEAD = 256;

function headOf(attributes: OtlpAttributes, keys: readonly string[], most: number): SharedHead {
  const values: AttributeValue[] = [];
  const texts: string[] = [];
  for (const key of keys.slice(0, most)) {
    const value = attributes[key];
    // A list may be changed by its owner, and what is long should not be held on to.
    if (value === undefined || typeof value === "object" || isLong(value)) break;
    values.push(value);
    texts.push(encodeAttribute(key, value));
  }
  return { keys: keys.slice(0, values.length), values, text: texts.join("").slice(1) };
}

function isLong(value: AttributeValue): boolean {
  return typeof value === "string" && value.length > LONGEST_IN_HEAD;
}

const MOST_BEGINNINGS = 1000;

/** What attributes begin with, by their keys, which are few. */
const beginnings = new Map<string, string>();

/** One attribute, with a comma before it. */
function encodeAttribute(key: string, value: OtlpValue): string {
  let beginning = beginnings.get(key);
  if (beginning === undefined) {
    beginning = `,{"key":"${escaped(key)}","value":{`;
    if (beginnings.size < MOST_BEGINNINGS) beginnings.set(key, beginning);
  }
  // Most are texts: they are put together of as few pieces as can be.
  if (typeof value === "string") return `${beginning}"stringValue":"${escaped(value)}"}}`;
  if (typeof value !== "object") return `${beginning}${encodeScalar(value)}}}`;
  const values = value.map((it) => `{${encodeScalar(it)}}`);
  return `${beginning}"arrayValue":{"values":[${values.join(",")}]}}}`;
}

function encodeScalar(value: AttributeValue): string {
  if (typeof value === "string") return `"stringValue":"${escaped(value)}"`;
  if (typeof value === "boolean") return `"boolValue":${value}`;
  if (Number.isSafeInteger(value)) return `"intValue":"${value}"`;
  // Protobuf's JSON mapping has words for what JSON has no number for.
  return Number.isFinite(value) ? `"doubleValue":${value}` : `"doubleValue":"${value}"`;
}
