import { join } from "node:path";
import { property } from "../../host/property.ts";
import { codeOf, isMissing } from "../../host/system-error.ts";
import { batchNames, spansNamed } from "./batch-name.ts";
import type { SpoolDisk } from "./spool-disk.ts";
import { decodeRecord, encodeRecord, type SpoolRecord } from "./spool-record.ts";

/** A stored batch, without its content. */
export interface StoredBatch {
  /** Name of its file; names sort by age, whichever process stored them. */
  readonly name: string;
  readonly bytes: number;
  readonly spans: number;
}

/** Who writes, and how the others are told apart from the dead. */
export interface SpoolWriter {
  /** Eight hex digits that no other process has. */
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Whether a process of this host lives. */
  isAlive(pid: number): boolean;
}

/**
 * One process's part of a spool: a folder of its own below the shared one, so that two processes never write or send the
 * same file. Each may reject with the error of the system.
 */
export interface SpoolFolder {
  /** Takes over what processes that are gone have left; gives what came, oldest first. */
  adopt(): Promise<StoredBatch[]>;
  /** Stores a record; resolves when it would outlive a loss of power. */
  store(record: SpoolRecord): Promise<StoredBatch>;
  /** Reads a stored batch; `corrupt` when it is not what was written or cannot be read, `missing` when someone took it away. */
  read(batch: StoredBatch): Promise<SpoolRecord | "corrupt" | "missing">;
  remove(batch: StoredBatch): Promise<void>;
  /** Puts a corrupt file beside, as `<name>.corrupt` in the shared folder, where someone may look at it. */
  setAside(batch: StoredBatch): Promise<void>;
  /** Says that this process lives; to be called every {@link HEARTBEAT_MS}. */
  beat(): Promise<void>;
  /** Leaves: what is still stored is anyone's from now on. */
  leave(): Promise<void>;
}

/** How often an owner says that it lives, in milliseconds. */
export const HEARTBEAT_MS = 15_000;
/** An owner that was silent for this long, in milliseconds, is taken for dead. */
const SILENCE_MS = 120_000;

const OWNER = "owner.json";
const FOLDER = /^writer-[0-9a-f]{8}$/;
/** Corrupt files that are kept; further ones are removed. */
const MOST_CORRUPT = 20;
/** Longest file that is read: ours hold a few MB. */
const LONGEST_FILE = 64 * 2 ** 20;

const UNREADABLE: ReadonlySet<string> = new Set(["EIO", "EISDIR", "EACCES", "EPERM"]);

