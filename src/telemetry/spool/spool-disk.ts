import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat, utimes } from "node:fs/promises";
import { codeOf, isMissing } from "../../host/system-error.ts";

/** What a spool asks of a disk. Each may reject with the error of the system. */
export interface SpoolDisk {
  /** Makes a folder and those above it; content when it is there. */
  makeFolder(path: string): Promise<void>;
  /** Names in a folder; none when it is not there. */
  names(path: string): Promise<string[]>;
  /** Makes a file that must not be there yet; resolves when its content would outlive a loss of power. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  read(path: string): Promise<Buffer>;
  /** Renames a file at once and whole. */
  rename(from: string, to: string): Promise<void>;
  /** Resolves when the names in a folder, as they are now, would outlive a loss of power. */
  syncNames(path: string): Promise<void>;
  /** Removes a file; content when it is not there. */
  remove(path: string): Promise<void>;
  /** Removes a folder that is empty; content when it is not there, or not empty. */
  removeFolder(path: string): Promise<void>;
  /** Size in bytes, and when it was last written or touched, in milliseconds since the epoch. */
  look(path: string): Promise<{ readonly size: number; readonly changed: number }>;
  /** Marks a file as changed now. */
  touch(path: string, now: number): Promise<void>;
}

/** What is not there, or not empty. */
const NOT_TO_REMOVE: ReadonlySet<string> = new Set(["ENOENT", "ENOTEMPTY", "EEXIST"]);
const UNKNOWN_CALL: ReadonlySet<string> = new Set(["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

/** The file system. Files and folders are their owner's alone: business keys stand in spans. */
export const NODE_DISK: SpoolDisk = {
  async makeFolder(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  async names(path) {
    try {
      return await readdir(path);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  },
  async write(path, bytes) {
    const file = await open(path, "wx", 0o600);
    try {
      await file.writeFile(bytes);
      // Who is told that it is stored moves his checkpoint on: it must not be in a cache alone.
      await file.datasync();
    } finally {
      await file.close();
    }
  },
  read: (path) => readFile(path),
  rename: (from, to) => rename(from, to),
  syncNames,
  remove: (path) => rm(path, { force: true }),
  async removeFolder(path) {
    try {
      await rmdir(path);
    } catch (error) {
      if (!NOT_TO_REMOVE.has(codeOf(error))) throw error;
    }
  },
  async look(path) {
    const { size, mtimeMs } = await stat(path);
    return { size, changed: mtimeMs };
  },
  async touch(path, now) {
    await utimes(path, now / 1000, now / 1000);
  },
};

async function syncNames(path: string): Promise<void> {
  // Windows opens no folders, and keeps its names by itself.
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } catch (error) {
    // Some file systems (network shares) know no such thing, and keep names by themselves.
    if (!UNKNOWN_CALL.has(codeOf(error))) throw error;
  } finally {
    await folder.close();
  }
}
