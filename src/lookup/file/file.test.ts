import { appendFile, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test } from "vitest";
import type { FixtureEngine } from "../../../test/support/saga-fixtures.ts";
import { sagaRun } from "../../../test/support/saga-runs.ts";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { encodeLogs, encodeSpans } from "../../telemetry/otlp/otlp-json.ts";
import type { OtlpSpan } from "../../telemetry/otlp/otlp-model.ts";
import type { LookupResult } from "../backend.ts";
import { lookUp } from "../look-up.ts";
import type { RecordedRun } from "../recorded-run.ts";
import { fileBackend } from "./file.ts";

const folder = temporaryFolder();
let path: string;

beforeEach(() => {
  path = folder.path("spans.otlp.jsonl");
});

const find = (id: string): Promise<LookupResult> => lookUp(fileBackend(path), { id });

function lineOf(spans: readonly OtlpSpan[], service = "orderSaga"): string {
  return `${encodeSpans([{ resource: { "service.name": service }, spans }])}\n`;
}

async function record(
  ...runs: readonly (readonly [FixtureEngine, string])[]
): Promise<RecordedRun[]> {
  const recorded = runs.map(([engine, scenario]) => sagaRun(engine, scenario));
  await appendFile(path, recorded.map((run) => lineOf(run.spans)).join(""));
  return recorded;
}

/** The span with one more attribute. */
function tagged(span: OtlpSpan, key: string, value: string | number | boolean): OtlpSpan {
  return { ...span, attributes: { ...span.attributes, [key]: value } };
}

function userSpan(parent: OtlpSpan, name: string): OtlpSpan {
  const { traceId, spanId: parentSpanId, startTime, endTime } = parent;
  return {
    traceId,
    spanId: "1234567812345678",
    parentSpanId,
    name,
    kind: "CLIENT",
    startTime,
    endTime,
    attributes: {},
    status: { code: "UNSET" },
    links: [],
    events: [],
  };
}

