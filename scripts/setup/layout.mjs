import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const windows = process.platform === "win32";

/** The repository's root folder (absolute). */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** Git-ignored folder of everything that set-up makes beside `node_modules` and `dist`. */
export const stateFolder = join(root, ".durascope");

/** The virtual environment of the engines. */
export const venv = join(stateFolder, "venv");

/** The Python interpreter of the virtual environment. */
export const venvPython = windows
  ? join(venv, "Scripts", "python.exe")
  : join(venv, "bin", "python");

/** The Temporal dev server as the pinned wheel installs it. */
export const venvTemporal = windows
  ? join(venv, "Scripts", "temporal.exe")
  : join(venv, "bin", "temporal");

/** Folder of the package's executables. */
export const binFolder = join(root, "node_modules", ".bin");

/** The Node that the development dependency `node` brings; every command runs on it. */
export const projectNode = join(root, "node_modules", "node", "bin", windows ? "node.exe" : "node");

/**
 * The absolute path of a command that the project's packages bring, or the name as it is.
 *
 * @param {string} name
 * @returns {string}
 */
export function resolveCommand(name) {
  if (name === "node") return projectNode;
  const local = join(binFolder, windows ? `${name}.cmd` : name);
  return existsSync(local) ? local : name;
}
