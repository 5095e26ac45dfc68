import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { ReadableSpan } from "../../correlation/readable-span.ts";
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
}

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
  return Promise.all(
    parts.map(async ({ part, body }) => ({
      body: isGzipped ? await gzipped(body) : body,
      contentType: encoding.contentType,
      isGzipped,
      spans: part.length,
      lastEnd: Math.max(
        ...part.map(({ endTime: [seconds, nanos] }) => seconds * 1000 + nanos / 1e6),
      ),
    })),
  );
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
