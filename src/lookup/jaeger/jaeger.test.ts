import { afterEach, describe, expect, test } from "vitest";
import {
  type JaegerAnswer,
  type JaegerServer,
  serveJaeger,
} from "../../../test/doubles/jaeger-server.ts";
import type { TraceSearch } from "../backend.ts";
import { type BackendHttp, createBackendHttp } from "../http/backend-http.ts";
import { createJaegerBackend, type JaegerBackendOptions, jaegerOptionsOf } from "./jaeger.ts";
import { searchLegacy } from "./jaeger-search.ts";

const NOW = Date.parse("2026-11-26T12:00:00Z");
const { signal } = new AbortController();

let server: JaegerServer | undefined;
afterEach(() => server?.stop());

const json = (value: unknown): JaegerAnswer => ({
  status: 200,
  contentType: "application/json",
  body: JSON.stringify(value),
});
const page: JaegerAnswer = { status: 200, contentType: "text/html", body: "<!DOCTYPE html>" };

/** A backend in front of a server that gives what a function says of a path. */
async function jaeger(
  answer: (url: URL) => JaegerAnswer,
  options: Partial<JaegerBackendOptions> = {},
): Promise<ReturnType<typeof createJaegerBackend>> {
  server = await serveJaeger(answer);
  return createJaegerBackend({ url: server.url, now: () => NOW, ...options });
}

/** The queries that a path was asked. */
function queries(path: string): URLSearchParams[] {
  return (server?.asked ?? [])
    .map((asked) => new URL(asked, "http://jaeger"))
    .filter((url) => url.pathname === path)
    .map((url) => url.searchParams);
}

describe("the search", () => {
  test("is a request an attribute, each with the id as a JSON string and the whole time", async () => {
    const backend = await jaeger(() => json({ summaries: [] }), { keys: ["order.id", 'a"b'] });
    await backend.search({ id: 'x"}\n&' }, signal);
    const asked = queries("/api/v3/trace-summaries");
    expect(asked.map((query) => JSON.parse(query.get("query.attributes") ?? ""))).toEqual(
      [
        "workflow.id",
        "workflow.run_id",
        "workflow.first_run_id",
        "workflow.parent.id",
        "workflow.root.id",
        "temporalWorkflowID",
        "temporalRunID",
        "aws.step_functions.execution.arn",
        "faas.invocation_id",
        "order.id",
        'a"b',
      ].map((key) => ({ [key]: 'x"}\n&' })),
    );
    expect([...new Set(asked.map((query) => query.get("query.startTimeMin")))]).toEqual([
      "2026-08-28T12:00:00.000Z",
    ]);
    expect([...new Set(asked.map((query) => query.get("query.startTimeMax")))]).toEqual([
      "2026-11-27T12:00:00.000Z",
    ]);
  });

  test("begins at `since`, also when that is in the future or no time that Jaeger could take", async () => {
    const backend = await jaeger(() => json({ summaries: [] }), { keys: [] });
    for (const since of [NOW - 1000, NOW + 1e12, 0]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await backend.search({ id: "x", since }, signal);
    }
    const times = queries("/api/v3/trace-summaries").map((query) =>
      query.get("query.startTimeMin"),
    );
    expect([...new Set(times)]).toEqual([
      "2026-11-26T11:59:59.000Z",
      "2026-11-27T11:59:59.999Z",
      "1970-01-01T00:00:00.000Z",
    ]);
  });

  test("gives each trace once, the newest first, whatever else the answer holds", async () => {
    const backend = await jaeger(() =>
      json({
        summaries: [
          { traceId: "A".repeat(32), minStartTimeUnixNano: "1795376097441000000" },
          null,
          { traceId: 7 },
          { traceId: "not hex" },
          { traceId: "b".repeat(32), minStartTimeUnixNano: "1795376097441000001" },
          { traceId: "c".repeat(32), minStartTimeUnixNano: "soon" },
        ],
      }),
    );
    expect(await backend.search({ id: "x" }, signal)).toEqual({
      traceIds: ["b".repeat(32), "a".repeat(32), "c".repeat(32)],
      notes: [],
    });
  });

  test("says when there may be more than one answer holds", async () => {
    const many = Array.from({ length: 100 }, (_, i) => ({
      traceId: i.toString(16).padStart(32, "0"),
    }));
    const backend = await jaeger(() => json({ summaries: many }));
    const { traceIds, notes } = await backend.search({ id: "x" }, signal);
    expect(traceIds).toHaveLength(100);
    expect(notes).toEqual([expect.stringMatching(/more traces than one answer may hold/)]);
  });

  test.each([
    ["a login page for everything", page, "LOOKUP_BAD_ANSWER", /web page/],
    ["JSON of something else", json({ status: "ok" }), "LOOKUP_BAD_ANSWER", /list of summaries/],
    ["a list where an object is due", json([]), "LOOKUP_BAD_ANSWER", /list of summaries/],
    [
      "truncated JSON",
      { ...json({}), body: '{"summaries":[{' },
      "LOOKUP_BAD_ANSWER",
      /JSON that breaks off after 15 characters/,
    ],
    [
      "404 for everything",
      { status: 404, contentType: "text/plain", body: "404 page not found" },
      "LOOKUP_NOT_FOUND",
      /404 page not found.* JAEGER_URL names the right program/,
    ],
  ])("of a server that has %s is a clear failure", async (_name, answer, code, words) => {
    const backend = await jaeger(() => answer);
    const failure: unknown = await backend.search({ id: "x" }, signal).catch((e: unknown) => e);
    expect(failure).toMatchObject({ code, message: expect.stringMatching(words) });
  });
});

