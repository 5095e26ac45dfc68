import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { DatadogRefusal, searchOf } from "../../../test/doubles/datadog-request.ts";
import {
  type DatadogServer,
  type DatadogServerOptions,
  startDatadogServer,
} from "../../../test/doubles/datadog-server.ts";
import { sendOtlp } from "../../../test/doubles/otlp-intake.ts";
import { logRequest, spanRequest, storyRun } from "../../../test/support/lookup-stories.ts";
import type { LookupBackend } from "../backend.ts";
import { lookUp } from "../look-up.ts";
import { createDatadogBackend, datadogOptionsOf } from "./datadog.ts";
import { datadogSite, loopbackUrl } from "./datadog-site.ts";

const MINUTE = 60_000;
const DAY = 24 * 3600 * 1000;
const KEYS = {
  apiKey: "0123456789abcdef0123456789abcdef",
  appKey: "app-key-of-the-tests-1234567890",
};
const { signal } = new AbortController();

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function datadog(
  options: DatadogServerOptions = {},
): Promise<{ server: DatadogServer; backend: LookupBackend }> {
  const server = await startDatadogServer(options);
  stops.push(() => server.stop());
  const { url: apiUrl, apiKey, appKey } = server;
  const now = (): number => server.now();
  return { server, backend: createDatadogBackend({ apiUrl, apiKey, appKey, now }) };
}

interface Recording {
  readonly exchanges: readonly {
    readonly request: { readonly path: string; readonly body: unknown };
    readonly response: {
      readonly status: number;
      readonly contentType: string;
      readonly body: unknown;
    };
  }[];
}

async function recording(name: string): Promise<Recording> {
  const path = new URL(`../../../test/fixtures/datadog/${name}.json`, import.meta.url);
  return JSON.parse(await readFile(path, "utf8")) as Recording;
}

/** Paths and types of what a JSON value holds: `data.attributes.page.limit: number`. Items of lists are one. */
function shape(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((item) => shape(item, `${path}[]`)))];
  if (typeof value !== "object" || value === null) return [`${path}: ${typeof value}`];
  return Object.entries(value).flatMap(([key, inner]) =>
    shape(inner, path === "" ? key : `${path}.${key}`),
  );
}

describe("requests to Datadog", () => {
  test.each(["spans", "logs"] as const)("for %s have the recorded shape", async (of) => {
    const { server, backend } = await datadog();
    await lookUp(backend, { id: "order-1" });
    const { exchanges } = await recording(`${of}-search`);
    const recorded = exchanges.flatMap(({ request }) => shape(request.body));
    const own = server.requests.filter(({ path }) => path.includes(of));
    expect(own.length).toBeGreaterThan(0);
    for (const { path, headers, body } of own) {
      expect(path).toBe(exchanges[0]?.request.path);
      expect(headers).toMatchObject({
        accept: "application/json",
        "content-type": "application/json",
      });
      // The recordings filter by index, and let the query out for log lines; both are of the reference.
      const known = new Set([...recorded, "filter.query: string"]);
      expect(shape(body).filter((line) => !known.has(line))).toEqual([]);
    }
  });

  test.each([
    ["spans-search", "spans", 200],
    ["logs-search", "logs", 200],
    ["spans-search-refused", "spans", 422],
  ] as const)(
    "recorded in %s are taken or refused alike by the tests' server",
    async (name, of, status) => {
      const answers = (await recording(name)).exchanges.map(({ request, response }) => {
        try {
          searchOf(request.body, of, Date.now());
          return [response.status, 200];
        } catch (error) {
          const told = error instanceof DatadogRefusal ? error.message : "";
          const isSame = JSON.stringify(response.body).includes(told);
          return [response.status, isSame && error instanceof DatadogRefusal ? error.status : 0];
        }
      });
      expect(new Set(answers.flat())).toEqual(new Set([status]));
    },
  );

  test("the tests' server answers in the recorded shape", async () => {
    const { server, backend } = await datadog();
    const run = storyRun("temporal", { endsAt: Date.now() });
    await sendOtlp(server.url, [spanRequest(run.spans)]);
    await backend.search({ id: run.workflowId }, signal);
    const { body } = server.requests.find(({ path }) => path.includes("spans")) ?? {};
    const response = await fetch(`${server.url}/api/v2/spans/events/search`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "dd-api-key": server.apiKey,
        "dd-application-key": server.appKey,
      },
      body: JSON.stringify(body),
    });
    const { exchanges } = await recording("spans-search");
    expect(response.headers.get("content-type")).toBe(exchanges[0]?.response.contentType);
    const withoutCustom = (value: unknown): string[] =>
      shape(value).filter((line) => !line.startsWith("data[].attributes.custom."));
    expect(withoutCustom(await response.json()).toSorted()).toEqual(
      withoutCustom(exchanges[0]?.response.body).toSorted(),
    );
  });
});

