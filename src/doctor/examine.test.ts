import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type ScriptedCollector,
  startScriptedCollector,
} from "../../test/doubles/scripted-collector.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import type { StepFunctionsApi } from "../stepfunctions/step-functions-api.ts";
import { type Examined, examine } from "./examine.ts";
import type { Finding } from "./finding.ts";

const folder = temporaryFolder();
const MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:orderSaga";
let collector: ScriptedCollector;
beforeEach(async () => {
  collector = await startScriptedCollector();
});
afterEach(() => collector.stop());

function examined(
  environment: Record<string, string> = {},
  over: Partial<Examined> = {},
): Promise<Finding[]> {
  return examine({
    environment,
    folder: folder.path(),
    nodeVersion: "24.1.0",
    now: Date.now,
    ...over,
  });
}

/** The findings of one check. */
async function of(check: string, ...input: Parameters<typeof examined>): Promise<Finding[]> {
  return (await examined(...input)).filter((finding) => finding.check === check);
}

async function install(name: string, version: string, below = ""): Promise<void> {
  const file = folder.path(below, "node_modules", name, "package.json");
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify({ name, version }));
}

describe("the endpoint", () => {
  const at = (over: Record<string, string> = {}): Record<string, string> => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin,
    ...over,
  });

  test.each(["http/json", "http/protobuf"])("that takes spans, by %s", async (protocol) => {
    const [found] = await of("endpoint", at({ OTEL_EXPORTER_OTLP_PROTOCOL: protocol }));
    expect(found).toEqual({
      check: "endpoint",
      status: "ok",
      text: `${collector.origin}/v1/traces takes spans (${protocol})`,
    });
    expect(collector.requests).toHaveLength(1);
    expect(collector.requests[0]).toMatchObject({ path: "/v1/traces", spans: [] });
  });

  test("gets the headers of the environment, and says none of them", async () => {
    const findings = await examined(at({ OTEL_EXPORTER_OTLP_HEADERS: "api-key=secret" }));
    expect(collector.requests[0]?.headers["api-key"]).toBe("secret");
    expect(JSON.stringify(findings)).not.toContain("secret");
  });

  test.each([
    [401, /takes nothing from here \(HTTP 401\)/, /key in OTEL_EXPORTER_OTLP_HEADERS/],
    [404, /HTTP 404/, /path: OTEL_EXPORTER_OTLP_ENDPOINT is the base/],
    [302, /HTTP 302/, /path/],
    [400, /refuses a request without spans \(HTTP 400\)/, /OTEL_EXPORTER_OTLP_PROTOCOL/],
    [503, /does not answer as a collector \(HTTP 503\)/, /Start the collector/],
  ])("that answers %i", async (status, text, hint) => {
    collector.always({ status });
    expect(await of("endpoint", at())).toEqual([
      {
        check: "endpoint",
        status: "failed",
        text: expect.stringMatching(text),
        hint: expect.stringMatching(hint),
      },
    ]);
  });

  test("that is not there", async () => {
    const { origin } = collector;
    await collector.stop();
    const [found] = await of("endpoint", { OTEL_EXPORTER_OTLP_ENDPOINT: origin });
    expect(found).toMatchObject({
      status: "failed",
      text: expect.stringContaining("ECONNREFUSED"),
    });
    collector = await startScriptedCollector();
  });

  test("that is not set is a warning", async () => {
    expect(await of("endpoint")).toEqual([expect.objectContaining({ status: "warning" })]);
    expect(collector.requests).toEqual([]);
  });

  test.each([
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, /over HTTP, and "grpc" was asked for/],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "nowhere" }, /no http or https URL/],
  ])("with settings that make no sense: %j", async (environment, text) => {
    const [found] = await of("endpoint", at(environment));
    expect(found).toMatchObject({ status: "failed", text: expect.stringMatching(text) });
    expect(found?.hint).toMatch(/^Set /);
  });

  test("variables that are not used are told of", async () => {
    const [found] = await of("settings", at({ OTEL_EXPORTER_OTLP_COMPRESSION: "zstd" }));
    expect(found).toMatchObject({
      status: "warning",
      text: expect.stringContaining("gzip or none"),
    });
  });

  test("whose clock differs by more than a minute is told of", async () => {
    expect(await of("clock", at())).toEqual([]);
    const fast = { now: () => Date.now() + 600_000 };
    expect((await of("clock", at(), fast))[0]?.text).toMatch(/10 min ahead of the backend/);
    const slow = { now: () => Date.now() - 600_000 };
    expect((await of("clock", at(), slow))[0]?.text).toMatch(/10 min behind the backend/);
  });
});

