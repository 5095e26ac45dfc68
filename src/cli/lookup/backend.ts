import { existsSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import type { Environment } from "../../host/disabled.ts";
import type { LookupBackend } from "../../lookup/backend.ts";
import { MOST_KEYS } from "../../lookup/id-attributes.ts";
import { usageFailure } from "../failure.ts";
import { isLoopbackUrl, localBackend } from "./local-backends.ts";

/** Kinds of backends, as `--backend` and `DURASCOPE_BACKEND` name them. */
const BACKEND_KINDS = ["file", "jaeger", "tempo", "datadog"] as const;

/** A kind of backend. */
export type BackendKind = (typeof BACKEND_KINDS)[number];

/** What the command line says about the backend. */
export interface BackendChoice {
  readonly backend?: BackendKind;
  readonly url?: string;
  /** Files or folders. */
  readonly file?: readonly string[];
  /** Attributes of business keys to search by. */
  readonly key?: readonly string[];
}

/** The backend that is asked, and what made it be that one. */
export interface ChosenBackend {
  readonly backend: LookupBackend;
  /** `--file`, `JAEGER_URL`, `found beside OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly chosenBy: string;
  readonly kind: BackendKind;
  /** Attributes of business keys that it searches by; a file is searched by all. */
  readonly keys: readonly string[];
}

/** Which backend is asked, and why that one. */
export interface Choice {
  readonly kind: BackendKind;
  readonly chosenBy: string;
  /** Overrides the environment's; with it go no credentials that are meant for another origin. */
  readonly url?: string;
  /** Nobody named the address: no credentials go there at all. */
  readonly isGuess?: boolean;
}

/** Where the demo leaves its spans. */
const DEMO_FILE = join(".durascope", "demo.otlp.jsonl");

/** Attribute that business keys are searched by unless others are named: the one that the examples use. */
const DEFAULT_KEYS = ["order.id"];

/** Where a backend is looked for when nobody names one. */
export interface Surroundings {
  /** @default the global `fetch` */
  readonly request?: typeof fetch;
  /** Folder that the last demo's file is looked for in. @default the working directory */
  readonly folder?: string;
}

/**
 * The backend to ask: what the command line names, else the environment, else what answers on this machine, else the
 * file of the last demo. Fails with a usage failure when there is none, or when what was said does not go together.
 */
export async function chooseBackend(
  options: BackendChoice,
  environment: Environment,
  surroundings: Surroundings = {},
): Promise<ChosenBackend> {
  return backendOf(await choiceOf(options, environment, surroundings), options, environment);
}

/** The backend of a choice that was made before. Fails as {@link chooseBackend} does. */
export async function backendOf(
  choice: Choice | undefined,
  options: BackendChoice,
  environment: Environment,
): Promise<ChosenBackend> {
  if (choice === undefined) throw noBackend(environment);
  const { kind, chosenBy } = choice;
  const keys = [...new Set(options.key ?? keysOf(environment))];
  if (kind !== "file" && keys.length > MOST_KEYS) throw tooManyKeys(keys, options);
  const create = { file: () => file(options, environment), jaeger, tempo, datadog }[kind];
  return { backend: await create(choice, environment, keys), chosenBy, kind, keys };
}

/**
 * Which backend that is, without what it needs to be asked; undefined when there is none. Fails with a usage failure when
 * what was said does not go together.
 */
export async function choiceOf(
  options: BackendChoice,
  environment: Environment,
  surroundings: Surroundings = {},
): Promise<Choice | undefined> {
  return (
    byCommandLine(options, environment) ??
    byEnvironment(environment) ??
    (await bySearching(environment, surroundings))
  );
}

function tooManyKeys({ length }: readonly string[], { key }: BackendChoice): Error {
  return usageFailure(
    `At most ${MOST_KEYS} business keys are searched by, and ${key === undefined ? "DURASCOPE_KEYS" : "--key"} names ${length}. Name those that the id may be of.`,
  );
}

function byCommandLine(
  { backend, url, file: paths }: BackendChoice,
  environment: Environment,
): Choice | undefined {
  if (paths !== undefined) {
    if (paths.includes("-"))
      throw usageFailure(
        "A lookup reads a file more than once, so the standard input cannot be one. Write it to a file first.",
      );
    if (url !== undefined || (backend !== undefined && backend !== "file"))
      throw usageFailure(
        "--file names a file, and --url or --backend something else. Give one of them.",
      );
    return { kind: "file", chosenBy: "--file" };
  }
  if (url !== undefined) {
    const kind = backend ?? namedKind(environment);
    if (kind !== "jaeger" && kind !== "tempo")
      throw usageFailure(
        "--url goes with --backend jaeger or --backend tempo: it does not say which of them it is.",
      );
    return { kind, chosenBy: "--url", url };
  }
  return backend === undefined ? undefined : { kind: backend, chosenBy: "--backend" };
}

/** The kind that `DURASCOPE_BACKEND` names. */
function namedKind(environment: Environment): BackendKind | undefined {
  const named = environment["DURASCOPE_BACKEND"]?.trim() || undefined;
  if (named === undefined) return undefined;
  const kind = BACKEND_KINDS.find((known) => known === named);
  if (kind === undefined)
    throw usageFailure(`DURASCOPE_BACKEND is none of ${BACKEND_KINDS.join(", ")}.`);
  return kind;
}

function byEnvironment(environment: Environment): Choice | undefined {
  const kind = namedKind(environment);
  if (kind !== undefined) return { kind, chosenBy: "DURASCOPE_BACKEND" };
  if (isSet(environment, "DURASCOPE_FILE")) return { kind: "file", chosenBy: "DURASCOPE_FILE" };
  if (isSet(environment, "JAEGER_URL")) return { kind: "jaeger", chosenBy: "JAEGER_URL" };
  return isSet(environment, "TEMPO_URL") ? { kind: "tempo", chosenBy: "TEMPO_URL" } : undefined;
}

async function bySearching(
  environment: Environment,
  { request = fetch, folder = process.cwd() }: Surroundings,
): Promise<Choice | undefined> {
  const endpointName = endpointOf(environment);
  if (endpointName !== undefined) {
    const found = await localBackend(environment[endpointName] ?? "", request);
    if (found !== undefined)
      return { ...found, isGuess: true, chosenBy: `found beside ${endpointName}` };
  }
  const isAnySet = (...names: readonly string[]): boolean =>
    names.some((name) => isSet(environment, name));
  const hasApiKey = isAnySet("DD_API_KEY", "DATADOG_API_KEY");
  if (hasApiKey && isAnySet("DD_APP_KEY", "DD_APPLICATION_KEY", "DATADOG_APP_KEY"))
    return { kind: "datadog", chosenBy: "DD_API_KEY and DD_APP_KEY" };
  if (existsSync(join(folder, DEMO_FILE))) return { kind: "file", chosenBy: "the last demo" };
  // An agent's environment has these without an application key: what is missing is said rather than nothing.
  return hasApiKey || isAnySet("DD_SITE", "DATADOG_SITE")
    ? { kind: "datadog", chosenBy: "DD_SITE" }
    : undefined;
}

/** Name of the variable that says where spans are sent. */
function endpointOf(environment: Environment): string | undefined {
  return ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"].find((name) =>
    isSet(environment, name),
  );
}

