import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { type Json, jsonObject, objects } from "../otlp-decode.ts";
import { knownTraces, spanIdOfDatadog, traceIdOfDatadog } from "./datadog-ids.ts";
import { logOfDatadog, spanOfDatadog } from "./datadog-record.ts";

/** What the recorded answers hold. */
async function recordedData(name: string): Promise<Json[]> {
  const path = new URL(`../../../test/fixtures/datadog/${name}.json`, import.meta.url);
  const file = jsonObject(await readFile(path, "utf8"));
  return objects(file?.["exchanges"]).flatMap((exchange) =>
    objects(((exchange["response"] as Json)["body"] as Json)["data"]),
  );
}

const NONE = knownTraces([]);
const WHOLE = "0af7651916cd43dd8448eb211c80319c";
const LOWER = "9532127138774266268";

describe("a trace id of Datadog", () => {
  test.each<[string, unknown, unknown, unknown, string | undefined]>([
    ["hex digits of 128 bits", WHOLE, undefined, undefined, WHOLE],
    ["hex digits in upper case", WHOLE.toUpperCase(), undefined, undefined, WHOLE],
    ["a decimal number of 128 bits", BigInt(`0x${WHOLE}`).toString(), undefined, undefined, WHOLE],
    ["a number of 64 bits and OpenTelemetry's id", LOWER, WHOLE, undefined, WHOLE],
    ["a number of 64 bits and the upper half", LOWER, undefined, "0af7651916cd43dd", WHOLE],
    ["a number of 64 bits alone", LOWER, undefined, undefined, `${"0".repeat(16)}8448eb211c80319c`],
    [
      "a number and OpenTelemetry's id of another",
      LOWER,
      "f".repeat(32),
      undefined,
      `${"0".repeat(16)}8448eb211c80319c`,
    ],
    ["32 digits, which are hex ones", "1".repeat(32), undefined, undefined, "1".repeat(32)],
    ["nothing", undefined, WHOLE, undefined, undefined],
    ["no id", "not-an-id", undefined, undefined, undefined],
    ["more than 128 bits", "9".repeat(39), undefined, undefined, undefined],
    ["an object", {}, undefined, undefined, undefined],
  ])("given as %s", (_form, id, openTelemetry, upper, expected) => {
    expect(traceIdOfDatadog(id, openTelemetry, upper, NONE)).toBe(expected);
  });

  test("of 64 bits is one of those that were asked for", () => {
    expect(traceIdOfDatadog(LOWER, undefined, undefined, knownTraces([WHOLE]))).toBe(WHOLE);
  });
});

test.each([
  ["12174885344805365765", BigInt("12174885344805365765").toString(16).padStart(16, "0")],
  ["0", undefined],
  ["18446744073709551616", undefined],
  ["00f067aa0ba902b7", "00f067aa0ba902b7"],
  [7, undefined],
])("the span id %s of Datadog is %s", (id, expected) => {
  expect(spanIdOfDatadog(id)).toBe(expected);
});

