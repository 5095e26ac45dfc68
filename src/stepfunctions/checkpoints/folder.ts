import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Checkpoint, CheckpointStore, Clock } from "../../core/ports.ts";

/** Options of {@link folderCheckpoints}. */
export interface FolderCheckpointOptions {
  /** @default Date.now */
  readonly clock?: Clock;
}

const FILE = /^[\da-f]{64}\.json$/;
/** So many checkpoints are put between two looks for those that have expired. */
const PUTS_A_SWEEP = 1000;

/**
 * Checkpoints as files of a folder, one a run: for one poller on one machine, which goes on where it was after a
 * restart. The folder is made when it is not there. A file is replaced at once, so a crash leaves the old or the new one;
 * one that cannot be read counts as none: its run is read and exported anew. Each method rejects when the folder
 * cannot be read or written.
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
      return (await readdir(folder)).filter((name) => FILE.test(name));
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  /** Forgets what has expired. */
  async function sweep(): Promise<void> {
    for (const name of await names()) {
      // One after the other: there may be thousands.
      // oxlint-disable-next-line no-await-in-loop
      await forgetExpired(join(folder, name), clock());
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
      await writeFile(unfinished, JSON.stringify(checkpoint), { mode: 0o600 });
      await rename(unfinished, path);
      if (puts % PUTS_A_SWEEP === 0) await sweep();
    },
    async *open() {
      for (const name of await names()) {
        // One after the other: there may be thousands.
        // oxlint-disable-next-line no-await-in-loop
        const checkpoint = await read(join(folder, name));
        if (checkpoint !== undefined && !checkpoint.closed) yield checkpoint;
      }
    },
  };
}

async function forgetExpired(path: string, now: number): Promise<void> {
  const checkpoint = await read(path);
  if (checkpoint !== undefined && checkpoint.expires <= now) await rm(path, { force: true });
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

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