async function file(options: BackendChoice, environment: Environment): Promise<LookupBackend> {
  const { fileBackend } = await import("../../lookup/file/file.ts");
  const paths = options.file ?? [environment["DURASCOPE_FILE"] || DEMO_FILE];
  return fileBackend(...paths.map(shortest));
}

async function jaeger(
  choice: Choice,
  environment: Environment,
  keys: readonly string[],
): Promise<LookupBackend> {
  const { createJaegerBackend, jaegerOptionsOf } = await import("../../lookup/jaeger/jaeger.ts");
  const target = targetOf(choice, environment, JAEGER);
  return createJaegerBackend({ ...jaegerOptionsOf(target.environment), ...target.address, keys });
}

async function tempo(
  choice: Choice,
  environment: Environment,
  keys: readonly string[],
): Promise<LookupBackend> {
  const { createTempoBackend, tempoOptionsOf } = await import("../../lookup/tempo/tempo.ts");
  const target = targetOf(choice, environment, TEMPO);
  return createTempoBackend({ ...tempoOptionsOf(target.environment), ...target.address, keys });
}

async function datadog(
  _choice: Choice,
  environment: Environment,
  keys: readonly string[],
): Promise<LookupBackend> {
  const { createDatadogBackend, datadogOptionsOf } = await import(
    "../../lookup/datadog/datadog.ts"
  );
  return createDatadogBackend({ ...datadogOptionsOf(environment), keys });
}

