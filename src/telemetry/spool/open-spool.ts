import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { DurascopeError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import type { Environment } from "../../host/disabled.ts";
import { codeOf } from "../../host/system-error.ts";
import type { WarningLogger } from "../warning-logger.ts";
import { DEFAULT_SPOOL_BYTES, openSpool, type Spool } from "./spool.ts";
import { NODE_DISK, type SpoolDisk } from "./spool-disk.ts";
import { openSpoolFolder, type SpoolFolder } from "./spool-folder.ts";

/** Where spans wait while the backend is away. */
export interface SpoolOptions {
  /** A folder, which is made. Several processes may share it; it must lie on a disk that outlives them. */
  readonly directory: string;
  /** Most bytes that this process keeps there, counted in whole blocks of 4 KiB; over it the oldest go. @default 268435456, 256 MiB */
  readonly maxBytes?: number;
}

/** A spool that is open. */
export interface OpenedSpool {
  readonly spool: Spool;
  readonly folder: SpoolFolder;
  readonly path: string;
}

/** The spool that `DURASCOPE_SPOOL_DIR` and `DURASCOPE_SPOOL_MAX_BYTES` ask for; undefined without the first. */
export function spoolOfEnvironment(environment: Environment): SpoolOptions | undefined {
  const directory = environment["DURASCOPE_SPOOL_DIR"]?.trim();
  if (!directory) return undefined;
  const maxBytes = environment["DURASCOPE_SPOOL_MAX_BYTES"]?.trim();
  return { directory, ...(maxBytes && { maxBytes: Number(maxBytes) }) };
}

/**
 * Opens a spool, and takes over what processes that are gone have left in it.
 *
 * @throws DurascopeError `SPOOL_OPTION` for a bound that is no number above 0, `SPOOL_FOLDER` when the folder cannot be written
 */
export async function openSpoolAt(
  options: SpoolOptions,
  now: Clock,
  warn: WarningLogger,
  disk: SpoolDisk = NODE_DISK,
): Promise<OpenedSpool> {
  const path = resolve(options.directory);
  const maxBytes = options.maxBytes ?? DEFAULT_SPOOL_BYTES;
  if (!(maxBytes > 0))
    throw new DurascopeError(
      "SPOOL_OPTION",
      "The bound of the spool must be a number of bytes above 0. Correct maxBytes or DURASCOPE_SPOOL_MAX_BYTES.",
    );
  const writer = {
    id: randomBytes(4).toString("hex"),
    pid: process.pid,
    host: hostname(),
    now,
    isAlive,
  };
  const folder = await openFolder(path, () => openSpoolFolder(path, writer, disk));
  const spool = openSpool(folder, maxBytes);
  try {
    await spool.adopt();
  } catch (error) {
    warn(
      `durascope: what an earlier process left in the spool ${path} cannot be read (${codeOf(error)}). It stays there.`,
    );
  }
  return { spool, folder, path };
}

async function openFolder(path: string, open: () => Promise<SpoolFolder>): Promise<SpoolFolder> {
  try {
    return await open();
  } catch (error) {
    throw new DurascopeError(
      "SPOOL_FOLDER",
      `The spool ${path} cannot be written (${codeOf(error)}). Give a folder that this process may write to, by the option spool or DURASCOPE_SPOOL_DIR.`,
      { cause: error },
    );
  }
}

/** Signal 0 only asks; a process that is another user's answers EPERM, and lives. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}
