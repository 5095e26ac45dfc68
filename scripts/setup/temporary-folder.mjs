import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * Runs work in a folder below another one, which is removed after it. What a kill has left of an earlier one goes first: in the
 * system's folder for temporary files it would stay for good.
 *
 * @template T
 * @param {string} base folder that one set-up at a time works in
 * @param {(folder: string) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function inTemporaryFolder(base, work) {
  const folder = join(base, "temporary");
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  remove();
  mkdirSync(folder, { recursive: true });
  try {
    return await work(folder);
  } finally {
    remove();
  }
}

/**
 * The variables that make a program put its own temporary files below a folder, on any platform. Not into the folder itself: Go
 * does not read a go.mod in what it takes for the system's folder for temporary files.
 *
 * @param {string} folder
 * @returns {Readonly<Record<string, string>>}
 */
export function temporaryFilesBelow(folder) {
  const below = join(folder, "tmp");
  mkdirSync(below, { recursive: true });
  return { TMPDIR: below, TMP: below, TEMP: below };
}
