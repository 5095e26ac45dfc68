import { createHash } from "node:crypto";
import { accessSync, constants, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { codeOf, SetupFailure } from "../failure.mjs";

/**
 * The folder that programs which take minutes to make are kept in: of the user and not of the clone, so that
 * a second clone finds them. `DURASCOPE_CACHE`, else `durascope` in the system's folder for caches.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {NodeJS.Platform} platform
 * @returns {string} absolute
 */
export function cacheFolder(env, platform) {
  const own = env["DURASCOPE_CACHE"];
  if (own) return resolve(own);
  const ofSystem = platform === "win32" ? env["LOCALAPPDATA"] : env["XDG_CACHE_HOME"];
  return join(ofSystem || join(homedir(), ".cache"), "durascope");
}

/**
 * Makes a folder of the cache where it is missing, and throws when nothing can be written to it.
 *
 * @param {string} folder
 */
export function makeWritable(folder) {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new SetupFailure(
      `The backends cannot be kept in ${folder}, which cannot be written to (${codeOf(error) ?? "unknown"}): let DURASCOPE_CACHE name another folder.`,
    );
  }
}

/**
 * The name of a backend's folder in the cache. Another version, platform or recipe is another folder: clones
 * that stand on different commits do not take each other's programs away.
 *
 * @param {{ name: string, version: string, recipe: unknown }} backend
 * @param {string} platform as `linux-x64`
 * @returns {string}
 */
export function folderName({ name, version, recipe }, platform) {
  const hash = createHash("sha256").update(JSON.stringify(recipe)).digest("hex");
  return `${name}-${version}-${platform}-${hash.slice(0, 12)}`;
}
