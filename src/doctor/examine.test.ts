import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type ScriptedCollector,
  startScriptedCollector,
} from "../../test/doubles/scripted-collector.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import type { StepFunctionsApi } from "../stepfunctions/step-functions-api.ts";
import { backendFinding } from "./backend-check.ts";
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

  test("whose path holds a key is told of without it", async () => {
    const path = "/receiver/v1/otlp/ZaVnC4dhaV1GyyyZZZ1234567890abcdef==";
    const findings = await examined({ OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.origin}${path}` });
    expect(collector.requests[0]?.path).toContain("ZaVnC4dhaV1G");
    expect(JSON.stringify(findings)).toContain("/receiver/v1/otlp/…/v1/traces");
    expect(JSON.stringify(findings)).not.toContain("ZaVnC4dhaV1G");
  });

  test("that OTEL_TRACES_EXPORTER=none keeps from being used is not said to be missing", async () => {
    const found = await examined(at({ OTEL_TRACES_EXPORTER: "none" }));
    expect(found.map(({ check }) => check)).not.toContain("endpoint");
    expect(found).toContainEqual(expect.objectContaining({ check: "disabled" }));
    expect(collector.requests).toEqual([]);
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
      text: expect.stringMatching(/application loads .* 1\.10\.0 and its SDK .* 1\.9\.1/),
    });
  });

  test("an SDK's older API is found where a package brings the SDK along, as with pnpm's links", async () => {
    await install("@opentelemetry/api", "1.10.0");
    const store = "node_modules/.pnpm/sdk-node@0.2/";
    await install("@opentelemetry/sdk-node", "0.223.0", store);
    await install("@opentelemetry/sdk-trace-base", "2.12.1", store);
    await install("@opentelemetry/api", "1.9.1", store);
    await symlink(
      folder.path(store, "node_modules/@opentelemetry/sdk-node"),
      folder.path("node_modules/@opentelemetry/sdk-node"),
    );
    expect(await of("api_pair")).toEqual([
      expect.objectContaining({
        status: "failed",
        text: expect.stringMatching(/1\.10\.0 and its SDK .*2\.12\.1.* 1\.9\.1/),
      }),
    ]);
  });

  test("an application that loads an older API than its SDK sees its provider", async () => {
    await install("@opentelemetry/api", "1.9.1");
    await install("@opentelemetry/sdk-trace", "3.1.1");
    await install("@opentelemetry/api", "1.10.0", "node_modules/@opentelemetry/sdk-trace");
    expect(await of("api_pair")).toEqual([expect.objectContaining({ status: "ok" })]);
  });

  test("an SDK without an API is found", async () => {
    await install("@opentelemetry/sdk-trace", "3.1.1");
    expect(await of("api_pair")).toEqual([expect.objectContaining({ status: "failed" })]);
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
    // Whoever uses it makes it.
    expect(await of("spool", environment)).toEqual([expect.objectContaining({ status: "ok" })]);
    await mkdir(`${spool}/writer-00000001`, { recursive: true });
    expect(await of("spool", environment)).toEqual([expect.objectContaining({ status: "ok" })]);
    await writeFile(`${spool}/writer-00000001/1.otlp`, "x".repeat(2000));
    await writeFile(`${spool}/2.otlp.corrupt`, "x");
    expect((await of("spool", environment))[0]?.text).toMatch(/^1 batch waits .*\(2 KiB\)$/);
    expect(await of("spool_corrupt", environment)).toHaveLength(1);
  });

  test.each(["file", "file/spool"])(
    "that is, or lies in, a file is a failure: %s",
    async (path) => {
      await writeFile(folder.path("file"), "");
      expect(await of("spool", { DURASCOPE_SPOOL_DIR: folder.path(path) })).toEqual([
        expect.objectContaining({ status: "failed", text: expect.stringContaining("ENOTDIR") }),
      ]);
    },
  );

  test("whose bound is none is a failure", async () => {
    const spool = { DURASCOPE_SPOOL_DIR: folder.path(), DURASCOPE_SPOOL_MAX_BYTES: "1 GB" };
    expect(await of("spool", spool)).toEqual([expect.objectContaining({ status: "failed" })]);
  });

  test("that cannot be made is a failure", async ({ skip }) => {
    skip(process.getuid?.() === 0, "root may write everywhere");
    await chmod(folder.path(), 0o500);
    const found = await of("spool", { DURASCOPE_SPOOL_DIR: folder.path("spool") });
    await chmod(folder.path(), 0o700);
    expect(found[0]).toMatchObject({
      status: "failed",
      text: expect.stringMatching(/cannot be made in .*EACCES/),
    });
  });
});

describe("the backend", () => {
  test.each([
    [
      "https://abc.live.dynatrace.com/api/v2/otlp",
      /^Dynatrace .* refuses .* 60 minutes/,
      "warning",
    ],
    ["https://ingress.eu-west-1.aws.dash0.com", /^Dash0 .* refuses .* 6 hours/, "warning"],
    ["https://endpoint4.collection.sumologic.com/receiver", /^Sumo Logic .* 24 hours/, "warning"],
    ["https://otlp-gateway-prod-eu-west-2.grafana.net/otlp", /^Grafana Tempo .* takes/, "ok"],
    ["https://otlp.datadoghq.eu", /^Datadog .* retention filter/, "warning"],
    ["https://notdynatrace.com", /is not known/, "warning"],
  ])("behind %s", (endpoint, text, status) => {
    const found = backendFinding(new URL(endpoint));
    expect(found).toMatchObject({ status, text: expect.stringMatching(text) });
  });

  test("that is not known is no good news, and the hint names those that refuse late spans", async () => {
    const [found] = await of("backend");
    expect(found).toMatchObject({ status: "warning", text: expect.stringMatching(/not known/) });
    expect(found?.hint).toMatch(/--backend .*Dynatrace, Dash0, .* limit how late/);
    expect(found?.hint).not.toMatch(/Jaeger|Tempo/);
  });

  test("is the one that an option names, else that of the endpoint's host, else the one that lookup asks", async () => {
    const url = new URL("https://ingress.eu-west-1.aws.dash0.com");
    const asked = { id: "tempo", by: "TEMPO_URL" } as const;
    expect(backendFinding(url, "jaeger", asked).text).toMatch(/^Jaeger \(--backend\) takes/);
    expect(backendFinding(url, undefined, asked).text).toMatch(/^Dash0 \(by the endpoint's host\)/);
    expect((await of("backend", {}, { asked }))[0]?.text).toMatch(/^Grafana Tempo \(TEMPO_URL\)/);
    expect((await of("backend", {}, { backend: "azure" }))[0]?.text).toMatch(/^Azure/);
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

  test.each([
    ["CredentialsProviderError", /AWS_PROFILE/],
    ["ExpiredTokenException", /AWS_PROFILE/],
    ["StateMachineDoesNotExist", /ARN/],
    ["StateMachineTypeNotSupported", /Express/],
    ["ECONNREFUSED", /reached/],
  ])("that fail with %s say what to do", async (name, hint) => {
    const fails = (): Promise<never> => Promise.reject(Object.assign(new Error("x"), { name }));
    const [found] = await asked(api({ listExecutions: fails }));
    expect(found).toMatchObject({ status: "failed", hint: expect.stringMatching(hint) });
    expect(found?.text).toBe(`states:ListExecutions failed (${name})`);
  });

  test("cannot all be tried without an execution", async () => {
    const none = api({ listExecutions: () => Promise.resolve({ executions: [] }) });
    expect((await asked(none)).map(({ status }) => status)).toEqual(["ok", "warning"]);
  });
});
