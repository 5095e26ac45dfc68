import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SetupFailure } from "../failure.mjs";
import { readStamp, writeStamp } from "../stamp.mjs";
import { folderName } from "./cache.mjs";

const stampName = "complete.stamp";

/**
 * A real program that tests run against.
 *
 * @typedef {object} Backend
 * @property {string} name its name in the list that the tests read
 * @property {string} title what the progress line says
 * @property {string} version
 * @property {unknown} recipe plain data: everything that decides what is made
 * @property {Readonly<Record<string, string>>} programs paths in the backend's folder, by name
 * @property {(folder: string) => Promise<void>} make fills the empty folder
 */

/**
 * A backend at its place in the cache, as a step of the set-up.
 *
 * @typedef {import("../step.mjs").Step & { backend: Backend, programs: Record<string, string> }} Installation
 */

/**
 * Where a backend is installed and how it gets there. The stamp is written last: a folder without it was left
 * half made, counts as none and is made anew.
 *
 * @param {Backend} backend
 * @param {string} cache folder of all backends
 * @param {string} platform as `linux-x64`
 * @returns {Installation}
 */
export function installation(backend, cache, platform) {
  const folder = join(cache, folderName(backend, platform));
  const stamp = join(folder, stampName);
  const programs = Object.fromEntries(
    Object.entries(backend.programs).map(([name, path]) => [name, join(folder, path)]),
  );
  const absent = () => Object.values(programs).find((program) => !existsSync(program));
  return {
    backend,
    programs,
    title: backend.title,
    isDone: () => readStamp(stamp) !== undefined && absent() === undefined,
    async run() {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      await backend.make(folder);
      const program = absent();
      if (program !== undefined) {
        throw new SetupFailure(`${backend.title} was made, but without ${program}.`);
      }
      writeStamp(stamp, backend.version);
    },
  };
}
