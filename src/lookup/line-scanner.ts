import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";

/** What a scan met beside the lines that it gave. */
export interface ScanCounts {
  /** Bytes after decompression. */
  bytes: number;
  /** Lines over the greatest length, which were passed over. */
  tooLong: number;
  /** Why the file could not be read to its end: a compressed file that breaks off. */
  brokenOff?: string;
}

/** Longest line that is looked at, in bytes. */
export const LONGEST_LINE: number = 16 * 2 ** 20;

const CHUNK = 2 ** 20;
const LINE_FEED = 10;

/**
 * The lines of a file, plain or gzip'd, that hold at least one of some byte sequences, in order.
 *
 * Only such lines are ever cut out of what was read, so a file may be much larger than memory. Rejects when the file
 * cannot be opened; a compressed file that breaks off gives what can be read of it.
 */
export async function* matchingLines(
  path: string,
  needles: readonly string[],
  counts: ScanCounts,
): AsyncGenerator<string> {
  const stream = await openStream(path);
  const sought = needles.map((needle) => Buffer.from(needle));
  const line = partialLine();
  try {
    for await (const chunk of chunksOf(stream, counts)) {
      counts.bytes += chunk.length;
      const first = chunk.indexOf(LINE_FEED);
      if (first < 0) {
        line.append(chunk);
        continue;
      }
      line.append(chunk.subarray(0, first));
      const last = chunk.lastIndexOf(LINE_FEED);
      const head = line.take(counts);
      if (head !== undefined && sought.some((needle) => head.includes(needle)))
        yield head.toString();
      yield* matchesIn(chunk.subarray(first + 1, last + 1), sought);
      line.append(chunk.subarray(last + 1));
    }
    const rest = line.take(counts);
    if (rest !== undefined && sought.some((needle) => rest.includes(needle))) yield rest.toString();
  } finally {
    stream.destroy();
  }
}

async function* chunksOf(stream: Readable, counts: ScanCounts): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && String(error.code).startsWith("Z_")))
      throw error;
    counts.brokenOff = error.message;
  }
}

/** Whole lines of a region that hold one of the sequences. */
function* matchesIn(region: Buffer, sought: readonly Buffer[]): Generator<string> {
  const next = sought.map((needle) => region.indexOf(needle));
  for (let from = 0; from < region.length; ) {
    let hit = -1;
    for (let i = 0; i < sought.length; i += 1) {
      const needle = sought[i];
      let at = next[i] ?? -1;
      if (needle !== undefined && at >= 0 && at < from) at = next[i] = region.indexOf(needle, from);
      if (at >= 0 && (hit < 0 || at < hit)) hit = at;
    }
    if (hit < 0) return;
    const start = hit === 0 ? 0 : region.lastIndexOf(LINE_FEED, hit - 1) + 1;
    const end = region.indexOf(LINE_FEED, hit);
    from = (end < 0 ? region.length : end) + 1;
    yield region.toString("utf8", start, from - 1);
  }
}

interface PartialLine {
  append(part: Buffer): void;
  /** The line, which is then forgotten; undefined when it was too long, which is counted. */
  take(counts: ScanCounts): Buffer | undefined;
}

/** The line that the end of a chunk cut in two, kept until its other part is read. */
function partialLine(): PartialLine {
  let parts: Buffer[] = [];
  let length = 0;
  return {
    append(part) {
      length += part.length;
      if (length > LONGEST_LINE) parts = [];
      else if (part.length > 0) parts.push(part);
    },
    take(counts) {
      const tooLong = length > LONGEST_LINE;
      if (tooLong) counts.tooLong += 1;
      const line = tooLong ? undefined : Buffer.concat(parts);
      parts = [];
      length = 0;
      return line;
    },
  };
}

async function openStream(path: string): Promise<Readable> {
  const gzipped = await isGzip(path);
  const file = createReadStream(path, { highWaterMark: CHUNK });
  // The pipeline's own error reaches whoever reads the stream.
  return gzipped ? pipeline(file, createGunzip({ chunkSize: CHUNK }), () => undefined) : file;
}

/** By its first bytes, whatever the file is called (https://www.rfc-editor.org/rfc/rfc1952#page-6). */
async function isGzip(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}
