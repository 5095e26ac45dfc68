import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/**
 * SHA-256 over the names and contents of files; a file that is not there counts as absent, not as empty.
 *
 * @param {string} base names are taken relative to it
 * @param {readonly string[]} files absolute paths
 * @returns {string} hex
 */
export function hashFiles(base, files) {
  const hash = createHash("sha256");
  for (const file of files.toSorted()) {
    const content = readIfThere(file);
    hash.update(`${relative(base, file)}\0${content === undefined ? "absent" : content.length}\0`);
    if (content !== undefined) hash.update(content);
  }
  return hash.digest("hex");
}

/**
 * Every file below a folder that `keep` accepts, as absolute paths; none when the folder is not there.
 *
 * @param {string} folder
 * @param {(path: string) => boolean} keep
 * @returns {string[]}
 */
export function filesBelow(folder, keep) {
  let entries;
  try {
    entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter(keep);
}

/**
 * What a stamp says, or undefined when there is none.
 *
 * @param {string} file
 * @returns {string | undefined}
 */
export function readStamp(file) {
  const content = readIfThere(file);
  return content && new TextDecoder().decode(content).trim();
}

/**
 * Writes a stamp in one step, so that a reader sees the old one or the new one.
 *
 * @param {string} file
 * @param {string} value
 */
export function writeStamp(file, value) {
  mkdirSync(dirname(file), { recursive: true });
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, `${value}\n`);
  renameSync(aside, file);
}

/**
 * Takes a stamp away before the work begins: what is interrupted from here on is done again.
 *
 * @param {string} file
 */
export function removeStamp(file) {
  rmSync(file, { force: true });
}

/**
 * @param {string} file
 * @returns {Uint8Array | undefined}
 */
function readIfThere(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