describe("an id finds", () => {
  test("the run of a file whose ids are in base64, as protobuf's own JSON writes them", async () => {
    const run = sagaRun("temporal", "approved");
    const text = lineOf(run.spans).replaceAll(/"((?:[0-9a-f]{16}){1,2})"/g, (_id, hex: string) => {
      const base64 = Buffer.from(hex, "hex").toString("base64");
      return JSON.stringify(base64).replaceAll("/", "\\/");
    });
    await appendFile(path, text);
    const { runs } = await find("order-1002");
    expect(runs.map(({ runId, spans }) => [runId, spans.length])).toEqual([
      [run.runId, run.spans.length],
    ]);
  });

  test("the run of a workflow id on both engines, the newest first", async () => {
    await record(["temporal", "approved"], ["stepfunctions", "approved"], ["temporal", "declined"]);
    const { runs, notes } = await find("order-1002");
    expect(runs.map((run) => run.spans[0]?.attributes["workflow.engine"])).toEqual([
      "aws_step_functions",
      "temporal",
    ]);
    expect(notes).toEqual([]);
  });

  test("one run by its run id, its ARN and its trace id", async () => {
    const [temporal, stepFunctions] = await record(
      ["temporal", "approved"],
      ["stepfunctions", "approved"],
    );
    const ids = [temporal, stepFunctions].flatMap((run) => [
      run?.runId,
      run?.traceId.toUpperCase(),
    ]);
    const found = await Promise.all(ids.map((id) => find(id ?? "")));
    expect(found.map(({ runs }) => runs)).toEqual([
      [temporal],
      [temporal],
      [stepFunctions],
      [stepFunctions],
    ]);
  });

  test("a run by a business key, also by a number's text", async () => {
    const run = sagaRun("temporal", "fulfilled");
    const spans = run.spans.map((span) => tagged(span, "order.number", 77_123));
    await writeFile(path, lineOf(spans));
    expect((await find("77123")).runs).toHaveLength(1);
    expect((await find("7712")).runs).toEqual([]);
  });

  test.each([["42.5"], ["-7"], ["true"], ["1e3"], ["text"], ['a"b']])(
    "a span by an attribute of %j, be it text, a number or a boolean",
    async (id) => {
      const values = [id, Number(id), id === "true"].filter((value) => String(value) === id);
      const run = sagaRun("temporal", "declined");
      const spans = values.map((value, i) => ({
        ...tagged(run.spans[0] as OtlpSpan, "order.key", value),
        traceId: String(i).repeat(32),
      }));
      await writeFile(path, spans.map((span) => lineOf([span])).join(""));
      const { traceIds } = await fileBackend(path).search({ id }, new AbortController().signal);
      expect(traceIds).toEqual(spans.map((span) => span.traceId).toReversed());
    },
  );

  test("all traces that it stands in, those that were written last first", async () => {
    const span = tagged(sagaRun("temporal", "declined").spans[0] as OtlpSpan, "customer.id", "c7");
    const ids = Array.from({ length: 5000 }, (_, i) => (i + 1).toString(16).padStart(32, "0"));
    const again = [...ids, ids[0] ?? ""];
    await writeFile(path, again.map((traceId) => lineOf([{ ...span, traceId }])).join(""));
    const { traceIds } = await fileBackend(path).search({ id: "c7" }, new AbortController().signal);
    expect(traceIds).toEqual([...new Set(again.toReversed())]);
    const { runs, otherTraces, notes } = await find("c7");
    expect(runs.length + otherTraces.length).toBe(100);
    expect(notes).toContain("There are more traces than are read: 4900 left out.");
  });

  test("nothing by a word that only describes a run", async () => {
    await record(["temporal", "fulfilled"]);
    expect((await find("completed")).runs).toEqual([]);
  });

  test("the runs that name it as their parent, after its own", async () => {
    await record(["temporal", "approved"]);
    const child = sagaRun("stepfunctions", "fulfilled");
    const spans = child.spans.map((span) => tagged(span, "workflow.parent.id", "order-1002"));
    await appendFile(path, lineOf(spans));
    const { runs } = await find("order-1002");
    expect(runs.map((run) => run.match)).toEqual(["own", "related"]);
  });

  test("a trace that only mentions it beside the runs", async () => {
    const [run] = await record(["temporal", "approved"]);
    const attributes = {
      "workflow.id": "order-1002",
      "workflow.run_id": run?.runId ?? "",
      "workflow.type": "orderSaga",
    };
    const start: OtlpSpan = {
      ...userSpan(run?.spans[0] as OtlpSpan, "start orderSaga"),
      traceId: "0af7651916cd43dd8448eb211c80319c",
      kind: "PRODUCER",
      attributes,
    };
    await appendFile(path, lineOf([start], "shop"));
    const { runs, otherTraces } = await find("order-1002");
    expect(runs).toHaveLength(1);
    expect(otherTraces).toEqual([
      { traceId: start.traceId, span: "start orderSaga", service: "shop" },
    ]);
  });
});