describe("the legacy search", () => {
  const legacy =
    (services: unknown, traces: unknown = []) =>
    ({ pathname }: URL): JaegerAnswer => {
      if (pathname === "/api/services") return json({ data: services });
      return pathname === "/api/traces" ? json({ data: traces }) : page;
    };

  test("is a request a service and attribute, without Jaeger's own services, times in µs", async () => {
    const backend = await jaeger(legacy(["jaeger", "jaeger-query", "jaeger-shop", 5, "billing"]), {
      keys: ["order.id"],
    });
    await backend.search({ id: "x" }, signal);
    const asked = queries("/api/traces");
    expect(asked).toHaveLength(20);
    expect(new Set(asked.map((query) => query.get("service")))).toEqual(
      new Set(["jaeger-shop", "billing"]),
    );
    expect(asked[0]?.get("start")).toBe(`${NOW - 90 * 86_400_000}000`);
    expect(asked[0]?.get("end")).toBe(`${NOW + 86_400_000}000`);
    expect(new URL(backend.queryToPaste({ id: "x" })).searchParams.get("service")).toBe(
      "jaeger-shop",
    );
  });

  test("is put to the given services alone, and versions are told apart only once", async () => {
    const backend = await jaeger(legacy(["a", "b"]), { services: ["b"], keys: [] });
    await backend.search({ id: "x" }, signal);
    const before = queries("/api/v3/trace-summaries").length;
    await backend.search({ id: "y" }, signal);
    expect(queries("/api/services")).toEqual([]);
    expect(queries("/api/v3/trace-summaries")).toHaveLength(before);
    expect(new Set(queries("/api/traces").map((query) => query.get("service")))).toEqual(
      new Set(["b"]),
    );
  });

  test("gives trace ids whole that lost a half of zeros", async () => {
    const backend = await jaeger(legacy(["a"], [{ traceID: "1234567890abcdef", spans: [] }]));
    const { traceIds } = await backend.search({ id: "x" }, signal);
    expect(traceIds).toEqual([`${"0".repeat(16)}1234567890abcdef`]);
  });

  test("takes the traces from the beginning of an answer that is too large: it holds whole traces", async () => {
    const spans = Array.from({ length: 8000 }, () => ({
      traceID: "0af7651916cd43dd",
      operationName: 'x "traceID":"ffffffffffffffff"',
    }));
    const answering = async (data: unknown): Promise<BackendHttp> => {
      await server?.stop();
      server = await serveJaeger(() => json({ data }));
      return createBackendHttp({
        product: "Jaeger",
        baseUrl: server.url,
        addressBy: "JAEGER_URL",
        credentialsBy: "JAEGER_AUTHORIZATION",
        bodyLimit: 100_000,
      });
    };
    const whole = await answering([{ traceID: "0af7651916cd43dd", spans }]);
    const question = { id: "x", keys: ["workflow.id"], from: 0, until: NOW };
    expect(await searchLegacy(whole, question, ["shop"], signal)).toMatchObject({
      traceIds: ["0af7651916cd43dd".padStart(32, "0")],
      cut: true,
    });
    const other = await answering("x".repeat(500_000));
    await expect(searchLegacy(other, question, ["shop"], signal)).rejects.toMatchObject({
      code: "LOOKUP_BAD_ANSWER",
    });
  });

  test("says which services it left out, and that there are none", async () => {
    const names = Array.from({ length: 33 }, (_, i) => `service-${i}`);
    const many = await jaeger(legacy(names), { keys: [] });
    const first: TraceSearch = await many.search({ id: "x" }, signal);
    await server?.stop();
    const none = await jaeger(legacy(null));
    expect(first.notes.join()).toContain("3 more services were not asked");
    expect((await none.search({ id: "x" }, signal)).notes.join()).toContain("knows no service");
  });
});

