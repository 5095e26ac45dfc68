import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isMissing } from "../host/system-error.ts";

/** When a file is put aside, and a new one begun in its place. */
export interface RotationOptions {
  /**
   * Before a file grows over this many bytes it becomes `<path>.1`, that one `<path>.2`, and so on: the higher the number,
   * the older are the lines, and those in `<path>` are the newest.
   * @default it grows without a bound
   */
  readonly maxBytes?: number;
  /** Most files that are kept, the one that grows among them; over it the oldest is removed. @default 5 */
  readonly maxFiles?: number;
}

/** A file that lines are appended to, one write a line. Each rejects with the error of the system. */
export interface AppendedFile {
  append(line: Buffer): Promise<void>;
  close(): Promise<void>;
}

const MAX_FILES = 5;

const LINE_BREAK = Buffer.from("\n");
/** Longest time that another process takes to write a line. */
const ONE_WRITE_MS = 50;

/**
 * The file at a path, opened and made with its folder at the first line. Each line looks first whether another process has
 * put the file aside, so several may share it, and a program such as logrotate may move it. What a full disk or a loss of
 * power has cut off in the middle of a line costs that line alone.
 */
export function appendedFile(path: string, options: RotationOptions): AppendedFile {
  const { maxBytes = Infinity, maxFiles = MAX_FILES } = options;
  let file: FileHandle | undefined;
  let endsInLine = false;

  async function openForAppending(): Promise<FileHandle> {
    await mkdir(dirname(path), { recursive: true });
    endsInLine = await isCutOff(path);
    return open(path, "a");
  }

  async function close(): Promise<void> {
    const closing = file;
    file = undefined;
    await closing?.close();
  }

  /** Whether the file has no room for a line; an empty one takes any. */
  async function isFull(target: FileHandle, length: number): Promise<boolean> {
    if (maxBytes === Infinity) return false;
    const { size } = await target.stat();
    return size > 0 && size + length > maxBytes;
  }

  async function isStillAt(target: FileHandle): Promise<boolean> {
    const [own, there] = await Promise.all([target.stat(), stat(path).catch(() => undefined)]);
    return there?.ino === own.ino;
  }

  async function putAside(): Promise<void> {
    await close();
    await rm(olderName(maxFiles - 1), { force: true });
    for (let age = maxFiles - 2; age >= 0; age -= 1) {
      // oxlint-disable-next-line no-await-in-loop -- the oldest first, each to a name that is free
      await rename(olderName(age), olderName(age + 1)).catch(ignoreMissing);
    }
  }

  function olderName(age: number): string {
    return age === 0 ? path : `${path}.${age}`;
  }

  /** The file to write to, after whatever rotation is due. */
  async function current(length: number): Promise<FileHandle> {
    file ??= await openForAppending();
    if (!(await isStillAt(file))) {
      await close();
      file = await openForAppending();
    }
    if (await isFull(file, length)) {
      await putAside();
      file = await openForAppending();
    }
    return file;
  }

  return {
    async append(line) {
      const target = await current(line.length);
      const bytes = endsInLine ? Buffer.concat([LINE_BREAK, line]) : line;
      try {
        const { bytesWritten } = await target.write(bytes);
        // A disk that fills up takes a part: the rest may fit later, or fails with a reason.
        if (bytesWritten < bytes.length) await target.appendFile(bytes.subarray(bytesWritten));
        endsInLine = false;
      } catch (error) {
        // Opened anew, it is looked at how it ends.
        await close();
        throw error;
      }
    },
    close,
  };
}

/** Whether a file ends in the middle of a line; not so a file that is not there or may not be read. */
async function isCutOff(path: string): Promise<boolean> {
  try {
    if (await endsWithLine(path)) return false;
    // Another process may be in the middle of a write.
    await pause(ONE_WRITE_MS);
    return !(await endsWithLine(path));
  } catch {
    return false;
  }
}

async function endsWithLine(path: string): Promise<boolean> {
  const { size } = await stat(path);
  if (size === 0) return true;
  const file = await open(path, "r");
  try {
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
    return buffer.equals(LINE_BREAK);
  } finally {
    await file.close();
  }
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}
