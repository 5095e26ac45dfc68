import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

/** The repository's root folder (absolute). */
export const repository: string = fileURLToPath(new URL("../../", import.meta.url));

/** The compose file (absolute). */
export const composeFile: string = join(repository, "docker-compose.otel.yml");

/** One service of the compose file, as far as the tests look at it. */
export interface ComposeService {
  readonly image: string;
  readonly build?: {
    readonly context: string;
    readonly dockerfile: string;
    readonly target: string;
  };
  readonly profiles: readonly string[];
  readonly restart: string;
  readonly user?: string;
  readonly hostname?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<
    Record<string, { readonly condition: string; readonly required?: boolean }>
  >;
  readonly deploy: {
    readonly resources: { readonly limits: { readonly cpus: string; readonly memory: string } };
  };
}

/** The compose file with its anchors and merges resolved, and nothing interpolated. */
export interface ComposeFile {
  readonly name: string;
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** Reads the compose file. */
export function readCompose(): ComposeFile {
  const file: ComposeFile = parse(readFileSync(composeFile, "utf8"), { merge: true });
  return file;
}

/** One service of the compose file; throws when there is none of the name. */
export function composeService(name: string): ComposeService {
  const service = readCompose().services[name];
  if (service === undefined) throw new Error(`the compose file has no service ${name}`);
  return service;
}

/** The text of a file of the repository. */
export function repositoryText(path: string): string {
  return readFileSync(join(repository, path), "utf8");
}

/** A YAML file of the repository, as it is parsed: the caller says what shape it has. */
export function repositoryYaml(path: string): unknown {
  return parse(repositoryText(path));
}

/** `source:target:mode` of a volume, taken apart. */
export function mountOf(volume: string): { readonly source: string; readonly target: string } {
  const [source = "", target = ""] = volume.split(":");
  return { source, target };
}

/** Whether a mount's source is a path of the repository, and not a named volume. */
export function isPath(source: string): boolean {
  return source.startsWith("./");
}