describe("spans of Datadog", () => {
  test("that no retention filter keeps are found for 15 minutes, and then it is said why not", async () => {
    const { server, backend } = await datadog({ retains: () => false });
    const run = storyRun("temporal", { endsAt: server.now() });
    await sendOtlp(server.url, [spanRequest(run.spans)]);
    const fresh = await lookUp(backend, { id: run.workflowId });
    expect(fresh.runs.map((found) => found.spans.length)).toEqual([run.spans.length]);
    expect(fresh.notes).toEqual([]);
    server.age(16 * MINUTE);
    const { runs, notes } = await lookUp(backend, { id: run.workflowId });
    expect(runs).toEqual([]);
    expect(notes.join()).toMatch(/15 minutes .* retention filter .* @workflow\.id:\*/);
  });

  test("that are retained are found for 30 days, and further back since when it is asked", async () => {
    const { server, backend } = await datadog();
    const run = storyRun("temporal", { endsAt: server.now() });
    await sendOtlp(server.url, [spanRequest(run.spans)]);
    server.age(29 * DAY);
    expect((await backend.search({ id: run.workflowId }, signal)).traceIds).toEqual([run.traceId]);
    server.age(31 * DAY);
    expect((await backend.search({ id: run.workflowId }, signal)).traceIds).toEqual([]);
    const since = server.now() - 90 * DAY;
    const query = { id: run.workflowId, since };
    expect((await backend.search(query, signal)).traceIds).toEqual([run.traceId]);
    const { spans } = await backend.fetch([run.traceId], query, signal);
    expect(spans).toHaveLength(run.spans.length);
  });

  test("that are both fresh and retained count once, without a note", async () => {
    const { server, backend } = await datadog();
    const run = storyRun("temporal", { endsAt: server.now() });
    await sendOtlp(server.url, [spanRequest(run.spans)]);
    const { spans, notes } = await backend.fetch([run.traceId], { id: "x" }, signal);
    expect([spans.length, notes]).toEqual([run.spans.length, []]);
  });

  test("of another trace whose id ends alike are not taken for those that were asked for", async () => {
    const { server, backend } = await datadog();
    const run = storyRun("temporal", { endsAt: server.now() });
    const traceId = `${"f".repeat(16)}${run.traceId.slice(16)}`;
    const alike = run.spans.map((span) => ({
      ...span,
      traceId,
      spanId: `1${span.spanId.slice(1)}`,
    }));
    await sendOtlp(server.url, [spanRequest(run.spans), spanRequest(alike)]);
    const { spans } = await backend.fetch([run.traceId], { id: "x" }, signal);
    expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([run.traceId]));
    expect(spans).toHaveLength(run.spans.length);
  });

  test("on several pages are all read", async () => {
    const { server, backend } = await datadog();
    const run = storyRun("temporal", { endsAt: server.now() });
    const [first] = run.spans;
    if (first === undefined) throw new Error("a run without spans");
    const spans = Array.from({ length: 2500 }, (_none, i) => ({
      ...first,
      spanId: (i + 1).toString(16).padStart(16, "0"),
    }));
    await sendOtlp(server.url, [spanRequest(spans)]);
    const found = await backend.fetch([run.traceId], { id: "x" }, signal);
    expect(new Set(found.spans.map((span) => span.spanId)).size).toBe(2500);
    expect(found.notes).toEqual([]);
  });
});

