import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Checkpoint, CheckpointStore, Clock } from "../../../core/ports.ts";
import { isMissing } from "../../../host/system-error.ts";

/** Options of {@link folderCheckpoints}. */
export interface FolderCheckpointOptions {
  /** @default Date.now */
  readonly clock?: Clock;
}

const FILE = /^[\da-f]{64}\.json$/;
/** One that is being written, or was when its process died. */
const UNFINISHED = /^[\da-f]{64}\.json\.\d+-\d+$/;
/** One that is being written is done long before so many milliseconds are over. */
const LEFT_BEHIND_MS = 86_400_000;
const READ_AT_ONCE = 32;
/** So many checkpoints are put between two looks for those that have expired. */
const PUTS_A_SWEEP = 1000;

/**
 * Checkpoints as files of a folder, one a run: for one poller on one machine, which goes on where it was after a
 * restart. The folder is made when it is not there. A file is written through to the disk and then replaced at once, so
 * a crash, also one of the machine, leaves the old or the new one; one that cannot be read counts as none: its run is
 * read and exported anew. A file's time of change is when it expires: what has is found without a look into the others.
 * Each method rejects when the folder cannot be read or written.
 */
export function folderCheckpoints(
  folder: string,
  options: FolderCheckpointOptions = {},
): CheckpointStore {
  const clock = options.clock ?? Date.now;
  let puts = 0;
  let made: Promise<unknown> | undefined;

  const pathOf = (runId: string): string =>
    join(folder, `${createHash("sha256").update(runId).digest("hex")}.json`);

  async function names(): Promise<string[]> {
    try {
      return await readdir(folder);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  /** Forgets what has expired, and what a process that died left behind. */
  async function sweep(): Promise<void> {
    for (const name of await names()) {
      const path = join(folder, name);
      // One after the other: there may be thousands.
      // oxlint-disable-next-line no-await-in-loop
      if (FILE.test(name)) await forgetExpired(path, clock());
      // oxlint-disable-next-line no-await-in-loop
      else if (UNFINISHED.test(name)) await forgetLeftBehind(path, clock());
    }
  }

  return {
    async get(runId) {
      const checkpoint = await read(pathOf(runId));
      return checkpoint?.runId === runId ? checkpoint : undefined;
    },
    async put(checkpoint) {
      made ??= mkdir(folder, { recursive: true, mode: 0o700 });
      try {
        await made;
      } catch (error) {
        made = undefined;
        throw error;
      }
      const path = pathOf(checkpoint.runId);
      puts += 1;
      const unfinished = `${path}.${process.pid}-${puts}`;
      await writeFile(unfinished, JSON.stringify(checkpoint), { mode: 0o600, flush: true });
      const expires = checkpoint.expires / 1000;
      await utimes(unfinished, expires, expires);
      await rename(unfinished, path);
      if (puts % PUTS_A_SWEEP === 0) await sweep();
    },
    async *open() {
      const files = (await names()).filter((name) => FILE.test(name));
      for (let from = 0; from < files.length; from += READ_AT_ONCE) {
        const some = files.slice(from, from + READ_AT_ONCE);
        // Some at a time: there may be a hundred thousand.
        // oxlint-disable-next-line no-await-in-loop
        for (const checkpoint of await Promise.all(some.map((name) => read(join(folder, name)))))
          if (checkpoint !== undefined && !checkpoint.closed) yield checkpoint;
      }
    },
  };
}

async function forgetExpired(path: string, now: number): Promise<void> {
  if ((await changedAt(path)) > now) return;
  // Files that were copied or restored have another time of change.
  const checkpoint = await read(path);
  if (checkpoint === undefined || checkpoint.expires <= now) await rm(path, { force: true });
}

async function forgetLeftBehind(path: string, now: number): Promise<void> {
  if ((await changedAt(path)) <= now - LEFT_BEHIND_MS) await rm(path, { force: true });
}

/** Milliseconds since the epoch; Infinity when there is no such file any more. */
async function changedAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (isMissing(error)) return Infinity;
    throw error;
  }
}

async function read(path: string): Promise<Checkpoint | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    return isCheckpoint(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isCheckpoint(value: unknown): value is Checkpoint {
  if (typeof value !== "object" || value === null) return false;
  const { runId, started, lastEvent, exportedThrough, closed, expires } =
    value as Partial<Checkpoint>;
  return (
    typeof runId === "string" &&
    typeof closed === "boolean" &&
    [started, lastEvent, exportedThrough, expires].every((number) => Number.isFinite(number))
  );
}