describe("a run is given", () => {
  test("with the user's spans inside it and its log lines", async () => {
    const [run] = await record(["temporal", "approved"]);
    const attempt = run?.spans.find((span) => span.name === "chargeCard attempt 1") as OtlpSpan;
    await appendFile(path, lineOf([userSpan(attempt, "POST /charges")], "worker"));
    const log = {
      time: 5,
      severityNumber: 9,
      severityText: "info",
      body: "charged",
      attributes: {},
      traceId: attempt.traceId,
      spanId: attempt.spanId,
    };
    const line = encodeLogs([
      { resource: {}, logs: [{ ...log, time: 9 }, log, { ...log, traceId: "f".repeat(32) }] },
    ]);
    await appendFile(path, `${line}\n`);
    const [found] = (await find("order-1002")).runs;
    expect(found?.spans.find((span) => span.name === "POST /charges")?.resource).toEqual({
      "service.name": "worker",
    });
    expect(found?.logs.map((entry) => entry.time)).toEqual([5, 9]);
  });

  test("with each span once, however often it was delivered", async () => {
    const [run] = await record(["temporal", "approved"]);
    await record(["temporal", "approved"]);
    expect((await find("order-1002")).runs).toEqual([run]);
  });

  test("apart from the other runs of its trace", async () => {
    const caller = sagaRun("temporal", "approved");
    const called = sagaRun("temporal", "fulfilled");
    const joined = called.spans.map((span) => ({ ...span, traceId: caller.traceId }));
    const inner = {
      ...userSpan(
        joined.find((span) => span.name === "chargeCard attempt 3") as OtlpSpan,
        "POST /charges",
      ),
    };
    await writeFile(path, lineOf([...caller.spans, ...joined, inner]));
    const { runs } = await find(caller.traceId);
    expect(runs).toHaveLength(2);
    expect(runs.find((run) => run.runId === called.runId)?.spans).toHaveLength(joined.length + 1);
    expect((await find("order-1000")).runs.map((run) => run.match)).toEqual(["own", "related"]);
  });

  test("the same from a compressed file", async () => {
    const run = sagaRun("stepfunctions", "declined");
    await writeFile(path, gzipSync(lineOf(run.spans)));
    expect((await find("order-1001")).runs).toEqual([run]);
  });
});

describe("what is odd is said", () => {
  test("corrupt lines that might matter, and they cost no run", async () => {
    await writeFile(path, '{"resourceSpans": order-1002 broken\n{"other": "nonsense"\n');
    const [run] = await record(["temporal", "approved"]);
    await appendFile(path, lineOf(run?.spans ?? []).slice(0, -100));
    const { runs, notes } = await find("order-1002");
    expect(runs).toEqual([run]);
    expect(notes).toEqual([
      "1 line that may hold the id could not be read as JSON.",
      "1 line that may hold a part of what was found could not be read as JSON.",
    ]);
  });

  test("an empty file", async () => {
    await writeFile(path, "");
    expect(await find("order-1002")).toEqual({
      runs: [],
      otherTraces: [],
      notes: ["The file is empty."],
    });
  });

  test("a file that holds something else", async () => {
    await writeFile(path, "lorem ipsum\n".repeat(10));
    expect((await find("order-1002")).notes).toEqual([
      "The file begins with no line of OTLP JSON.",
    ]);
  });

  test("a missing file", async () => {
    await expect(find("x")).rejects.toMatchObject({ code: "LOOKUP_FILE_MISSING" });
  });
});

test("spans that hold something else than the specification says are passed over", async () => {
  const odd = [
    null,
    5,
    {},
    { traceId: "x", spanId: 1 },
    {
      traceId: "a".repeat(32),
      spanId: "b".repeat(16),
      attributes: [{ key: "workflow.id", value: { stringValue: "order-1002" } }, 5, { key: 7 }],
      kind: "SPAN_KIND_SERVER",
      startTimeUnixNano: "x",
      status: 7,
    },
  ];
  await writeFile(
    path,
    `${JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: odd }, 7] }, "x"], resourceLogs: {} })}\n`,
  );
  await record(["temporal", "approved"]);
  const { runs, otherTraces } = await find("order-1002");
  expect(runs).toHaveLength(1);
  expect(otherTraces).toEqual([{ traceId: "a".repeat(32), span: "" }]);
});

test.each([
  ["-x", "grep -F -e '-x' spans.jsonl"],
  ["it's", "grep -F 'it'\\''s' spans.jsonl"],
  ["a\nb", "grep -F 'a\\nb' spans.jsonl"],
])("the query to paste for %j is one word of a shell, and no option", (id, command) => {
  expect(fileBackend("spans.jsonl").queryToPaste({ id })).toBe(command);
});