/** Where an address and what goes with it stand in the environment, and the address where nothing is set. */
interface Address {
  readonly name: string;
  readonly secrets: readonly string[];
  /** Other settings that are of the address's origin alone. */
  readonly others: readonly string[];
  readonly usual: string;
}

const JAEGER: Address = {
  name: "JAEGER_URL",
  secrets: ["JAEGER_AUTHORIZATION"],
  others: ["JAEGER_UI_URL"],
  usual: "http://localhost:16686",
};
const TEMPO: Address = {
  name: "TEMPO_URL",
  secrets: ["TEMPO_AUTHORIZATION", "TEMPO_ORG_ID"],
  others: [],
  usual: "http://localhost:3200",
};

/** Where a backend is, how that is set, and the environment with that address in it. */
interface Target {
  readonly address: { readonly url: string; readonly addressBy: string };
  readonly environment: Environment;
}

/** The chosen address, else the environment's, else the usual one. What stands beside another origin's address does not go with it. */
function targetOf(choice: Choice, environment: Environment, address: Address): Target {
  const { name, secrets, others, usual } = address;
  const { isGuess = false, chosenBy } = choice;
  const set = isSet(environment, name) ? environment[name] : undefined;
  const url = choice.url ?? set ?? usual;
  const isOther = set !== undefined && URL.parse(set)?.origin !== URL.parse(url)?.origin;
  const kept = Object.entries(environment).filter(
    ([key]) =>
      !((isOther || isGuess) && secrets.includes(key)) && !(isOther && others.includes(key)),
  );
  return {
    address: { url, addressBy: chosenBy === "--url" ? "--url" : name },
    environment: { ...Object.fromEntries(kept), [name]: url },
  };
}

function keysOf(environment: Environment): readonly string[] {
  const names = (environment["DURASCOPE_KEYS"] ?? "").split(",").map((name) => name.trim());
  const keys = names.filter((name) => name !== "");
  return keys.length === 0 ? DEFAULT_KEYS : keys;
}

function isSet(environment: Environment, name: string): boolean {
  return (environment[name] ?? "").trim() !== "";
}

function noBackend(environment: Environment): Error {
  const endpoint = endpointOf(environment);
  const beside =
    endpoint === undefined
      ? "no OTEL_EXPORTER_OTLP_ENDPOINT is set beside which one could be"
      : isLoopbackUrl(environment[endpoint] ?? "")
        ? `no Jaeger or Tempo answers beside ${endpoint}`
        : `${endpoint} names another machine, where none is looked for`;
  return usageFailure(
    `There is nothing to look in: no backend is named, ${beside}, and there is no ${DEMO_FILE}.`,
    [
      "Name one: --file spans.otlp.jsonl, --backend jaeger --url http://127.0.0.1:16686, --backend tempo --url http://127.0.0.1:3200,",
      "or --backend datadog with DD_API_KEY, DD_APP_KEY and DD_SITE.",
    ].join("\n"),
  );
}

/** A path as people would write it here. */
function shortest(path: string): string {
  const fromHere = isAbsolute(path) ? relative(process.cwd(), path) : path;
  return fromHere.startsWith("..") || fromHere === "" ? path : fromHere;
}