/** Opens this process's folder below `root`, and makes both. Rejects with the error of the system when it cannot. */
export async function openSpoolFolder(
  root: string,
  writer: SpoolWriter,
  disk: SpoolDisk,
): Promise<SpoolFolder> {
  const own = join(root, `writer-${writer.id}`);
  const newName = batchNames(writer.id, () => writer.now());

  async function moveIn(): Promise<void> {
    await disk.makeFolder(own);
    const owner = JSON.stringify({ pid: writer.pid, host: writer.host });
    try {
      await disk.write(join(own, OWNER), Buffer.from(owner));
    } catch (error) {
      // A heartbeat and a batch may find at the same time that the folder is gone.
      if (codeOf(error) !== "EEXIST") throw error;
    }
    await sign();
  }

  async function sign(): Promise<void> {
    await disk.touch(join(own, OWNER), writer.now());
  }

  async function storeAs(name: string, bytes: Buffer): Promise<void> {
    const whole = join(own, name);
    const part = `${whole}.tmp`;
    try {
      await disk.write(part, bytes);
      // Under its own name a file is whole: a process that dies before leaves a .tmp, which nobody sends.
      await disk.rename(part, whole);
      await disk.syncNames(own);
    } catch (error) {
      // The rest of a file that did not fit takes up what is scarce.
      await disk.remove(part).catch(() => undefined);
      throw error;
    }
  }

  /** A sign of life from far in the future is of a clock that was wrong, and none of who lives now: it would last for years. */
  function isSilent(changed: number): boolean {
    return Math.abs(writer.now() - changed) > SILENCE_MS;
  }

  async function isAbandoned(folder: string, names: readonly string[]): Promise<boolean> {
    const owner = join(root, folder, OWNER);
    if (!names.includes(OWNER)) {
      // Its owner left; or has just come, and is about to sign.
      const { changed } = await disk.look(join(root, folder));
      return names.some((name) => spansNamed(name) !== undefined) || isSilent(changed);
    }
    const { changed } = await disk.look(owner);
    if (isSilent(changed)) return true;
    const { pid, host } = ownerOf(await disk.read(owner));
    return host === writer.host && typeof pid === "number" && !writer.isAlive(pid);
  }

  /** Moves a file here; undefined when another process was faster. */
  async function take(from: string, name: string, spans: number): Promise<StoredBatch | undefined> {
    try {
      const { size } = await disk.look(from);
      await disk.rename(from, join(own, name));
      return { name, bytes: size, spans };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Moves what another has left here, one file after the other: who dies in between leaves the rest as it was. */
  async function takeOver(folder: string, taken: StoredBatch[]): Promise<void> {
    const names = await disk.names(join(root, folder));
    if (!(await isAbandoned(folder, names))) return;
    for (const name of names.toSorted()) {
      const from = join(root, folder, name);
      const spans = spansNamed(name);
      // oxlint-disable no-await-in-loop -- one file after the other: their order is kept, and there may be thousands
      if (spans === undefined) {
        await disk.remove(from);
      } else {
        const stored = await take(from, name, spans);
        if (stored !== undefined) taken.push(stored);
      }
      // oxlint-enable no-await-in-loop
    }
    // Once for all of them: until then a loss of power leaves each here or there, and whole.
    await disk.syncNames(own);
    await disk.removeFolder(join(root, folder));
  }

  await moveIn();
  return {
    async adopt() {
      const folders = (await disk.names(root)).filter((name) => FOLDER.test(name));
      const taken: StoredBatch[] = [];
      const failures: unknown[] = [];
      for (const folder of folders) {
        if (join(root, folder) === own) continue;
        try {
          // oxlint-disable-next-line no-await-in-loop -- one file after the other: their order is kept, and there may be thousands
          await takeOver(folder, taken);
        } catch (error) {
          if (!isMissing(error)) failures.push(error);
        }
      }
      // What came is ours now, whatever became of the rest.
      if (failures.length > 0 && taken.length === 0) throw failures[0];
      return taken.toSorted(byAge);
    },
    async store(record) {
      const bytes = encodeRecord(record);
      const { spans } = record.batch;
      const name = newName(spans);
      try {
        await storeAs(name, bytes);
      } catch (error) {
        if (!isMissing(error)) throw error;
        // Someone has cleared the spool away.
        await moveIn();
        await storeAs(name, bytes);
      }
      return { name, bytes: bytes.length, spans };
    },
    async read({ name, bytes }) {
      if (bytes > LONGEST_FILE) return "corrupt";
      try {
        return decodeRecord(await disk.read(join(own, name))) ?? "corrupt";
      } catch (error) {
        if (isMissing(error)) return "missing";
        // None of these gets better by waiting, and behind it others wait.
        if (UNREADABLE.has(codeOf(error))) return "corrupt";
        throw error;
      }
    },
    remove: ({ name }) => disk.remove(join(own, name)),
    async setAside({ name }) {
      const corrupt = (await disk.names(root)).filter((other) => other.endsWith(".corrupt"));
      const file = join(own, name);
      if (corrupt.length >= MOST_CORRUPT) await disk.remove(file);
      else await disk.rename(file, join(root, `${name}.corrupt`));
    },
    async beat() {
      try {
        await sign();
      } catch (error) {
        if (!isMissing(error)) throw error;
        // Someone has cleared the spool away, or took this process for dead while it was stopped.
        await moveIn();
      }
    },
    async leave() {
      await disk.remove(join(own, OWNER));
      await disk.removeFolder(own);
    },
  };
}

/** Puts the older batch first. */
export function byAge(a: StoredBatch, b: StoredBatch): number {
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}

function ownerOf(bytes: Buffer): { readonly pid: unknown; readonly host: unknown } {
  try {
    const owner: unknown = JSON.parse(bytes.toString());
    return { pid: property(owner, "pid"), host: property(owner, "host") };
  } catch {
    // Not whole, since its writer died: its silence will tell.
    return { pid: undefined, host: undefined };
  }
}
