import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { ReadableSpan } from "../../host/readable-span.ts";
import { DEFAULT_LATE_AFTER_MS } from "../late-spans.ts";
import type { OtlpEncoding } from "./otlp-encoding.ts";

/** One request's worth of spans, ready to be sent now or later. */
export interface OtlpBatch {
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly isGzipped: boolean;
  /** How many spans it holds. */
  readonly spans: number;
  /** When the last of them ended, in milliseconds since the epoch. */
  readonly lastEnd: number;
  /**
   * How many of them ended in the minute up to that, in the minute before it, and so on, for {@link MINUTES_OF_ENDS} minutes;
   * others ended earlier. Left out where all ended at about the same time.
   */
  readonly endsByMinute?: readonly number[];
}

const MINUTE_MS = 60_000;
/** What ended longer before the last span of its batch is late already when it is stored. */
const MINUTES_OF_ENDS = DEFAULT_LATE_AFTER_MS / MINUTE_MS;

const gzipped = promisify(gzip);

/**
 * Encodes spans into batches whose bodies, before compression, are at most `maxBytes` long; a single span that is longer
 * goes alone. What cannot be encoded is left out and given to `lose`, span by span.
 */
export async function otlpBatches(
  spans: readonly ReadableSpan[],
  encoding: OtlpEncoding,
  options: {
    readonly maxBytes: number;
    readonly compression: "gzip" | "none";
    readonly lose: (error: unknown) => void;
  },
): Promise<OtlpBatch[]> {
  const parts = encodedParts(spans, encoding, options.maxBytes, options.lose);
  const isGzipped = options.compression === "gzip";
  return Promise.all(parts.map((part) => batchOf(part, encoding.contentType, isGzipped)));
}

async function batchOf(
  { part, body }: EncodedPart,
  contentType: string,
  isGzipped: boolean,
): Promise<OtlpBatch> {
  return {
    body: isGzipped ? await gzipped(body) : body,
    contentType,
    isGzipped,
    spans: part.length,
    ...endsOf(part),
  };
}

function endsOf(part: readonly ReadableSpan[]): Pick<OtlpBatch, "lastEnd" | "endsByMinute"> {
  const ends = part.map(({ endTime: [seconds, nanos] }) => seconds * 1000 + nanos / 1e6);
  const lastEnd = Math.max(...ends);
  const endsByMinute: number[] = [];
  for (const end of ends) {
    const minute = Math.floor((lastEnd - end) / MINUTE_MS);
    if (minute >= MINUTES_OF_ENDS) continue;
    while (endsByMinute.length <= minute) endsByMinute.push(0);
    endsByMinute[minute] = (endsByMinute[minute] ?? 0) + 1;
  }
  return endsByMinute[0] === part.length ? { lastEnd } : { lastEnd, endsByMinute };
}

/** How many of a batch's spans had not ended more than `after` milliseconds before one time, and had before another, later one. */
export function agedSpans(
  { spans, lastEnd, endsByMinute = [spans] }: OtlpBatch,
  after: number,
  from: number,
  to: number,
): number {
  let aged = 0;
  for (const [minute, count] of endsByMinute.entries()) {
    const end = lastEnd - minute * MINUTE_MS;
    if (from - end <= after && to - end > after) aged += count;
  }
  return aged;
}

interface EncodedPart {
  readonly part: readonly ReadableSpan[];
  readonly body: Uint8Array;
}

function encodedParts(
  spans: readonly ReadableSpan[],
  encoding: OtlpEncoding,
  maxBytes: number,
  lose: (error: unknown) => void,
): EncodedPart[] {
  if (spans.length === 0) return [];
  const halves = (): EncodedPart[] => {
    const middle = Math.ceil(spans.length / 2);
    return [spans.slice(0, middle), spans.slice(middle)].flatMap((half) =>
      encodedParts(half, encoding, maxBytes, lose),
    );
  };
  let body: Uint8Array;
  try {
    body = encoding.encode(spans);
  } catch (error) {
    // One span of the application's own may be broken: the others need not go with it.
    if (spans.length > 1) return halves();
    lose(error);
    return [];
  }
  return body.byteLength > maxBytes && spans.length > 1 ? halves() : [{ part: spans, body }];
}
