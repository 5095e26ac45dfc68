import type { FileHandle } from "node:fs/promises";
import { pipeline, Readable, type Transform } from "node:stream";
import { createGunzip, createZstdDecompress, zstdDecompressSync } from "node:zlib";
import { codeOf } from "../../host/system-error.ts";

/** What reading a file met beside what it gave. */
export interface ReadCounts {
  /** Messages over the greatest length, which were passed over. */
  tooLong: number;
  /** Why a file could not be read to its end: a compressed file that breaks off. */
  brokenOff?: string;
}

/** Longest line that is looked at, in bytes: a history of 25,000 events, which may come as one line, makes 12 MiB and more. */
export const LONGEST_LINE: number = 32 * 2 ** 20;

const CHUNK = 2 ** 20;
/** https://www.rfc-editor.org/rfc/rfc1952#page-6. */
const GZIP: Buffer = Buffer.from([0x1f, 0x8b]);
/** https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1. */
const ZSTD: Buffer = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
/** Bytes that say how long a message is, where each is compressed by itself. */
const LENGTH = 4;

/**
 * The bytes of a file in chunks, each of which is there until the next one is asked for: plain, gzip'd or zstd'd, by its
 * first bytes, whatever it is called; also the messages that a collector's file exporter compresses one by one, a line each
 * (https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/exporter/fileexporter#file-format).
 *
 * A compressed file that breaks off gives what can be read of it. The file stays open.
 */
export async function* chunksOf(file: FileHandle, counts: ReadCounts): AsyncGenerator<Buffer> {
  const { buffer: head } = await file.read(Buffer.alloc(8), 0, 8, 0);
  const begins = (magic: Buffer, at = 0): boolean => head.subarray(at).indexOf(magic) === 0;
  try {
    if (begins(GZIP)) yield* unpacked(createGunzip({ chunkSize: CHUNK }), file, 0);
    else if (begins(ZSTD)) yield* frames(file);
    else if (begins(ZSTD, LENGTH)) yield* messages(file, counts);
    else yield* plain(file);
  } catch (error) {
    if (!isBroken(error)) throw error;
    counts.brokenOff = error.message;
  }
}

/** The file's bytes, in one buffer that is filled again for each chunk: a file of a gigabyte makes no garbage. */
function plain(file: FileHandle): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(CHUNK);
  return bytesOf(file, 0, () => buffer);
}

/** The file's bytes from a position on, each chunk in the buffer that is given for it. */
async function* bytesOf(
  file: FileHandle,
  from: number,
  bufferOf: () => Buffer,
): AsyncGenerator<Buffer> {
  for (let position = from; ; ) {
    // oxlint-disable-next-line no-await-in-loop -- one chunk after the other
    const { buffer, bytesRead } = await file.read(bufferOf(), 0, CHUNK, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Several frames one after the other: Node's decompressor ends with the first, wherever that ends. */
async function* frames(file: FileHandle): AsyncGenerator<Buffer> {
  const { size } = await file.stat();
  for (let position = 0; position < size; ) {
    const decompressor = createZstdDecompress({ chunkSize: CHUNK });
    yield* unpacked(decompressor, file, position);
    // What it took of the file, which is not all that it was given.
    position += Math.max(1, decompressor.bytesWritten);
  }
}

/** What a decompressor makes of the file from a position on. */
async function* unpacked(
  decompressor: Transform,
  file: FileHandle,
  position: number,
): AsyncGenerator<Buffer> {
  // Buffers of their own: a decompressor holds one while the next is read.
  const packed = bytesOf(file, position, () => Buffer.allocUnsafe(CHUNK));
  // The pipeline's own error reaches whoever reads the stream.
  const stream = pipeline(Readable.from(packed), decompressor, () => undefined);
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } finally {
    stream.destroy();
  }
}

/** Messages that are compressed one by one, each behind its length; a line is made of each. */
async function* messages(file: FileHandle, counts: ReadCounts): AsyncGenerator<Buffer> {
  const { size } = await file.stat();
  for (let position = 0; position + LENGTH <= size; ) {
    // oxlint-disable-next-line no-await-in-loop -- one message says where the next one stands
    const { buffer } = await file.read(Buffer.alloc(LENGTH), 0, LENGTH, position);
    const length = buffer.readUInt32BE();
    position += LENGTH + length;
    if (position > size) throw new BrokenOff("unexpected end of file");
    if (length > LONGEST_LINE) {
      counts.tooLong += 1;
      continue;
    }
    const packed = Buffer.allocUnsafe(length);
    // oxlint-disable-next-line no-await-in-loop -- as above
    await file.read(packed, 0, length, position - length);
    const message = unpackedMessage(packed);
    if (message === undefined) counts.tooLong += 1;
    else yield Buffer.concat([message, Buffer.from("\n")]);
  }
}

/** The message; undefined when it is longer than a line may be. */
function unpackedMessage(packed: Buffer): Buffer | undefined {
  try {
    return zstdDecompressSync(packed, { maxOutputLength: LONGEST_LINE });
  } catch (error) {
    if (codeOf(error) === "ERR_BUFFER_TOO_LARGE") return undefined;
    throw error;
  }
}

class BrokenOff extends Error {}

/** Whether a compressed file is not as it was written: zlib's codes begin with `Z_`, zstd's with `ZSTD_`. */
function isBroken(error: unknown): error is Error {
  return (
    error instanceof BrokenOff || (error instanceof Error && /^Z(?:STD)?_/.test(codeOf(error)))
  );
}
