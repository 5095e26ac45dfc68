import { createHash } from "node:crypto";
import { property } from "../../host/property.ts";
import type { OtlpBatch } from "../otlp/otlp-batch.ts";

/** A batch as it lies on disk. */
export interface SpoolRecord {
  readonly batch: OtlpBatch;
  /** When it was stored, in milliseconds since the epoch. */
  readonly storedAt: number;
}

const MAGIC = "durascope-spool/1";
const LINE_BREAK = 10;
/** Longest first and second line, in bytes. */
const LONGEST_LINE = 1024;

/**
 * Writes a record as a file's content: a line with the format and the SHA-256 of all that follows, a line of JSON that
 * says what the body is, and the body as it is sent. Where to and with which headers is not in it: a key never lies in
 * the spool, and what is stored may go to a corrected address.
 */
export function encodeRecord({ batch, storedAt }: SpoolRecord): Buffer {
  const { body, ...about } = batch;
  const rest = Buffer.concat([Buffer.from(`${JSON.stringify({ ...about, storedAt })}\n`), body]);
  return Buffer.concat([Buffer.from(`${MAGIC} ${sha256(rest)}\n`), rest]);
}

/** Reads a record back; undefined when it is not whole, or not one of ours. */
export function decodeRecord(bytes: Buffer): SpoolRecord | undefined {
  const first = line(bytes, 0);
  if (first === undefined) return undefined;
  const rest = bytes.subarray(first.length + 1);
  if (first !== `${MAGIC} ${sha256(rest)}`) return undefined;
  const second = line(rest, 0);
  if (second === undefined) return undefined;
  const about = parse(second);
  const [contentType, isGzipped, spans, lastEnd, storedAt] = [
    "contentType",
    "isGzipped",
    "spans",
    "lastEnd",
    "storedAt",
  ].map((name) => property(about, name));
  if (
    typeof contentType !== "string" ||
    typeof isGzipped !== "boolean" ||
    typeof spans !== "number" ||
    typeof lastEnd !== "number" ||
    typeof storedAt !== "number"
  )
    return undefined;
  const body = rest.subarray(Buffer.byteLength(second) + 1);
  const ends = property(about, "endsByMinute");
  const endsByMinute = Array.isArray(ends) ? ends.map(Number) : undefined;
  return {
    batch: {
      body,
      contentType,
      isGzipped,
      spans,
      lastEnd,
      ...(endsByMinute !== undefined && { endsByMinute }),
    },
    storedAt,
  };
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function line(bytes: Buffer, from: number): string | undefined {
  const end = bytes.subarray(from, from + LONGEST_LINE).indexOf(LINE_BREAK);
  return end < 0 ? undefined : bytes.toString("utf8", from, from + end);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
