import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

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