describe("log lines of Datadog", () => {
  test("lead to traces whose spans do not carry the id", async () => {
    const { server, backend } = await datadog();
    const run = storyRun("temporal", { endsAt: server.now() - MINUTE });
    const line = {
      time: server.now() - 1000,
      severityNumber: 9,
      severityText: "info",
      body: "hello",
    };
    const attributes = { "workflow.id": "only-in-a-line" };
    await sendOtlp(server.url, [
      spanRequest(run.spans),
      logRequest([{ ...line, attributes, traceId: run.traceId }]),
    ]);
    const { traceIds } = await backend.search({ id: "only-in-a-line" }, signal);
    expect(traceIds).toEqual([run.traceId]);
  });

  test("that the keys may not read are a note, and the spans are there", async () => {
    const { server, backend } = await datadog({ allowsLogs: false });
    const run = storyRun("temporal", { endsAt: server.now() });
    await sendOtlp(server.url, [spanRequest(run.spans)]);
    const { runs, notes } = await lookUp(backend, { id: run.workflowId });
    expect(runs).toHaveLength(1);
    expect(notes.join()).toMatch(/log lines could not be read: .* 403/);
  });
});

describe("the rate limit", () => {
  test("that is used up until the hour ends is a failure that says when it ends, at once", async () => {
    const { backend } = await datadog({ hourly: 0 });
    await expect(backend.search({ id: "x" }, signal)).rejects.toMatchObject({
      code: "LOOKUP_RATE_LIMITED",
      message: expect.stringMatching(/429.*allowed in (\d+ s|\d+ min), at \d{4}-/),
    });
  });

  test("that ends soon is waited for", async () => {
    let asked = 0;
    const apiUrl = await serve((respond) => {
      asked += 1;
      const headers = { "x-ratelimit-reset": "0", "content-type": "application/json" };
      respond(asked === 1 ? 429 : 200, '{"data":[]}', headers);
    });
    const backend = createDatadogBackend({ ...KEYS, apiUrl });
    expect((await backend.search({ id: "x" }, signal)).traceIds).toEqual([]);
    expect(asked).toBe(4);
  });

  test("is used with six requests by a lookup that finds its run by search", async () => {
    const { server, backend } = await datadog();
    const run = storyRun("temporal", { endsAt: server.now() });
    await sendOtlp(server.url, [spanRequest(run.spans)]);
    await lookUp(backend, { id: run.workflowId }, { depth: 0 });
    expect(server.requests.filter(({ path }) => path.includes("spans"))).toHaveLength(4);
    expect(server.requests.filter(({ path }) => path.includes("logs"))).toHaveLength(2);
  });
});

describe("the keys", () => {
  test.each([401, 403, 400, 404, 500])(
    "stand in no message when Datadog answers %i",
    async (status) => {
      const apiUrl = await serve((respond) =>
        respond(status, JSON.stringify({ errors: [`bad ${KEYS.apiKey} and ${KEYS.appKey}`] })),
      );
      const backend = createDatadogBackend({ ...KEYS, apiUrl });
      const failure = await backend.search({ id: "x" }, signal).catch((error: unknown) => error);
      const told = `${String(failure)} ${JSON.stringify(failure)} ${backend.name}`;
      expect(told).toContain(String(status));
      expect(told).not.toContain(KEYS.apiKey);
      expect(told).not.toContain(KEYS.appKey);
    },
  );

  test("that are missing are named, not shown", () => {
    expect(() => datadogOptionsOf({ DD_API_KEY: KEYS.apiKey })).toThrow("DD_APP_KEY is not set");
    expect(() => datadogOptionsOf({ DD_APP_KEY: KEYS.appKey })).toThrow("DD_API_KEY is not set");
    expect(() => datadogOptionsOf({ DD_API_KEY: " ", DD_APP_KEY: "x" })).toThrow("DD_API_KEY");
  });

  test("are read by either name", () => {
    expect(datadogOptionsOf({ DATADOG_API_KEY: "a", DATADOG_APP_KEY: "b" })).toEqual({
      apiKey: "a",
      appKey: "b",
    });
    expect(
      datadogOptionsOf({ DD_API_KEY: "a", DD_APPLICATION_KEY: "b", DD_SITE: "datadoghq.eu" }),
    ).toEqual({ apiKey: "a", appKey: "b", site: "datadoghq.eu" });
  });
});

