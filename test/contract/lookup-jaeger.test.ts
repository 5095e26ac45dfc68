import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { createJaegerBackend, jaegerOptionsOf } from "../../src/lookup/jaeger/jaeger.ts";
import { lookUp } from "../../src/lookup/look-up.ts";
import { decodeLine } from "../../src/lookup/otlp-decode.ts";
import { missingBackend, withReason } from "../backends/installed.ts";
import { startJaeger } from "../backends/jaeger.ts";
import { jaegerRecording, RECORDED_ID, replayJaeger } from "../doubles/jaeger-replay.ts";
import { type JaegerServer, startJaegerServer } from "../doubles/jaeger-server.ts";
import { describeLookupBackend, type LookupStore } from "./lookup-backend.ts";

const KEYS = ["order.id"];

/** Sends spans by OTLP/JSON. */
async function send(otlpUrl: string, requests: readonly string[]): Promise<void> {
  for (const body of requests) {
    // oxlint-disable-next-line no-await-in-loop -- in the order they are given
    const { ok, status } = await fetch(`${otlpUrl}/v1/traces`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    if (!ok) throw new Error(`${otlpUrl} answered ${status} to spans`);
  }
}

function storeAt(url: string, otlpUrl: string, stop: () => Promise<void>): LookupStore {
  return {
    backend: createJaegerBackend({ url, keys: KEYS }),
    send: (requests) => send(otlpUrl, requests),
    stop,
  };
}

describe.each(["1.76.0", "2.20.0"] as const)("on a server that answers as Jaeger %s", (release) => {
  describeLookupBackend(`Jaeger ${release}`, {
    async start() {
      const server = await startJaegerServer(release);
      return storeAt(server.url, server.url, () => server.stop());
    },
    keepsLogs: false,
  });
});

const missing = missingBackend("jaeger");

describe.skipIf(missing !== undefined)(`on ${withReason("a real Jaeger 1.76", missing)}`, () => {
  describeLookupBackend("real Jaeger", {
    async start() {
      const jaeger = await startJaeger();
      return storeAt(jaeger.queryUrl, jaeger.otlpUrl, () => jaeger.stop());
    },
    keepsLogs: false,
  });
});

const given = jaegerOptionsOf(process.env);
const otlpUrl = process.env["JAEGER_OTLP_URL"];
const notGiven =
  given === undefined || otlpUrl === undefined
    ? "JAEGER_URL and JAEGER_OTLP_URL name none"
    : undefined;

describe.skipIf(notGiven !== undefined)(
  `on ${withReason("the Jaeger of JAEGER_URL", notGiven)}`,
  () => {
    describeLookupBackend("Jaeger by URL", {
      start() {
        const backend = createJaegerBackend({ url: "", ...given, keys: KEYS });
        return Promise.resolve({
          backend,
          async send(requests) {
            await send(otlpUrl ?? "", requests);
            await arrived(backend, requests);
          },
          stop: () => Promise.resolve(),
        });
      },
      keepsLogs: false,
    });
  },
);

/** Waits until a store that writes later has all spans. */
async function arrived(
  backend: LookupStore["backend"],
  requests: readonly string[],
): Promise<void> {
  const sent = requests.flatMap((text) => decodeLine(text)?.spans ?? []);
  const spanIds = new Set(sent.map((span) => span.spanId));
  const traceIds = new Set(sent.map((span) => span.traceId));
  const { signal } = new AbortController();
  for (let tries = 0; tries < 60; tries += 1) {
    // oxlint-disable-next-line no-await-in-loop -- asks until it is there
    const { spans } = await backend.fetch([...traceIds], { id: "" }, signal);
    const there = new Set(spans.map((span) => span.spanId));
    if ([...spanIds].every((spanId) => there.has(spanId))) return;
    // oxlint-disable-next-line no-await-in-loop -- as above
    await sleep(500);
  }
  throw new Error("the spans did not arrive within 30 s");
}

describe("recorded answers", () => {
  let server: JaegerServer | undefined;
  afterEach(() => server?.stop());

  const legacyPaths = (asked: readonly string[]): string[] => [
    ...new Set(asked.map((path) => path.replace(/\?.*|[0-9a-f]{32}.*/, ""))),
  ];

  test.each([
    ["1.76.0", ["/api/v3/trace-summaries", "/api/services", "/api/traces", "/api/v3/traces/"]],
    ["2.20.0", ["/api/v3/trace-summaries", "/api/v3/traces/"]],
    ["2.22-dev", ["/api/v3/trace-summaries", "/api/v3/traces/"]],
  ] as const)("of %s give the trace of an id", async (release, paths) => {
    server = await replayJaeger(release);
    const backend = createJaegerBackend({ url: server.url, now: () => 1_795_380_000_000 });
    const { traceIds } = await backend.search({ id: RECORDED_ID }, new AbortController().signal);
    const { spans } = await backend.fetch(
      traceIds,
      { id: RECORDED_ID },
      new AbortController().signal,
    );
    expect(legacyPaths(server.asked)).toEqual(paths);
    expect(spans.map((span) => span.name)).toEqual([
      "OrderSaga",
      "chargeCard",
      "waitApproval",
      "releaseInventory",
    ]);
    expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set(traceIds));
    expect(spans[0]).toMatchObject({
      attributes: { n: 7, ok: true, "order.total": 42.5, tags: ["x", "y"] },
      resource: { "service.name": "orders" },
    });
    expect(spans[1]).toMatchObject({
      parentSpanId: spans[0]?.spanId,
      status: { code: "ERROR", message: "CardDeclined" },
      events: [{ name: "exception" }],
    });
    expect(spans[2]?.links).toMatchObject([{ traceId: "f".repeat(32), spanId: "e".repeat(16) }]);
  });

  test.each(["1.76.0", "2.20.0", "2.22-dev"] as const)(
    "of %s to an unknown id are nothing, with the time that was searched",
    async (release) => {
      server = await replayJaeger(release);
      const backend = createJaegerBackend({ url: server.url, now: () => 1_795_380_000_000 });
      for (const id of ["nope", "f".repeat(32)]) {
        // oxlint-disable-next-line no-await-in-loop -- one server
        expect(await lookUp(backend, { id })).toEqual({
          runs: [],
          otherTraces: [],
          notes: [
            "Jaeger was asked for spans that started since 2026-08-24T20:40:00.000Z; --since asks further back.",
          ],
        });
      }
    },
  );

  test("of an old version are told by their content type, since its status is 200", () => {
    const { summaries } = jaegerRecording("1.76.0");
    expect([summaries.status, summaries.contentType]).toEqual([200, "text/html; charset=utf-8"]);
  });
});
