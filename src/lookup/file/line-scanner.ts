import type { FileHandle } from "node:fs/promises";
import { chunksOf, LONGEST_LINE, type ReadCounts } from "./file-chunks.ts";
import type { LineSearch } from "./id-places.ts";
import { type NeedleFinder, needleFinder } from "./needle-finder.ts";

/** What a scan met beside the lines that it gave. */
export interface ScanCounts extends ReadCounts {
  /** Bytes after decompression. */
  bytes: number;
}

const LINE_FEED = 10;

/**
 * The lines of a file, plain or compressed, in which a search finds something, in order.
 *
 * Only such lines are ever cut out of what was read, so a file may be much larger than memory. Rejects when the file
 * cannot be read, and when the signal is aborted. The file stays open.
 */
export async function* matchingLines(
  file: FileHandle,
  search: LineSearch,
  counts: ScanCounts,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  for await (const lines of matchesOf(chunksOf(file, counts), search, counts)) {
    signal?.throwIfAborted();
    yield* lines;
  }
}

/**
 * The lines of what comes in chunks in which a search finds something, in order: a list a chunk.
 *
 * A chunk is looked at until the next one is asked for, and may be overwritten then.
 */
export async function* matchesOf(
  chunks: AsyncIterable<Buffer>,
  search: LineSearch,
  counts: ScanCounts,
): AsyncGenerator<string[]> {
  const find = needleFinder(search.needles.map((needle) => Buffer.from(needle)));
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
    const head = matchesIn(line.take(counts), find, search);
    yield [...head, ...matchesIn(chunk.subarray(first + 1, last + 1), find, search)];
    line.append(chunk.subarray(last + 1));
  }
  yield matchesIn(line.take(counts), find, search);
}

/** Whole lines of a region that hold one of the sequences, at a place that counts. */
function matchesIn(region: Buffer, find: NeedleFinder, { counts }: LineSearch): string[] {
  const lines: string[] = [];
  const next = find(region);
  for (let from = 0; from < region.length; ) {
    const hit = next(from);
    if (hit < 0) break;
    if (counts?.(region, hit) === false) {
      from = hit + 1;
      continue;
    }
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