describe("a trace", () => {
  test("that comes as a 404 without JSON is of another program", async () => {
    const backend = await jaeger(() => ({ ...page, status: 404, body: "no" }));
    await expect(backend.fetch(["a".repeat(32)], { id: "x" }, signal)).rejects.toMatchObject({
      code: "LOOKUP_NOT_FOUND",
      message: expect.stringMatching(/404 \(no\).* JAEGER_URL names the right program/),
    });
  });

  test.each([
    ["a web page", page, /web page/],
    ["404 of another program", { ...json("no"), status: 404 }, /without the trace/],
    ["JSON of something else", json({ data: [] }), /without the trace/],
  ])("that comes as %s is a clear failure", async (_name, answer, words) => {
    const backend = await jaeger(() => answer);
    const failure: unknown = await backend
      .fetch(["a".repeat(32)], { id: "x" }, signal)
      .catch((e: unknown) => e);
    expect(failure).toMatchObject({
      code: "LOOKUP_BAD_ANSWER",
      message: expect.stringMatching(words),
    });
  });

  test("is asked for as it was sent, without corrections", async () => {
    const backend = await jaeger(() => json({ result: {} }));
    await backend.fetch(["a".repeat(32)], { id: "x" }, signal);
    expect(server?.asked).toEqual([
      `/api/v3/traces/${"a".repeat(32)}?raw_traces=true&rawTraces=true`,
    ]);
  });
});

describe("links", () => {
  test("lead to the UI under its path, without credentials", () => {
    const backend = createJaegerBackend({
      url: "http://ann:secret@127.0.0.1:16686/jaeger?x=1",
      now: () => NOW,
    });
    const trace = { traceId: "a".repeat(32), start: 0, end: 1, services: [] };
    expect(backend.links(trace)).toEqual([
      { title: "Jaeger: trace", url: `http://127.0.0.1:16686/jaeger/trace/${"a".repeat(32)}` },
    ]);
    const search = new URL(backend.queryToPaste({ id: 'a"b&c' }));
    expect(search.href).toMatch(/^http:\/\/127\.0\.0\.1:16686\/jaeger\/search\?/);
    expect(Object.fromEntries(search.searchParams)).toEqual({
      service: "__all_services__",
      tags: '{"workflow.id":"a\\"b&c"}',
      start: `${NOW - 90 * 86_400_000}000`,
      end: `${NOW + 86_400_000}000`,
      lookback: "custom",
    });
    expect(backend.name).toBe("Jaeger at http://127.0.0.1:16686/jaeger");
  });

  test("lead to where browsers reach the UI", () => {
    const backend = createJaegerBackend({
      url: "http://jaeger:16686",
      uiUrl: "https://ann:secret@traces.example.com/ui",
    });
    const trace = { traceId: "a".repeat(32), start: 0, end: 1, services: [] };
    expect(backend.links(trace)[0]?.url).toBe(
      `https://traces.example.com/ui/trace/${"a".repeat(32)}`,
    );
  });
});

test("the environment sets the address, the UI's and the credentials", () => {
  expect(jaegerOptionsOf({ JAEGER_UI_URL: "http://ui" })).toBeUndefined();
  expect(jaegerOptionsOf({ JAEGER_URL: "http://j", JAEGER_UI_URL: "" })).toEqual({
    url: "http://j",
  });
  expect(
    jaegerOptionsOf({
      JAEGER_URL: "http://j",
      JAEGER_UI_URL: "http://ui",
      JAEGER_AUTHORIZATION: "Bearer x",
    }),
  ).toEqual({ url: "http://j", uiUrl: "http://ui", headers: { Authorization: "Bearer x" } });
});
