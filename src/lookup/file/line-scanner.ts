import { type FileHandle, open } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { type NeedleFinder, needleFinder } from "./needle-finder.ts";

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
 * cannot be opened, and when the signal is aborted; a compressed file that breaks off gives what can be read of it.
 */
export async function* matchingLines(
  path: string,
  needles: readonly string[],
  counts: ScanCounts,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  const file = await open(path, "r");
  try {
    const chunks = (await isGzip(file)) ? unzipped(file, counts) : plain(file);
    for await (const lines of matchesOf(chunks, needles, counts)) {
      signal?.throwIfAborted();
      yield* lines;
    }
  } finally {
    await file.close();
  }
}

/**
 * The lines of what comes in chunks that hold at least one of some byte sequences, in order: a list a chunk.
 *
 * A chunk is looked at until the next one is asked for, and may be overwritten then.
 */
export async function* matchesOf(
  chunks: AsyncIterable<Buffer>,
  needles: readonly string[],
  counts: ScanCounts,
): AsyncGenerator<string[]> {
  const find = needleFinder(needles.map((needle) => Buffer.from(needle)));
  const line = partialLine();
  for await (const chunk of chunks) {
    counts.bytes += chunk.length;
    const first = chunk.indexOf(LINE_FEED);
    if (first < 0) {
      line.append(chunk);
      yield [];
      continue;
    }
    line.append(chunk.subarray(0, first));
    const last = chunk.lastIndexOf(LINE_FEED);
    const head = matchesIn(line.take(counts), find);
    yield [...head, ...matchesIn(chunk.subarray(first + 1, last + 1), find)];
    line.append(chunk.subarray(last + 1));
  }
  yield matchesIn(line.take(counts), find);
}

/** Whole lines of a region that hold one of the sequences. */
function matchesIn(region: Buffer, find: NeedleFinder): string[] {
  const lines: string[] = [];
  const next = find(region);
  for (let from = 0; from < region.length; ) {
    const hit = next(from);
    if (hit < 0) break;
    const start = hit === 0 ? 0 : region.lastIndexOf(LINE_FEED, hit - 1) + 1;
    const end = region.indexOf(LINE_FEED, hit);
    from = (end < 0 ? region.length : end) + 1;
    lines.push(region.toString("utf8", start, from - 1));
  }
  return lines;
}

interface PartialLine {
  /** Keeps a copy of the part. */
  append(part: Buffer): void;
  /** The line, which is then forgotten; empty when it was too long, which is counted. */
  take(counts: ScanCounts): Buffer;
}

/** The line that the end of a chunk cut in two, kept until its other part is read. */
function partialLine(): PartialLine {
  let parts: Buffer[] = [];
  let length = 0;
  return {
    append(part) {
      length += part.length;
      if (length > LONGEST_LINE) parts = [];
      else if (part.length > 0) parts.push(Buffer.from(part));
    },
    take(counts) {
      if (length > LONGEST_LINE) counts.tooLong += 1;
      const line = Buffer.concat(parts);
      parts = [];
      length = 0;
      return line;
    },
  };
}

/** The file's bytes, in one buffer that is filled again for each chunk: a file of a gigabyte makes no garbage. */
async function* plain(file: FileHandle): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let position = 0; ; ) {
    // oxlint-disable-next-line no-await-in-loop -- one chunk after the other
    const { bytesRead } = await file.read(buffer, 0, CHUNK, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* unzipped(file: FileHandle, counts: ScanCounts): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK });
  // The pipeline's own error reaches whoever reads the stream.
  const stream = pipeline(
    file.createReadStream({ highWaterMark: CHUNK, autoClose: false, start: 0 }),
    gunzip,
    () => undefined,
  );
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && String(error.code).startsWith("Z_")))
      throw error;
    counts.brokenOff = error.message;
  } finally {
    stream.destroy();
  }
}

/** By its first bytes, whatever the file is called (https://www.rfc-editor.org/rfc/rfc1952#page-6). */
async function isGzip(file: FileHandle): Promise<boolean> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
  return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
}