describe("the site", () => {
  test.each([
    ["datadoghq.com", "https://api.datadoghq.com", "https://app.datadoghq.com"],
    ["datadoghq.eu", "https://api.datadoghq.eu", "https://app.datadoghq.eu"],
    ["US5.datadoghq.com ", "https://api.us5.datadoghq.com", "https://us5.datadoghq.com"],
    ["ap2.datadoghq.com", "https://api.ap2.datadoghq.com", "https://ap2.datadoghq.com"],
    ["ddog-gov.com", "https://api.ddog-gov.com", "https://app.ddog-gov.com"],
    ["us2.ddog-gov.com", "https://api.us2.ddog-gov.com", "https://us2.ddog-gov.com"],
  ])("%s is asked at %s and shown at %s", (name, apiUrl, appUrl) => {
    expect(datadogSite(name)).toEqual({ apiUrl, appUrl });
  });

  test.each([
    "evil.com",
    "datadoghq.com.evil.com",
    "evil-datadoghq.com",
    "datadoghq.com/../@evil.com",
    "datadoghq.com@evil.com",
    "datadoghq.com:8080",
    "datadoghq.com#",
    "a.b.datadoghq.com",
    "evil.com?datadoghq.com",
    "",
    "datadoghq.org",
    "datadoghq.com\nevil.com",
  ])("%j is refused, so that no key goes there", (name) => {
    expect(() => createDatadogBackend({ ...KEYS, site: name })).toThrow(
      expect.objectContaining({ code: "LOOKUP_DATADOG_SITE" }),
    );
  });

  test.each(["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "http://127.1.2.3"])(
    "in tests may be %s",
    (url) => {
      expect(loopbackUrl(url)).toBe(url);
    },
  );

  test.each([
    "http://127.0.0.1.evil.com",
    "http://evil-localhost",
    "https://localhost.evil.com",
    "http://10.0.0.1",
    "nonsense",
    "http://evil.com/127.0.0.1",
    "http://127.0.0.1@evil.com",
  ])("in tests may not be %s", (url) => {
    expect(() => createDatadogBackend({ ...KEYS, apiUrl: url })).toThrow(
      expect.objectContaining({ code: "LOOKUP_DATADOG_SITE" }),
    );
  });
});

test("links lead to the trace, its log lines and its services", () => {
  const backend = createDatadogBackend({ ...KEYS, site: "us3.datadoghq.com" });
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const links = backend.links({ traceId, start: 1e12, end: 1e12 + 1.5, services: ["shop", "a/b"] });
  expect(links.map(({ title }) => title)).toEqual([
    "Datadog: trace",
    "Datadog: logs",
    "Datadog: service shop",
    "Datadog: service a/b",
  ]);
  expect(links[0]?.url).toBe(`https://us3.datadoghq.com/apm/trace/${traceId}`);
  const logs = new URL(links[1]?.url ?? "");
  expect(logs.searchParams.get("query")).toContain(`trace_id:(${traceId} OR 9532127138774266268)`);
  expect(logs.searchParams.get("from_ts")).toBe(String(1e12 - 300_000));
  expect(links[3]?.url).toContain("/apm/services/a%2Fb?");
});

test.each(["{}", '{"data":{}}', "[]", "null", '{"errors":[]}'])(
  "an answer of another shape, %s, is a failure that names what to check",
  async (body) => {
    const apiUrl = await serve((respond) => respond(200, body));
    const backend = createDatadogBackend({ ...KEYS, apiUrl });
    await expect(backend.search({ id: "x" }, signal)).rejects.toMatchObject({
      code: "LOOKUP_BAD_ANSWER",
      message: expect.stringContaining("DD_SITE"),
    });
  },
);

test("a search that Datadog stops before its end is said to be partial", async () => {
  const apiUrl = await serve((respond) => respond(200, '{"data":[],"meta":{"status":"timeout"}}'));
  const backend = createDatadogBackend({ ...KEYS, apiUrl });
  expect((await backend.search({ id: "x" }, signal)).notes.join()).toContain("before the end");
});

type Respond = (status: number, body: string, headers?: Record<string, string>) => void;

/** A server on this machine that answers as a function says. */
async function serve(answer: (respond: Respond) => void): Promise<string> {
  const server = createServer((_request, response) => {
    answer((status, body, headers = {}) => response.writeHead(status, headers).end(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