describe("packages", () => {
  test("none at all is fine: durascope needs none", async () => {
    expect(await of("api_pair")).toEqual([expect.objectContaining({ status: "ok" })]);
    expect(await of("package")).toEqual([]);
  });

  test.each([
    ["1.9.1", "@opentelemetry/sdk-trace-base", "2.12.1", "ok"],
    ["1.10.0", "@opentelemetry/sdk-trace", "3.1.1", "ok"],
    ["1.9.0", "@opentelemetry/sdk-trace", "3.1.1", "warning"],
    ["1.10.0", "@opentelemetry/sdk-trace-base", "2.12.1", "warning"],
    ["1.9.0", "@opentelemetry/sdk-trace-base", "1.30.0", "warning"],
    ["1.8.0", "@opentelemetry/sdk-trace-base", "2.0.0", "failed"],
  ])("API %s with %s %s: %s", async (api, sdk, version, status) => {
    await install("@opentelemetry/api", api);
    await install(sdk, version);
    expect(await of("api_pair")).toEqual([expect.objectContaining({ status })]);
  });

  test("an SDK that brings an older API along than the application has is found", async () => {
    await install("@opentelemetry/api", "1.10.0");
    await install("@opentelemetry/sdk-trace-base", "2.12.1");
    await install("@opentelemetry/api", "1.9.1", "node_modules/@opentelemetry/sdk-trace-base");
    const [found] = await of("api_pair");
    expect(found).toMatchObject({
      status: "failed",
      text: expect.stringMatching(/application loads .* 1\.10\.0 and its SDK 1\.9\.1/),
    });
  });

  test("dd-trace is told of, and that API 1.10 does not go with it", async () => {
    await install("dd-trace", "6.21.0");
    expect(await of("dd_trace")).toEqual([expect.objectContaining({ status: "ok" })]);
    await install("@opentelemetry/api", "1.10.0");
    expect(await of("dd_trace")).toEqual([
      expect.objectContaining({ status: "warning", text: expect.stringContaining("zeros") }),
    ]);
  });

  test("engines' packages that are too old are found", async () => {
    await install("@temporalio/worker", "1.22.0");
    await install("pino", "9.0.0");
    expect((await of("package")).map(({ status, text }) => `${status} ${text}`)).toEqual([
      expect.stringMatching(/^failed @temporalio\/worker 1\.22\.0 is older/),
      "ok pino 9.0.0",
    ]);
  });
});

describe("the runtime", () => {
  test("an old Node.js fails", async () => {
    const [old] = await of("node", {}, { nodeVersion: "22.14.1" });
    const [enough] = await of("node", {}, { nodeVersion: "22.15.0" });
    expect([old?.status, enough?.status]).toEqual(["failed", "ok"]);
  });

  test.each([
    [{ DURASCOPE_DISABLED: "TRUE" }, /DURASCOPE_DISABLED=true/],
    [{ OTEL_SDK_DISABLED: "true" }, /OTEL_SDK_DISABLED=true/],
    [{ OTEL_TRACES_EXPORTER: "none" }, /OTEL_TRACES_EXPORTER=none/],
  ])("%j is told of", async (environment, text) => {
    expect((await of("disabled", environment))[0]?.text).toMatch(text);
  });
});

describe("the spool", () => {
  test("what waits in it, and what is corrupt, is told", async () => {
    const spool = folder.path("spool");
    const environment = { DURASCOPE_SPOOL_DIR: spool };
    expect(await of("spool")).toEqual([]);
    expect(await of("spool", environment)).toEqual([expect.objectContaining({ status: "failed" })]);
    await mkdir(`${spool}/writer-00000001`, { recursive: true });
    expect(await of("spool", environment)).toEqual([expect.objectContaining({ status: "ok" })]);
    await writeFile(`${spool}/writer-00000001/1.otlp`, "x".repeat(2000));
    await writeFile(`${spool}/2.otlp.corrupt`, "x");
    expect((await of("spool", environment))[0]?.text).toMatch(/^1 batches \(2 KiB\) wait/);
    expect(await of("spool_corrupt", environment)).toHaveLength(1);
  });
});

