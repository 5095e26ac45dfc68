import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { startLokiServer } from "../../../test/doubles/loki-server.ts";
import { sendOtlp } from "../../../test/doubles/otlp-intake.ts";
import {
  startTempoServer,
  type TempoServer,
  type TempoServerOptions,
} from "../../../test/doubles/tempo-server.ts";
import { logRequest, spanRequest, storyRun, unique } from "../../../test/support/lookup-stories.ts";
import type { LookupBackend } from "../backend.ts";
import { lookUp } from "../look-up.ts";
import { createTempoBackend, tempoOptionsOf } from "./tempo.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const { signal } = new AbortController();

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function tempo(
  options: TempoServerOptions = {},
): Promise<{ server: TempoServer; backend: LookupBackend }> {
  const server = await startTempoServer(options);
  stops.push(() => server.stop());
  const backend = createTempoBackend({
    url: server.url,
    now: () => server.now(),
    keys: ["order.id"],
  });
  return { server, backend };
}

/** The searches that came, as pairs of start and end in seconds. */
function windows(server: TempoServer): { start: number; end: number }[] {
  return server.asked
    .filter((url) => url.pathname === "/api/search")
    .map(({ searchParams }) => ({
      start: Number(searchParams.get("start")),
      end: Number(searchParams.get("end")),
    }));
}

