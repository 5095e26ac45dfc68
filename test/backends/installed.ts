import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The real programs that `npm run setup:backends` makes, by their names in its list. */
export type BackendName =
  | "jaeger"
  | "prometheus"
  | "prometheus3"
  | "collector"
  | "compose"
  | "python";

/** What the set-up wrote about one backend. */
export interface InstalledBackend {
  readonly version: string;
  /** Absolute paths of its programs, by name; empty when the set-up could not make it. */
  readonly programs: Readonly<Record<string, string>>;
  /** Why the set-up could not make it; absent when it could. */
  readonly reason?: string;
}

const titles: Readonly<Record<BackendName, string>> = {
  jaeger: "Jaeger",
  prometheus: "Prometheus 2",
  prometheus3: "Prometheus 3",
  collector: "the OpenTelemetry Collector",
  compose: "docker compose",
  python: "the Python tools",
};

const remedy = "run `npm run setup:backends`";

/** The list that `npm run setup:backends` writes (scripts/setup/backends/installed-list.mjs). */
const listFile = fileURLToPath(new URL("../../.durascope/backends.json", import.meta.url));

/**
 * Why a backend cannot be used in this clone, as a sentence for a skipped test's name; undefined when it can.
 */
export function missingBackend(name: BackendName): string | undefined {
  const found = readList()[name];
  if (found === undefined) return `${titles[name]} is not set up: ${remedy}`;
  if (found.reason !== undefined) return `${titles[name]} could not be set up: ${found.reason}`;
  const gone = Object.values(found.programs).find((program) => !existsSync(program));
  return gone === undefined ? undefined : `${gone} is gone: ${remedy}`;
}

/**
 * A test's title with the reason why it is skipped, so that a run without backends says what it did not prove.
 *
 * Use: `describe.skipIf(missing !== undefined)(withReason("lookup in a real Jaeger", missing), ...)`.
 */
export function withReason(title: string, missing: string | undefined): string {
  return missing === undefined ? title : `${title} (skipped: ${missing})`;
}

/** Absolute path of a backend's program. Throws when the backend is not set up, see {@link missingBackend}. */
export function backendProgram(name: BackendName, program: string): string {
  const missing = missingBackend(name);
  if (missing !== undefined) throw new Error(missing);
  const path = readList()[name]?.programs[program];
  if (path === undefined) throw new Error(`${titles[name]} has no program ${program}: ${remedy}`);
  return path;
}

function readList(): Readonly<Record<string, InstalledBackend>> {
  try {
    const list: Readonly<Record<string, InstalledBackend>> = JSON.parse(
      readFileSync(listFile, "utf8"),
    );
    return list;
  } catch {
    return {};
  }
}
