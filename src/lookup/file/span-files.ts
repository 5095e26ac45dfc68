import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { DurascopeError } from "../../core/errors.ts";
import { isMissing } from "../../host/system-error.ts";

/** The files that some paths name. */
export interface SpanFiles {
  /** The one that was written to last comes last; each once, whatever leads to it. */
  readonly paths: readonly string[];
  /** Files that are left out, since there are too many: the oldest. */
  readonly left: number;
  /** Whether a folder was named. */
  readonly isFolder: boolean;
}

/** More files than these are not opened: a scan holds all of them open at once. */
const MOST_FILES = 500;

/** After the name: `.1` of the file exporter and of logrotate, `-20261127` or `.2026-11-27` of logrotate's `dateext`. */
const PUT_ASIDE = /^(?:\.\d{1,6}|[-.]\d{4}-?\d\d-?\d\d(?:[-.T_]?\d+)*)(?:\.gz|\.zst)?$/;
/**
 * Between name and extension: the time that a collector's file exporter puts there, and newer ones the reason too,
 * `-2026-11-27T08-00-00.000-size`
 * (https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/exporter/fileexporter#file-rotation).
 */
const BACKUP = /^-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}(?:-[a-z]+)?/;
/** What a file of OTLP JSON lines in a folder is called, put aside and compressed or not. */
const IN_FOLDER = /^[^.].*\.(?:json|jsonl|ndjson)(?:[.-].*)?$/i;

/**
 * The files that paths name: a file with those that it was rotated into, a folder's files of OTLP JSON lines (by their
 * names, not those of folders in it). Rejects with `LOOKUP_FILE_MISSING` or `LOOKUP_FILE_UNREADABLE` where a path
 * names none.
 */
export async function spanFiles(paths: readonly string[]): Promise<SpanFiles> {
  const named = await Promise.all(paths.map(filesOf));
  const files = await Promise.all(named.flatMap((found) => found.paths).map(fileAt));
  const distinct = new Map(files.filter((file) => file.isFile).map((file) => [file.key, file]));
  const all = [...distinct.values()].toSorted((a, b) => a.at - b.at || byName(b.path, a.path));
  const kept = all.slice(-MOST_FILES);
  return {
    paths: kept.map(({ path }) => path),
    left: all.length - kept.length,
    isFolder: named.some((found) => found.isFolder),
  };
}

/** `spans.jsonl.2` is older than `spans.jsonl.1`, and that older than `spans.jsonl`. */
function byName(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

interface FileAt {
  readonly path: string;
  /** A link may lead to something else, or nowhere any more. */
  readonly isFile: boolean;
  /** When it was written to last, ms since the epoch. */
  readonly at: number;
  /** The same for all names of one file. */
  readonly key: string;
}

async function fileAt(path: string): Promise<FileAt> {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined) return { path, isFile: false, at: 0, key: path };
  return { path, isFile: stats.isFile(), at: stats.mtimeMs, key: `${stats.dev}:${stats.ino}` };
}

interface Named {
  readonly paths: readonly string[];
  readonly isFolder: boolean;
}

async function filesOf(path: string): Promise<Named> {
  const stats = await stat(path).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw unreadable(path, error);
  });
  if (stats?.isDirectory() === true) return { paths: await filesIn(path), isFolder: true };
  if (stats?.isFile() === false) {
    throw new DurascopeError(
      "LOOKUP_FILE_UNREADABLE",
      `${path} is neither a file nor a folder. Name the file of OTLP JSON lines to look in.`,
    );
  }
  const rotated = await rotatedFrom(path);
  // A file that is just being put aside is not there for a moment, and what it was put aside to is.
  const found = stats === undefined ? rotated : [...rotated, path];
  if (found.length > 0) return { paths: found, isFolder: false };
  throw new DurascopeError(
    "LOOKUP_FILE_MISSING",
    `There is no file ${path}. Name the file of OTLP JSON lines to look in.`,
  );
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw unreadable(folder, error);
  });
  const names = namesOf(entries).filter((name) => IN_FOLDER.test(name));
  if (names.length > 0) return names.map((name) => join(folder, name));
  throw new DurascopeError(
    "LOOKUP_FILE_MISSING",
    `The folder ${folder} holds no file whose name ends in .jsonl, .ndjson or .json, rotated or compressed. Name the file of OTLP JSON lines to look in.`,
  );
}

/** What a file was rotated into. A folder that cannot be listed tells of none: the file itself may be read nevertheless. */
async function rotatedFrom(path: string): Promise<readonly string[]> {
  const folder = dirname(path);
  const base = basename(path);
  const extension = extname(base);
  const stem = base.slice(0, base.length - extension.length);
  const isBackup = (rest: string): boolean => {
    const stamp = BACKUP.exec(rest)?.[0] ?? "";
    return (
      stamp !== "" && ["", ".gz", ".zst"].includes(rest.slice(stamp.length).replace(extension, ""))
    );
  };
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return namesOf(entries)
    .filter(
      (name) =>
        (name.startsWith(base) && PUT_ASIDE.test(name.slice(base.length))) ||
        (name.startsWith(stem) && isBackup(name.slice(stem.length))),
    )
    .map((name) => join(folder, name));
}

/** Names of files, and of links, which may be to files. */
function namesOf(entries: readonly Dirent[]): readonly string[] {
  return entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map(({ name }) => name);
}

/** The failure to read what a path names. */
export function unreadable(path: string, cause: unknown): DurascopeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DurascopeError("LOOKUP_FILE_UNREADABLE", `${path} cannot be read: ${reason}.`, {
    cause,
  });
}
