import { context, trace } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { beforeEach, expect, test, vi } from "vitest";
import { sagaTrace } from "../../test/support/saga-runs.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { toReadableSpan } from "../host/readable-span.ts";
import { resourceOf } from "../host/resource.ts";
import { spansOf } from "../index.ts";
import { fileBackend } from "../lookup/file/file.ts";
import { lookUp } from "../lookup/look-up.ts";
import { fileSpanExporter, fileSpanProcessor } from "./file-exporter.ts";

const folder = temporaryFolder();
let path: string;

beforeEach(() => {
  path = folder.path("spans.jsonl");
});

const run = spansOf(sagaTrace("temporal", "approved"));
const resource = resourceOf({ "service.name": "worker" });

test("spans of an ordinary OpenTelemetry SDK, ours and the user's, are found in the file", async () => {
  const processor = new BatchSpanProcessor({ exporter: fileSpanExporter(path) });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": "worker" }),
    spanProcessors: [processor],
  });
  for (const span of run)
    processor.onEnd(toReadableSpan(span, resource) as Parameters<typeof processor.onEnd>[0]);
  const attempt = run.find((span) => span.role === "attempt");
  const parent = { traceId: attempt?.traceId ?? "", spanId: attempt?.spanId ?? "", traceFlags: 1 };
  const inside = trace.setSpanContext(context.active(), parent);
  provider
    .getTracer("app", "1.2.3")
    .startSpan("SELECT stock", { attributes: { rows: [1, 2] } }, inside)
    .end();
  await provider.shutdown();
  const { runs } = await lookUp(fileBackend(path), { id: "order-1002" });
  expect(runs).toHaveLength(1);
  expect(runs[0]?.spans).toHaveLength(run.length + 1);
  const own = runs[0]?.spans.find((span) => span.name === "SELECT stock");
  expect(own).toMatchObject({
    parentSpanId: attempt?.spanId,
    resource: { "service.name": "worker" },
  });
});

test("the processor needs no SDK, and a turn of the event loop makes a line", async () => {
  const processor = fileSpanProcessor(path);
  for (const span of run) processor.onEnd(toReadableSpan(span, resource));
  await processor.forceFlush();
  const { runs } = await lookUp(fileBackend(path), { id: "order-1002" });
  expect(runs[0]?.spans).toHaveLength(run.length);
  await processor.shutdown();
});

test("a span is written without a flush", async () => {
  const processor = fileSpanProcessor(path);
  for (const span of run) processor.onEnd(toReadableSpan(span, resource));
  await expect
    .poll(
      async () =>
        (await lookUp(fileBackend(path), { id: "order-1002" }).catch(() => undefined))?.runs.length,
    )
    .toBe(1);
  await processor.shutdown();
});

test("a failed write is the result of the export", async () => {
  const exporter = fileSpanExporter(folder.path());
  const result = await new Promise((resolve) => {
    exporter.export(
      run.map((span) => toReadableSpan(span, resource)),
      resolve,
    );
  });
  expect(result).toMatchObject({
    code: 1,
    error: { message: `spans could not be written to ${folder.path()}` },
  });
  await exporter.shutdown();
});

test("a span that cannot be read, and a callback that throws, end no process", async () => {
  const unhandled = vi.fn<(reason: unknown) => void>();
  process.on("unhandledRejection", unhandled);
  const [first] = run;
  if (first === undefined) throw new Error("a run has spans");
  const broken = { ...toReadableSpan(first, resource) };
  Object.defineProperty(broken, "attributes", {
    get() {
      throw new Error("gone");
    },
  });
  const exporter = fileSpanExporter(path);
  const result = await new Promise((resolve) => exporter.export([broken], resolve));
  expect(result).toMatchObject({ code: 1 });
  exporter.export([toReadableSpan(first, resource)], () => {
    throw new Error("callback");
  });
  await exporter.shutdown();
  await new Promise(setImmediate);
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});
