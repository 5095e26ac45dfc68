import { readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { property } from "../host/property.ts";

/** A package as some code would load it. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** Its folder, links followed: pnpm links packages from where their own dependencies lie beside them. */
  readonly path: string;
}

/** The package that code in `folder`, such as another package's, gets by a name; undefined when it is not installed. */
export function installedPackage(name: string, folder: string): InstalledPackage | undefined {
  for (const path of createRequire(join(folder, "_")).resolve.paths(name) ?? []) {
    const found = at(join(path, name), name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function at(path: string, name: string): InstalledPackage | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
    const version = property(manifest, "version");
    return typeof version === "string" ? { name, version, path: realpathSync(path) } : undefined;
  } catch {
    return undefined;
  }
}

/** Major and minor version as numbers. */
export function majorMinor(version: string): readonly [number, number] {
  const [major = "0", minor = "0"] = version.split(".");
  return [Number(major), Number(minor)];
}
