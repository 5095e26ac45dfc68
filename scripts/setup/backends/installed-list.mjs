import { writeStamp } from "../stamp.mjs";

/**
 * Writes which backends this clone's tests can use and where they are (test/backends/installed.ts reads it):
 * `{ "<name>": { "version", "programs": { "<name>": "<path>" } } }`, with a `reason` in place of programs for one
 * that could not be made.
 *
 * @param {string} file
 * @param {readonly import("./installation.mjs").Installation[]} installations
 * @param {ReadonlyMap<unknown, Error>} failures by installation
 */
export function writeInstalledList(file, installations, failures) {
  const list = Object.fromEntries(
    installations.map((found) => [found.backend.name, entry(found, failures.get(found))]),
  );
  writeStamp(file, JSON.stringify(list, undefined, 2));
}

/**
 * @param {import("./installation.mjs").Installation} found
 * @param {Error | undefined} failure
 */
function entry({ backend: { version }, programs }, failure) {
  if (failure === undefined) return { version, programs };
  // The tool's own lines stood at the terminal only.
  const reason = failure.message.replace(/; [^;]*last lines are below\.$/u, ".");
  return { version, programs: {}, reason };
}