describe("recorded answers of Datadog", () => {
  test("of the spans API are read", async () => {
    const [first, second] = (await recordedData("spans-search")).map((data) =>
      spanOfDatadog(data, NONE),
    );
    expect(first).toEqual({
      traceId: BigInt("1376633447483012831").toString(16).padStart(32, "0"),
      spanId: BigInt("12174885344805365765").toString(16).padStart(16, "0"),
      name: "GET /",
      kind: "SERVER",
      startTime: Date.parse("2023-06-29T10:37:09.217Z"),
      endTime: Date.parse("2023-06-29T10:37:09.217Z") + 4.219,
      attributes: {
        component: "flask",
        "http.host": "localhost",
        "http.method": "GET",
        "http.route": "/",
        "http.status_code": "200",
        "http.url": "http://localhost:8080/",
        "http.url_details.host": "localhost",
        "http.url_details.path": "/",
        "http.url_details.port": "8080",
        "http.url_details.scheme": "http",
        language: "python",
        process_id: "437",
        "peer.port": 34580,
        "thread.id": 53,
        "thread.name": "http-nio-8080-exec-10",
      },
      status: { code: "UNSET" },
      links: [],
      events: [],
      resource: {
        "service.name": "sample-app",
        "service.version": "1.0.0",
        "deployment.environment.name": "staging",
        "host.name": "compute-0",
      },
    });
    expect(second?.parentSpanId).toBe(BigInt("5407116910258794847").toString(16).padStart(16, "0"));
  });

  test("of the logs API are read", async () => {
    const logs = (await recordedData("logs-search")).map((data) => logOfDatadog(data, NONE));
    expect(logs).toHaveLength(3);
    expect(logs[0]).toEqual({
      time: Date.parse("2022-04-11T16:29:47.000Z"),
      severityNumber: 9,
      severityText: "ok",
      body: "GET / 200",
      attributes: {
        "http.url_details.path": "/",
        "http.status_code": 200,
        "http.method": "GET",
        "network.bytes_written": 117,
        date_access: 1649694587000,
      },
      resource: { "host.name": "05f9b9df-ae45" },
    });
  });
});

describe("a span of Datadog", () => {
  const span = (custom: unknown, more: Json = {}): ReturnType<typeof spanOfDatadog> =>
    spanOfDatadog({ attributes: { trace_id: WHOLE, span_id: "1", custom, ...more } }, NONE);

  test.each([
    [
      { otel: { status_code: "Error", status_description: "no" } },
      { code: "ERROR", message: "no" },
    ],
    [{ otel: { status_code: "Ok" } }, { code: "OK" }],
    [{ otel: { status_code: "Unset" }, error: { type: "Benign" } }, { code: "UNSET" }],
    [{ error: { type: "Declined", message: "no funds" } }, { code: "ERROR", message: "no funds" }],
    [{}, { code: "UNSET" }],
  ])("with %j has the status %j", (custom, status) => {
    expect(span(custom)?.status).toEqual(status);
  });

  test("has the links and events that its Agent kept as JSON, whole or cut, nested or dotted", () => {
    const links = [
      { trace_id: WHOLE, span_id: "00f067aa0ba902b7", attributes: { "link.relation": "child" } },
    ];
    const expected = [
      { traceId: WHOLE, spanId: "00f067aa0ba902b7", attributes: { "link.relation": "child" } },
    ];
    expect(span({ "_dd.span_links": JSON.stringify(links) })?.links).toEqual(expected);
    expect(span({ _dd: { span_links: links } })?.links).toEqual(expected);
    expect(span({ _dd: { span_links: "[{" } })?.links).toEqual([]);
    const events =
      '[{"time_unix_nano":1795375190349000000,"name":"exception","attributes":{"a":1}}]';
    expect(span({ events })?.events).toEqual([
      { name: "exception", time: 1795375190349, attributes: { a: 1 } },
    ]);
  });

  test("that lacks an id is none", () => {
    expect(spanOfDatadog({}, NONE)).toBeUndefined();
    expect(spanOfDatadog({ attributes: { trace_id: WHOLE } }, NONE)).toBeUndefined();
    expect(spanOfDatadog({ attributes: { trace_id: WHOLE, span_id: "0" } }, NONE)).toBeUndefined();
  });

  test("with a tree that is deep, wide or hostile is read up to a bound", () => {
    let deep: unknown = "end";
    for (let i = 0; i < 5000; i += 1) deep = { a: deep };
    const wide = Object.fromEntries(Array.from({ length: 5000 }, (_none, i) => [`k${i}`, i]));
    const hostile = JSON.parse(
      '{"__proto__":{"polluted":true},"a":{"__proto__":{"b":1}}}',
    ) as unknown;
    expect(span({ deep })?.attributes).toEqual({});
    expect(Object.keys(span(wide)?.attributes ?? {})).toHaveLength(500);
    expect(span(hostile)?.attributes).not.toHaveProperty("polluted");
    expect(Object.prototype).not.toHaveProperty("polluted");
  });
});
