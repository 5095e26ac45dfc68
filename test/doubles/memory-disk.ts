import { basename, dirname } from "node:path";
import type { SpoolDisk } from "../../src/telemetry/spool/spool-disk.ts";

/** A disk in memory, which several processes of a test share and which outlives them. */
export interface MemoryDisk extends SpoolDisk {
  /** Contents by path. */
  readonly files: Map<string, Uint8Array>;
  /** Bytes that fit on it; a write that does not fit leaves the part that did, and fails with ENOSPC. */
  capacity: number;
}

/** An empty disk. */
export function memoryDisk(now: () => number): MemoryDisk {
  const files = new Map<string, Uint8Array>();
  const changed = new Map<string, number>();
  const folders = new Set<string>();

  function failure(code: string): Error {
    return Object.assign(new Error(code), { code });
  }

  function free(): number {
    return [...files.values()].reduce((left, { length }) => left - length, disk.capacity);
  }

  const disk: MemoryDisk = {
    files,
    capacity: Infinity,
    async makeFolder(path) {
      for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) {
        folders.add(folder);
        changed.set(folder, now());
      }
    },
    async names(path) {
      const below = [...folders, ...files.keys()].filter((it) => dirname(it) === path);
      return below.map((it) => basename(it));
    },
    async write(path, bytes) {
      if (files.has(path)) throw failure("EEXIST");
      if (!folders.has(dirname(path))) throw failure("ENOENT");
      const room = free();
      files.set(path, bytes.slice(0, room));
      changed.set(path, now());
      if (room < bytes.length) throw failure("ENOSPC");
    },
    async read(path) {
      const bytes = files.get(path);
      if (bytes === undefined) throw failure("ENOENT");
      return Buffer.from(bytes);
    },
    async rename(from, to) {
      const bytes = files.get(from);
      if (bytes === undefined || !folders.has(dirname(to))) throw failure("ENOENT");
      files.delete(from);
      files.set(to, bytes);
      changed.set(to, changed.get(from) ?? now());
    },
    syncNames: () => Promise.resolve(),
    async remove(path) {
      files.delete(path);
    },
    async removeFolder(path) {
      if ((await disk.names(path)).length === 0) folders.delete(path);
    },
    async look(path) {
      const at = changed.get(path);
      if (at === undefined || !(files.has(path) || folders.has(path))) throw failure("ENOENT");
      return { size: files.get(path)?.length ?? 0, changed: at };
    },
    async touch(path, at) {
      if (!files.has(path)) throw failure("ENOENT");
      changed.set(path, at);
    },
  };
  return disk;
}
