import { DurascopeError } from "../core/errors.ts";
import {
  encodeLogs,
  encodeSpans,
  type LogGroup,
  type SpanGroup,
} from "../telemetry/otlp/otlp-json.ts";
import { appendedFile, type RotationOptions } from "./appended-file.ts";

/** Options of {@link openOtlpFile}. */
export interface OtlpFileOptions extends RotationOptions {
  /** Told of everything that could not be written. @default nothing: see {@link OtlpFile.lost} */
  readonly onError?: (error: Error) => void;
  /** Most bytes that wait to be written; what comes on top is dropped and counted. @default 64 MiB */
  readonly maxPendingBytes?: number;
}

/** An OTLP JSON lines file that spans and log lines are appended to. */
export interface OtlpFile {
  readonly path: string;
  /** Appends one line; resolves to whether it was written. Never rejects. */
  writeSpans(groups: readonly SpanGroup[]): Promise<boolean>;
  /** Appends one line; resolves to whether it was written. Never rejects. */
  writeLogs(groups: readonly LogGroup[]): Promise<boolean>;
  /** Resolves when everything that was given so far is written or lost. Never rejects. */
  flush(): Promise<void>;
  /** Flushes and closes; what is given later is lost. Never rejects. */
  close(): Promise<void>;
  /** Lines that could not be written. */
  lost(): number;
}

const MAX_PENDING_BYTES = 64 * 2 ** 20;

/**
 * Opens a file of OTLP JSON lines for appending, and makes its folder: the format of the OpenTelemetry Collector's file
 * exporter (https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/).
 *
 * A line is one write at the file's end, so several processes may append to one file. Nothing is thrown while it is
 * written to: whoever observes a workflow must not fail it because a disk is full.
 *
 * @throws DurascopeError `OTLP_FILE_OPTION` for a bound of the rotation that makes no sense
 */
export function openOtlpFile(path: string, options: OtlpFileOptions = {}): OtlpFile {
  const maxPending = options.maxPendingBytes ?? MAX_PENDING_BYTES;
  const file = appendedFile(path, checked(options));
  let tail: Promise<unknown> = Promise.resolve();
  let pending = 0;
  let lost = 0;
  let closed = false;

  function lose(error: unknown): false {
    lost += 1;
    try {
      options.onError?.(error instanceof Error ? error : new Error(String(error)));
    } catch {
      // A callback that throws is no reason to lose more.
    }
    return false;
  }

  async function append(line: Buffer): Promise<boolean> {
    try {
      await file.append(line);
      return true;
    } catch (error) {
      return lose(error);
    } finally {
      pending -= line.length;
    }
  }

  function write(text: () => string): Promise<boolean> {
    if (closed) return Promise.resolve(lose(new Error(`${path} is closed`)));
    let line: Buffer;
    try {
      line = Buffer.from(`${text()}\n`);
    } catch (error) {
      return Promise.resolve(lose(error));
    }
    if (pending + line.length > maxPending) {
      return Promise.resolve(
        lose(new Error(`more than ${maxPending} bytes wait to be written to ${path}`)),
      );
    }
    pending += line.length;
    const written = tail.then(() => append(line));
    tail = written;
    return written;
  }

  async function flush(): Promise<void> {
    await tail;
  }

  return {
    path,
    writeSpans: (groups) =>
      groups.length === 0 ? Promise.resolve(true) : write(() => encodeSpans(groups)),
    writeLogs: (groups) =>
      groups.length === 0 ? Promise.resolve(true) : write(() => encodeLogs(groups)),
    flush,
    async close() {
      closed = true;
      await tail;
      try {
        await file.close();
      } catch (error) {
        lose(error);
      }
    },
    lost: () => lost,
  };
}

function checked(options: OtlpFileOptions): RotationOptions {
  const { maxBytes = Infinity, maxFiles = 1 } = options;
  if (!(maxBytes > 0) || !Number.isInteger(maxFiles) || maxFiles < 1)
    throw new DurascopeError(
      "OTLP_FILE_OPTION",
      "maxBytes of a file of spans must be a number of bytes above 0, and maxFiles a whole number above 0. Correct them, or leave them out.",
    );
  return options;
}
