import { backendProgram } from "./installed.ts";
import { isOk, portAt, type RunningBackend, startBackend } from "./server.ts";

/** Datadog's own test agent (PyPI `ddapm-test-agent`): takes what tracers send and gives it back. */
export interface RunningTestAgent extends RunningBackend {
  /** Base URL of the agent for `dd-trace` (`DD_TRACE_AGENT_URL`); its payloads are read back here: `/test/session/traces`. */
  readonly agentUrl: string;
  /** Base URL of OTLP/HTTP, JSON and protobuf. OTLP is read back **here**: `/test/session/traces`, not on the agent's port. */
  readonly otlpUrl: string;
}

/**
 * Starts the test agent on free ports of 127.0.0.1. Throws when it is not set up: ask `missingBackend("python")` first.
 *
 * Trace and span ids come back as 64-bit JSON numbers, which `JSON.parse` rounds: read them as text. The upper half of a
 * 128-bit trace id is in `meta["_dd.p.tid"]`. The header `X-Datadog-Test-Session-Token` keeps tests apart.
 */
export async function startTestAgent(): Promise<RunningTestAgent> {
  const python = backendProgram("python", "python");
  const backend = await startBackend({
    name: "The Datadog test agent",
    portCount: 3,
    command: (ports, folder) => ({
      program: python,
      args: [
        "-m",
        "ddapm_test_agent.agent",
        "--host",
        "127.0.0.1",
        "--port",
        String(portAt(ports, 0)),
        "--otlp-http-port",
        String(portAt(ports, 1)),
        "--otlp-grpc-port",
        String(portAt(ports, 2)),
        "--snapshot-dir",
        folder,
        "--vcr-cassettes-directory",
        folder,
        "--disable-llmobs-data-forwarding",
        "--log-level",
        "WARNING",
      ],
      env: { PYTHONDONTWRITEBYTECODE: "1", PYTHONUNBUFFERED: "1", PYTHONPATH: "" },
    }),
    ask: async (ports) =>
      (await isOk(`http://127.0.0.1:${portAt(ports, 0)}/info`)) &&
      isOk(`http://127.0.0.1:${portAt(ports, 1)}/test/session/traces`),
  });
  return {
    ...backend,
    agentUrl: `http://127.0.0.1:${portAt(backend.ports, 0)}`,
    otlpUrl: `http://127.0.0.1:${portAt(backend.ports, 1)}`,
  };
}