describe("the backend", () => {
  test.each([
    ["https://abc.live.dynatrace.com/api/v2/otlp", /^Dynatrace refuses .* 60 minutes/, "warning"],
    ["https://ingress.eu-west-1.aws.dash0.com", /^Dash0 refuses .* 6 hours/, "warning"],
    ["https://endpoint4.collection.sumologic.com/receiver", /^Sumo Logic .* 24 hours/, "warning"],
    ["https://otlp-gateway-prod-eu-west-2.grafana.net/otlp", /^Grafana Tempo takes/, "ok"],
    ["https://otlp.datadoghq.eu", /^Datadog .* retention filter/, "ok"],
    ["https://notdynatrace.com", /is not known here.*Dynatrace refuses/, "ok"],
  ])("behind %s", async (endpoint, text, status) => {
    const { backendFinding } = await import("./backend-check.ts");
    const found = backendFinding(new URL(endpoint), {});
    expect(found).toMatchObject({ status, text: expect.stringMatching(text) });
  });

  test("that the environment or this machine tells", async () => {
    expect((await of("backend", { TEMPO_URL: "http://t:3200" }))[0]?.text).toMatch(
      /^Grafana Tempo/,
    );
    expect((await of("backend", { DURASCOPE_BACKEND: "jaeger" }))[0]?.text).toMatch(/^Jaeger/);
    expect((await of("backend", { DD_SITE: "datadoghq.eu" }))[0]?.text).toMatch(/^Datadog/);
    const beside = { backendBeside: () => Promise.resolve("jaeger" as const) };
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin };
    expect((await of("backend", environment, beside))[0]?.text).toMatch(/^Jaeger/);
  });
});

describe("permissions", () => {
  const denied = (): Promise<never> =>
    Promise.reject(Object.assign(new Error("secret text"), { name: "AccessDeniedException" }));

  function api(over: Partial<StepFunctionsApi> = {}): StepFunctionsApi {
    return {
      listExecutions: () => Promise.resolve({ executions: [{ executionArn: "arn:x" }] }),
      getExecutionHistory: () => Promise.resolve({ events: [] }),
      describeExecution: () => Promise.resolve({}),
      ...over,
    };
  }

  const asked = (client: StepFunctionsApi): Promise<Finding[]> =>
    of("permissions", {}, { stateMachineArn: MACHINE, client });

  test("are tried only when a state machine is named", async () => {
    expect(await of("permissions", {}, { client: api() })).toEqual([]);
    expect((await asked(api())).map(({ text }) => text)).toEqual([
      "states:ListExecutions is allowed",
      "states:GetExecutionHistory is allowed",
      "states:DescribeExecution is allowed",
    ]);
  });

  test("are tried without asking for payloads, which need further ones", async () => {
    const requests: unknown[] = [];
    const taken = (request: unknown): Promise<object> =>
      Promise.resolve(requests.push(request)).then(() => ({}));
    await asked(api({ getExecutionHistory: taken, describeExecution: taken }));
    expect(requests).toEqual([
      expect.objectContaining({ includeExecutionData: false }),
      { executionArn: "arn:x", includedData: "METADATA_ONLY" },
    ]);
  });

  test("that are missing are named", async () => {
    const findings = await asked(api({ getExecutionHistory: denied }));
    expect(findings[1]).toEqual({
      check: "permissions",
      status: "failed",
      text: "states:GetExecutionHistory failed (AccessDeniedException)",
      hint: expect.stringMatching(/^Allow states:GetExecutionHistory/),
    });
    expect(await asked(api({ listExecutions: denied }))).toHaveLength(1);
  });

  test("cannot all be tried without an execution", async () => {
    const none = api({ listExecutions: () => Promise.resolve({ executions: [] }) });
    expect((await asked(none)).map(({ status }) => status)).toEqual(["ok", "warning"]);
  });
});
