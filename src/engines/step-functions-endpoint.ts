import { access } from "node:fs/promises";
import { DurascopeError } from "../core/errors.ts";
import { freePort } from "./free-port.ts";
import { enginePython, launcherFolder } from "./paths.ts";
import type { ServerExit } from "./server-process.ts";
import { startEngine } from "./start-engine.ts";
import { waitUntilReady } from "./wait-until-ready.ts";

/** Options of {@link startStepFunctionsEndpoint}. */
export interface StepFunctionsEndpointOptions {
  /** Where Lambda invocations go, see `startLambdaEndpoint`; without it no state can invoke a Lambda. */
  readonly lambdaEndpoint?: string;
  /** Factor on retry back-off: 0.01 turns 2 s into 20 ms. Wait states and timeouts are not scaled. @default 1 */
  readonly timeScale?: number;
  /** Folder for the endpoint's log. @default a new temporary folder, removed when the endpoint has ended as asked */
  readonly logDirectory?: string;
  /** Ends the endpoint when it fires. */
  readonly signal?: AbortSignal;
}

/** A Step Functions API that answers: one that we started, or one that was there. */
export interface StepFunctionsEndpoint {
  /** URL for the `endpoint` option of an AWS client. */
  readonly endpoint: string;
  /** True when `AWS_ENDPOINT_URL_SFN` named it: `stop` leaves it alone. */
  readonly external: boolean;
  /** Process id of the endpoint; absent when external. */
  readonly pid?: number;
  /** The endpoint's log; absent when external. */
  readonly logFile?: string;
  /** Resolves when the endpoint's process has ended, with `expected: false` when nobody asked for it. Never resolves for an external one. */
  readonly closed: Promise<ServerExit>;
  /** Ends the endpoint and resolves when it is gone. May be called again. */
  readonly stop: () => Promise<void>;
}

/**
 * The host and port at which the endpoint of `AWS_ENDPOINT_URL_SFN` looks for functions, told by `SFN_LAMBDA_ENDPOINT`,
 * which our launcher reads too: what `startLambdaEndpoint` has to listen on. Undefined when no such endpoint is named,
 * since one of our own is told at its start.
 *
 * Throws a {@link DurascopeError} when only the endpoint is named: it could not invoke anything.
 */
export function externalLambdaAddress(): { host: string; port: number } | undefined {
  const { AWS_ENDPOINT_URL_SFN: endpoint = "", SFN_LAMBDA_ENDPOINT: functions = "" } = process.env;
  if (endpoint === "") return undefined;
  const url = URL.canParse(functions) ? new URL(functions) : undefined;
  const port = Number(url?.port);
  if (url !== undefined && port > 0) return { host: url.hostname, port };
  throw new DurascopeError(
    "STEP_FUNCTIONS_NO_FUNCTIONS",
    "AWS_ENDPOINT_URL_SFN names an endpoint that already runs, and it has to know where to invoke functions. " +
      "Start it with SFN_LAMBDA_ENDPOINT=http://127.0.0.1:5555 (any free port) and set the same here.",
  );
}

const name = "The Step Functions endpoint";
const externalTimeoutMs = 8_000;
const callTimeoutMs = 5_000;

/**
 * Starts a Step Functions endpoint (moto with our launcher) on a free port of 127.0.0.1, or uses the one
 * that `AWS_ENDPOINT_URL_SFN` names.
 *
 * It takes any static credentials and keeps its state in memory. It ends with this process, however that
 * ends. Throws a {@link DurascopeError} within 30 s when no endpoint answers.
 */
export async function startStepFunctionsEndpoint(
  options: StepFunctionsEndpointOptions = {},
): Promise<StepFunctionsEndpoint> {
  const url = process.env["AWS_ENDPOINT_URL_SFN"];
  if (url !== undefined && url !== "") return useExternal(url);

  await access(enginePython).catch(() => {
    throw new DurascopeError(
      "STEP_FUNCTIONS_NOT_SET_UP",
      `${name} is not installed (no ${enginePython}). Run \`npm run setup\`, or set AWS_ENDPOINT_URL_SFN.`,
    );
  });
  const { ports, server, logFile } = await startEngine({
    name,
    logName: "step-functions-endpoint.log",
    logDirectory: options.logDirectory,
    signal: options.signal,
    findPorts: freePort,
    command: (port) => ({
      program: enginePython,
      args: launcherArgs(port, options),
      env: { PYTHONPATH: launcherFolder, PYTHONUNBUFFERED: "1", PYTHONDONTWRITEBYTECODE: "1" },
    }),
    ask: (port) => isReady(urlOf(port)),
  });
  return {
    endpoint: urlOf(ports),
    external: false,
    pid: server.pid,
    logFile,
    closed: server.closed,
    stop: server.stop,
  };
}

function launcherArgs(port: number, options: StepFunctionsEndpointOptions): readonly string[] {
  return [
    "-m",
    "step_functions_endpoint",
    "--port",
    String(port),
    "--time-scale",
    String(options.timeScale ?? 1),
    "--exit-with-parent",
    ...(options.lambdaEndpoint === undefined ? [] : ["--lambda-endpoint", options.lambdaEndpoint]),
  ];
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

async function useExternal(endpoint: string): Promise<StepFunctionsEndpoint> {
  if (!URL.canParse(endpoint)) {
    throw new DurascopeError(
      "STEP_FUNCTIONS_UNREACHABLE",
      `AWS_ENDPOINT_URL_SFN is not a URL: ${endpoint}. It has the form http://127.0.0.1:5000.`,
    );
  }
  const reason = await waitUntilReady({
    ask: () => answers(endpoint),
    timeoutMs: externalTimeoutMs,
  });
  if (reason !== undefined) {
    throw new DurascopeError(
      "STEP_FUNCTIONS_UNREACHABLE",
      `No Step Functions endpoint answered at ${endpoint} (AWS_ENDPOINT_URL_SFN) within ${externalTimeoutMs / 1000} s. Start it, or unset AWS_ENDPOINT_URL_SFN to use a local one.`,
    );
  }
  return {
    endpoint,
    external: true,
    closed: new Promise(() => undefined),
    stop: () => Promise.resolve(),
  };
}

/** moto's own status page answers 201. */
async function isReady(endpoint: string): Promise<boolean> {
  const response = await askStatus(endpoint);
  return response.status === 201;
}

/** An endpoint of another make need not know moto's page: any HTTP answer will do. */
async function answers(endpoint: string): Promise<boolean> {
  await askStatus(endpoint);
  return true;
}

/** Not `/`: to answer that, moto loads every service that it has. */
async function askStatus(endpoint: string): Promise<Response> {
  const url = new URL("/moto-api/config", endpoint);
  const response = await fetch(url, { signal: AbortSignal.timeout(callTimeoutMs) });
  await response.body?.cancel();
  return response;
}
