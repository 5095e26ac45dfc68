import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { property } from "../host/property.ts";

const REGISTRY = Symbol.for("opentelemetry.js.api.1");
const API = "@opentelemetry/api";

/**
 * Whether the application's own copy of OpenTelemetry's API cannot see the provider that is registered, in a sentence; undefined
 * when all is well or nothing is known. A copy takes only what a copy of its own minor version or a later one registered
 * (https://github.com/open-telemetry/opentelemetry-js/blob/main/api/src/internal/semver.ts), and is silent about the rest: its
 * spans then have ids of zeros. `dd-trace` 5 and 6 register by API 1.9.
 *
 * @param application version of the application's copy. @default that of the copy which the process's main program loads
 */
export function apiVersionTrouble(
  application: string | undefined = applicationVersion(),
): string | undefined {
  const registered: unknown = property(Reflect.get(globalThis, REGISTRY), "version");
  if (typeof registered !== "string" || application === undefined) return undefined;
  const [, theirs] = minorOf(registered);
  const [major, own] = minorOf(application);
  if (major !== 1 || !(theirs < own)) return undefined;
  return (
    `the tracer provider of this process was registered by ${API} ${registered}, and the application's own ${API} ${application} ` +
    "does not see it: spans that it makes are empty, with ids of zeros. " +
    `Install ${API}@1.${theirs} in the application, the version that the provider comes with.`
  );
}

function minorOf(version: string): [number, number] {
  const [major, minor] = version.split(".");
  return [Number(major), Number(minor)];
}

/** Version of the API that the main program would load; undefined in a bundle, or without one. */
function applicationVersion(): string | undefined {
  try {
    const main = process.argv[1] ?? join(process.cwd(), "main");
    const entry = createRequire(main).resolve(API);
    const root = entry.slice(0, entry.lastIndexOf(join(...API.split("/"))) + API.length);
    const manifest: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const version = property(manifest, "version");
    return typeof version === "string" ? version : undefined;
  } catch {
    return undefined;
  }
}