describe("a search of Tempo", () => {
  test("ends when the server wants shorter windows without end", async () => {
    let asked = 0;
    const server = createServer(({ url = "" }, response) => {
      asked += 1;
      const { searchParams } = new URL(url, "http://tempo");
      const length = Number(searchParams.get("end")) - Number(searchParams.get("start"));
      response.writeHead(400).end(`range specified by start and end exceeds ${length - 1}s.`);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    stops.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await expect(createTempoBackend({ url }).search({ id: "x" }, signal)).rejects.toMatchObject({
      code: "LOOKUP_BAD_ANSWER",
      message: expect.stringContaining("shorter windows of time again and again"),
    });
    expect(asked).toBeLessThan(50);
  });

  test("covers the last 30 days and some hours ahead in windows of at most 168 h, without a gap", async () => {
    const { server, backend } = await tempo();
    const now = server.now();
    expect((await backend.search({ id: "order-1" }, signal)).traceIds).toEqual([]);
    const asked = windows(server).toSorted((a, b) => b.end - a.end);
    expect(asked).toHaveLength(5);
    for (const { start, end } of asked) expect(end - start).toBeLessThanOrEqual(168 * 3600);
    expect(asked.slice(1).map(({ end }) => end)).toEqual(
      asked.slice(0, -1).map(({ start }) => start),
    );
    expect(asked[0]?.end).toBeGreaterThan(now / 1000 + 11 * 3600);
    expect(asked.at(-1)?.start).toBeLessThanOrEqual((now - 30 * DAY) / 1000 + 1);
  });

  test("goes back to `since`, and says where it stops when that is too far", async () => {
    const { server, backend } = await tempo();
    const since = server.now() - 60 * DAY;
    await backend.search({ id: "order-1", since }, signal);
    expect(Math.min(...windows(server).map(({ start }) => start))).toBe(Math.floor(since / 1000));
    const { notes } = await backend.search({ id: "order-1", since: 0 }, signal);
    expect(notes.join()).toMatch(/searched back to 20\d\d-[-\dT:.]+Z only/);
    expect(windows(server).length).toBeLessThanOrEqual(9 + 104);
  });

  test("asks a server that allows only an hour in windows of an hour", async () => {
    const { server, backend } = await tempo({ longestWindow: 3660 });
    const run = storyRun("temporal", { endsAt: server.now() - 10 * MINUTE });
    await sendOtlp(server.url, [spanRequest(run.spans)]);
    server.age(20 * MINUTE);
    const since = server.now() - DAY;
    const { traceIds } = await backend.search({ id: run.workflowId, since }, signal);
    expect(traceIds).toEqual([run.traceId]);
    expect(windows(server).filter(({ start, end }) => end - start <= 3660).length).toBeGreaterThan(
      30,
    );
  });

  test("puts the zeros back that Tempo cuts off the front of trace ids", async () => {
    const { server, backend } = await tempo();
    const run = storyRun("temporal", { endsAt: server.now() });
    const traceId = `000${run.traceId.slice(3)}`;
    await sendOtlp(server.url, [spanRequest(run.spans.map((span) => ({ ...span, traceId })))]);
    server.age(MINUTE);
    expect((await backend.search({ id: run.workflowId }, signal)).traceIds).toEqual([traceId]);
  });

  test("does not see what came in less than 30 s, and says so", async () => {
    const { server, backend } = await tempo();
    const run = storyRun("temporal", { endsAt: server.now() });
    await sendOtlp(server.url, [spanRequest(run.spans)]);
    const early = await backend.search({ id: run.workflowId }, signal);
    expect(early.traceIds).toEqual([]);
    expect(early.notes.join()).toContain("about 30 s after");
    const byRunId = await lookUp(backend, { id: run.runId });
    expect(byRunId.runs.map((found) => found.traceId)).toEqual([run.traceId]);
    server.age(31_000);
    const later = await backend.search({ id: run.workflowId }, signal);
    expect(later).toEqual({ traceIds: [run.traceId], notes: [] });
  });

  test("finds back-dated spans after 14 minutes, in the window of their arrival", async () => {
    const { server, backend } = await tempo();
    const run = storyRun("temporal", { endsAt: server.now() - 20 * DAY });
    await sendOtlp(server.url, [spanRequest(run.spans)]);
    server.age(5 * MINUTE);
    expect((await backend.search({ id: run.workflowId }, signal)).traceIds).toEqual([]);
    server.age(10 * MINUTE);
    expect((await backend.search({ id: run.workflowId }, signal)).traceIds).toEqual([run.traceId]);
  });

  test("says when Tempo finished only a part of it, or found more than it gives", async () => {
    const { server, backend } = await tempo();
    const key = unique("customer");
    const spans = Array.from({ length: 101 }, (_none, i) => {
      const [span] = storyRun("temporal", { endsAt: server.now() - MINUTE }).spans;
      if (span === undefined) throw new Error("a run without spans");
      const traceId = randomBytes(16).toString("hex");
      return { ...span, traceId, attributes: { "order.id": i === 0 ? `${key}x` : key } };
    });
    await sendOtlp(server.url, [spanRequest(spans)]);
    server.age(HOUR);
    const many = await backend.search({ id: key }, signal);
    expect(many.traceIds).toHaveLength(100);
    expect(many.notes.join()).toContain("100 traces or more");
    server.stopSearches();
    const partial = await backend.search({ id: `${key}x` }, signal);
    expect(partial.traceIds).toHaveLength(1);
    expect(partial.notes.join()).toContain("only a part");
  });

  test("does not ask for an id that is too long, and says so", async () => {
    const { server, backend } = await tempo();
    const { traceIds, notes } = await backend.search({ id: "x".repeat(1025) }, signal);
    expect([traceIds, server.asked]).toEqual([[], []]);
    expect(notes).toEqual(["Tempo cannot be searched for an id of more than 1024 characters."]);
  });
});

describe("a trace of Tempo", () => {
  test.each([
    [{}, "/api/v2/traces/"],
    [{ ids: "hex" }, "/api/v2/traces/"],
    [{ release: "2.6" }, "/api/traces/"],
    [{ release: "2.6", ids: "hex" }, "/api/traces/"],
  ] as const)("is read from a server with %o", async (options, path) => {
    const { server, backend } = await tempo(options);
    const run = storyRun("stepfunctions");
    await sendOtlp(server.url, [spanRequest(run.spans)]);
    const { spans } = await backend.fetch([run.traceId], { id: run.runId }, signal);
    expect(spans.map((span) => [span.traceId, span.spanId, span.kind, span.status.code])).toEqual(
      run.spans.map((span) => [span.traceId, span.spanId, span.kind, span.status.code]),
    );
    const before = server.asked.length;
    await backend.fetch([run.traceId, "f".repeat(32)], { id: run.runId }, signal);
    const paths = server.asked.slice(before).map((url) => url.pathname.replace(/[^/]+$/, ""));
    expect(paths).toEqual([path, path]);
  });

  test("that Tempo gives only a part of is said to be partial, with its reason", async () => {
    const { server, backend } = await tempo();
    const run = storyRun("temporal");
    await sendOtlp(server.url, [spanRequest(run.spans)]);
    server.breakTrace(run.traceId, "Trace exceeds maximum size of 5000000 bytes");
    const { notes } = await backend.fetch([run.traceId], { id: run.runId }, signal);
    expect(notes).toEqual([
      `Tempo gave only a part of the trace ${run.traceId} (Trace exceeds maximum size of 5000000 bytes).`,
    ]);
  });

  test.each([
    [
      422,
      "trace too large",
      { spans: [], logs: [], notes: [expect.stringContaining("too large")] },
    ],
    [404, "", { spans: [], logs: [], notes: [] }],
  ])("answered with %i is a note or nothing", async (status, body, expected) => {
    const url = await serve(status, body);
    const backend = createTempoBackend({ url });
    expect(await backend.fetch(["f".repeat(32)], { id: "x" }, signal)).toEqual(expected);
  });

  test.each(["[]", '"x"', "null", "no json", '{"trace":'])(
    "answered with %s is a failure that names what to check",
    async (body) => {
      const backend = createTempoBackend({ url: await serve(200, body) });
      const failures = await Promise.allSettled([
        backend.fetch(["f".repeat(32)], { id: "x" }, signal),
        backend.search({ id: "x" }, signal),
      ]);
      const expected = {
        status: "rejected",
        reason: { code: "LOOKUP_BAD_ANSWER", message: expect.stringContaining("TEMPO_URL") },
      };
      expect(failures).toMatchObject([expected, expected]);
    },
  );

  test.each([
    '{"hello":["world"]}',
    '{"traces":"none","metrics":{}}',
    '{"status":"success","data":{"traces":[]}}',
  ])("answered a search with %s, which is of another program, is a failure", async (body) => {
    const url = await serve(200, body);
    await expect(createTempoBackend({ url }).search({ id: "x" }, signal)).rejects.toMatchObject({
      code: "LOOKUP_BAD_ANSWER",
      message: expect.stringMatching(/without the list of traces.* TEMPO_URL names Tempo itself/),
    });
  });

  test("answered a question for a trace with the JSON of another program is a failure", async () => {
    const url = await serve(200, '{"data":[],"total":0}');
    const backend = createTempoBackend({ url, addressBy: "--url" });
    await expect(backend.fetch(["f".repeat(32)], { id: "x" }, signal)).rejects.toMatchObject({
      code: "LOOKUP_BAD_ANSWER",
      message: expect.stringMatching(/without the trace.* --url names Tempo itself/),
    });
  });

  test.each(["{}", '{"traces":null}', '{"metrics":{"totalBlocks":3}}', '{"traces":[]}'])(
    "answered a search with %s has found nothing",
    async (body) => {
      const backend = createTempoBackend({ url: await serve(200, body) });
      expect((await backend.search({ id: "x" }, signal)).traceIds).toEqual([]);
    },
  );

  test.each([
    "{}",
    '{"trace":{"resourceSpans":[{"scopeSpans":7}]}}',
    '{"batches":[null,{"scopeSpans":[{}]}]}',
  ])("answered with %s has no spans", async (body) => {
    const backend = createTempoBackend({ url: await serve(200, body) });
    expect(await backend.fetch(["f".repeat(32)], { id: "x" }, signal)).toMatchObject({ spans: [] });
  });

  test("a query that Tempo refuses fails with Tempo's own words", async () => {
    const backend = createTempoBackend({
      url: await serve(400, "invalid TraceQL query: parse error"),
    });
    await expect(backend.search({ id: "x" }, signal)).rejects.toMatchObject({
      code: "LOOKUP_BAD_REQUEST",
      message: expect.stringContaining("invalid TraceQL query"),
    });
  });
});

describe("Tempo with tenants", () => {
  test("answers with the header, and without it the message names what to set but no header", async () => {
    const { server } = await tempo({ tenant: "team-a" });
    const given = tempoOptionsOf({ TEMPO_URL: server.url, TEMPO_ORG_ID: "team-a" });
    const right = createTempoBackend({ ...given, url: server.url });
    expect((await right.search({ id: "x" }, signal)).traceIds).toEqual([]);
    const wrong = createTempoBackend({ url: server.url, headers: { "X-Scope-OrgID": "secret-b" } });
    const failure = await wrong
      .search({ id: "x" }, signal)
      .catch((error: unknown) => String(error));
    expect(failure).toContain("TEMPO_ORG_ID");
    expect(failure).not.toContain("secret-b");
  });
});

describe("log lines of Loki", () => {
  test("come with the spans of their trace, and Tempo's headers are not sent there", async () => {
    const { server } = await tempo({ tenant: "team-a" });
    const loki = await startLokiServer();
    stops.push(() => loki.stop());
    const run = storyRun("temporal", { endsAt: Date.now() - MINUTE });
    const spanId = run.spans[0]?.spanId ?? "";
    await post(`${server.url}/v1/traces`, spanRequest(run.spans), { "X-Scope-OrgID": "team-a" });
    const line = {
      time: Date.now() - 2 * MINUTE,
      severityNumber: 17,
      severityText: "ERROR",
      body: "card declined",
      attributes: { "workflow.id": run.workflowId, "workflow.step.attempt": 2 },
      traceId: run.traceId,
      spanId,
    };
    await sendOtlp(loki.url, [logRequest([line, { ...line, traceId: "e".repeat(32) }])]);
    const options = tempoOptionsOf({
      TEMPO_URL: server.url,
      TEMPO_ORG_ID: "team-a",
      LOKI_URL: loki.url,
    });
    const backend = createTempoBackend({ ...options, url: server.url });
    const { logs, notes } = await backend.fetch([run.traceId], { id: run.runId }, signal);
    expect(notes).toEqual([]);
    expect(logs).toEqual([
      {
        ...line,
        time: expect.closeTo(line.time, 2),
        attributes: { "workflow.id": run.workflowId, "workflow.step.attempt": "2" },
        resource: { "service.name": "orderSaga" },
      },
    ]);
    expect(loki.asked).toEqual([`{service_name=~".+"} | trace_id="${run.traceId}"`]);
    loki.fail(404);
    const without = await backend.fetch([run.traceId], { id: run.runId }, signal);
    expect(without.spans).toHaveLength(run.spans.length);
    expect(without.notes.join()).toMatch(/log lines could not be read: Loki at .* 404/);
  });
});

describe("links to Grafana", () => {
  test("go to the data sources of the project's own stack when nothing else is said", async () => {
    const path = new URL("../../../deploy/grafana/datasources/durascope.yaml", import.meta.url);
    const uids = [...(await readFile(path, "utf8")).matchAll(/^ +uid: ([\w-]+)$/gm)].map(
      ([, uid]) => uid,
    );
    const url = "http://127.0.0.1:3200";
    const backend = createTempoBackend({ url, grafanaUrl: url, lokiUrl: url });
    const panes = backend.links(trace).map((link) => new URL(link.url).searchParams.get("panes"));
    const asked = panes.flatMap((pane) => /"datasource":"([\w-]+)"/.exec(pane ?? "")?.[1] ?? []);
    expect(asked).toEqual(["durascope-tempo", "durascope-loki"]);
    expect(uids).toEqual(expect.arrayContaining(asked));
  });

  const trace = { traceId: "a".repeat(32), start: 1e12, end: 1e12 + 1000, services: ["shop"] };

  test("are none without Grafana", () => {
    expect(createTempoBackend({ url: "http://127.0.0.1:3200" }).links(trace)).toEqual([]);
  });

  test("open the trace and its log lines in Explore, without credentials", () => {
    const backend = createTempoBackend({
      url: "http://127.0.0.1:3200",
      grafanaUrl: "http://user:secret@127.0.0.1:3000/grafana",
      lokiUrl: "http://127.0.0.1:3100",
      grafanaTempoUid: "tempo-uid",
    });
    const links = backend.links(trace);
    expect(links.map((link) => link.title)).toEqual(["Grafana: trace", "Grafana: logs"]);
    const [panes, logPanes] = links.map(({ url }) => {
      const { origin, pathname, username, searchParams } = new URL(url);
      expect([origin, pathname, username]).toEqual([
        "http://127.0.0.1:3000",
        "/grafana/explore",
        "",
      ]);
      return JSON.parse(searchParams.get("panes") ?? "") as unknown;
    });
    expect(panes).toMatchObject({
      durascope: {
        datasource: "tempo-uid",
        queries: [{ query: trace.traceId, queryType: "traceql" }],
        range: { from: String(1e12 - 300_000), to: String(1e12 + 301_000) },
      },
    });
    expect(logPanes).toMatchObject({ durascope: { datasource: "durascope-loki" } });
  });
});

test("an environment names what belongs to Tempo", () => {
  expect(
    tempoOptionsOf({
      TEMPO_URL: "http://127.0.0.1:3200",
      TEMPO_AUTHORIZATION: "Bearer t",
      LOKI_URL: "http://127.0.0.1:3100",
      LOKI_ORG_ID: "team-a",
      GRAFANA_URL: "http://127.0.0.1:3000",
      GRAFANA_TEMPO_UID: "t",
      GRAFANA_LOKI_UID: "l",
    }),
  ).toEqual({
    url: "http://127.0.0.1:3200",
    headers: { Authorization: "Bearer t" },
    lokiUrl: "http://127.0.0.1:3100",
    lokiHeaders: { "X-Scope-OrgID": "team-a" },
    grafanaUrl: "http://127.0.0.1:3000",
    grafanaTempoUid: "t",
    grafanaLokiUid: "l",
  });
});

test("an environment without TEMPO_URL names no Tempo", () => {
  expect(tempoOptionsOf({ LOKI_URL: "http://127.0.0.1:3100", TEMPO_URL: "" })).toBeUndefined();
});

async function post(url: string, body: string, headers: Record<string, string>): Promise<void> {
  const all = { "content-type": "application/json", ...headers };
  const response = await fetch(url, { method: "POST", headers: all, body });
  expect(response.status).toBe(200);
}

/** A server that answers everything in the same way. */
async function serve(status: number, body: string): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
