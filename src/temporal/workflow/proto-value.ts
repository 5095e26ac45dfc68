import { parseTime } from "../../core/time.ts";

/** A protobuf message in whichever form it comes: JSON (names and texts), or the SDK's objects (numbers, Longs, bytes). */
export type Message = Readonly<Record<string, unknown>>;

const EMPTY: Message = Object.freeze({});

/** The value as a message; an empty one when it is none, so that what is missing reads as undefined. */
export function message(value: unknown): Message {
  return typeof value === "object" && value !== null ? (value as Message) : EMPTY;
}

/** A text field; undefined when it is empty, since protobuf has no absent texts. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** An integer field: a number, a decimal text, or a Long; undefined when it is none or not safe to hold. */
export function integer(value: unknown): number | undefined {
  let number: number;
  if (typeof value === "number" || typeof value === "bigint") number = Number(value);
  else if (typeof value === "string" && value !== "") number = Number(value);
  else number = fromLong(message(value));
  return Number.isSafeInteger(number) ? number : undefined;
}

/** A `Long` (https://github.com/dcodeIO/long.js) by its two halves, since its methods may be missing in a copy. */
function fromLong({ low, high, unsigned }: Message): number {
  if (typeof low !== "number" || typeof high !== "number") return Number.NaN;
  return (unsigned === true ? high >>> 0 : high) * 2 ** 32 + (low >>> 0);
}

/** A Timestamp as milliseconds since the epoch (RFC 3339, `{ seconds, nanos }` or a Date); NaN when it is none. */
export function timestamp(value: unknown): number {
  if (typeof value === "string") return parseTime(value);
  if (value instanceof Date) return value.getTime();
  const { seconds, nanos } = message(value);
  const whole = integer(seconds) ?? Number.NaN;
  return whole * 1000 + Math.round((integer(nanos) ?? 0) / 1000) / 1000;
}

/** A Duration in milliseconds (`"1.5s"` or `{ seconds, nanos }`); undefined when it is none or 0, which means no limit. */
export function duration(value: unknown): number | undefined {
  let ms: number;
  if (typeof value === "string") ms = Number(/^(\d+(?:\.\d+)?)s$/.exec(value)?.[1]) * 1000;
  else {
    const { seconds, nanos } = message(value);
    ms = (integer(seconds) ?? Number.NaN) * 1000 + (integer(nanos) ?? 0) / 1e6;
  }
  return ms > 0 && Number.isFinite(ms) ? ms : undefined;
}

/** The bytes of a field as UTF-8 text: base64 in JSON, bytes in the SDK's objects. */
function bytes(value: unknown): string | undefined {
  // Not `instanceof`: inside the isolate, what the worker made is of another realm.
  if (ArrayBuffer.isView(value))
    return decodeUtf8(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  if (typeof value !== "string" || value.length > LONGEST_PAYLOAD) return undefined;
  try {
    const binary = atob(value);
    // Most payloads are plain ASCII, and then a character a byte is what they say.
    if (!BEYOND_ASCII.test(binary)) return binary;
    return decodeUtf8(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

const BEYOND_ASCII = /[\x80-\xff]/;

const LONGEST_PAYLOAD = 4 * 1024 * 1024;

/** The isolate has a TextDecoder of its own, so this works on both sides. */
function decodeUtf8({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return new TextDecoder().decode(Uint8Array.from(new Uint8Array(buffer, byteOffset, byteLength)));
}

const PLAIN_JSON = "json/plain";
const PLAIN_JSON_BASE64 = "anNvbi9wbGFpbg==";

/** A payload's value when it is plain JSON; undefined for every other encoding (encrypted ones among them). */
export function payloadValue(payload: unknown): unknown {
  const { metadata, data } = message(payload);
  const { encoding } = message(metadata);
  if (encoding !== PLAIN_JSON_BASE64 && bytes(encoding) !== PLAIN_JSON) return undefined;
  const json = bytes(data);
  try {
    return json === undefined ? undefined : (JSON.parse(json) as unknown);
  } catch {
    return undefined;
  }
}

/** A field of payloads by name (memo, search attributes, headers), decoded where they are plain JSON. */
export function payloadValues(fields: unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(message(fields)).map(([name, payload]) => [name, payloadValue(payload)]),
  );
}

/** A payload as the SDK's headers hold it. */
export interface Payload {
  readonly metadata: Readonly<Record<string, Uint8Array>>;
  readonly data: Uint8Array;
}

/** A value as a payload of plain JSON, as the SDK's default converter makes it. */
export function jsonPayload(value: unknown): Payload {
  return {
    metadata: { encoding: encodeUtf8(PLAIN_JSON) },
    data: encodeUtf8(JSON.stringify(value)),
  };
}

function encodeUtf8(characters: string): Uint8Array {
  return new TextEncoder().encode(characters);
}
