import { readFileSync } from "node:fs";

type Manifest = Readonly<
  Partial<Record<"dependencies" | "devDependencies", Readonly<Record<string, string>>>>
>;

/**
 * The exact version that a manifest of the repository pins: what the tests run. Throws when it pins none, since a page would
 * else tell what nobody ran.
 *
 * @param folder path below the repository with a slash at its end, `test/stacks/dd-trace/`; empty for the repository's own
 */
export function pinnedVersion(folder: string, name: string): string {
  const path = new URL(`../../${folder}package.json`, import.meta.url);
  const manifest: Manifest = JSON.parse(readFileSync(path, "utf8"));
  const version = { ...manifest.devDependencies, ...manifest.dependencies }[name];
  if (version === undefined || !/^\d/.test(version))
    throw new Error(`${folder}package.json pins no version of ${name}`);
  return version;
}
