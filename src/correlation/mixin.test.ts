import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import pino, { type DestinationStream, type Logger, type LoggerOptions } from "pino";
import { afterEach, describe, expect, test } from "vitest";
import { type ActiveIdentity, runWithIdentity } from "./active-identity.ts";
import { childLogger, workflowMixin } from "./mixin.ts";

const identity: ActiveIdentity = {
  engine: "temporal",
  workflowId: "order-1",
  runId: "run-1",
  workflowType: "OrderSaga",
  namespace: "default",
  taskQueue: "orders",
  stepName: "chargeCard",
  stepKind: "activity",
  stepId: "3",
  attempt: 2,
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
};

const ids = {
  "workflow.engine": "temporal",
  "workflow.id": "order-1",
  "workflow.run_id": "run-1",
  "workflow.type": "OrderSaga",
  "workflow.namespace": "default",
  "workflow.task_queue": "orders",
  "workflow.step.name": "chargeCard",
  "workflow.step.kind": "activity",
  "workflow.step.id": "3",
  "workflow.step.attempt": 2,
  trace_id: identity.traceId,
  span_id: identity.spanId,
  trace_flags: "01",
};

function memory(): { readonly stream: DestinationStream; readonly lines: string[] } {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { stream, lines };
}

/** What one line says when it is written with the mixin inside of a step. */
function lineOf(options: LoggerOptions, write: (logger: Logger) => void): Record<string, unknown> {
  const { stream, lines } = memory();
  const logger = pino({ mixin: workflowMixin(), base: null, timestamp: false, ...options }, stream);
  runWithIdentity(identity, () => write(logger));
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? "");
}

afterEach(() => {
  trace.disable();
  context.disable();
});

describe("workflowMixin", () => {
  test("a line of a step carries all of the step's ids", () => {
    expect(lineOf({}, (logger) => logger.info("hello"))).toEqual({
      level: 30,
      msg: "hello",
      ...ids,
    });
  });

  test("a line outside of a step carries none", () => {
    const { stream, lines } = memory();
    pino({ mixin: workflowMixin(), base: null, timestamp: false }, stream).info("hello");
    expect(lines).toEqual(['{"level":30,"msg":"hello"}\n']);
  });

  test("a field that the caller gives on the line wins", () => {
    const line = lineOf({}, (logger) => logger.info({ "workflow.id": "mine", span_id: "s" }, "x"));
    expect(line).toMatchObject({ "workflow.id": "mine", span_id: "s", "workflow.run_id": "run-1" });
  });

  test("a field of one line does not stick to the next", () => {
    const { stream, lines } = memory();
    const logger = pino({ mixin: workflowMixin(), base: null, timestamp: false }, stream);
    runWithIdentity(identity, () => {
      logger.info({ orderId: 7, "workflow.id": "mine" }, "first");
      logger.info("second");
    });
    expect(JSON.parse(lines[1] ?? "")).toEqual({ level: 30, msg: "second", ...ids });
  });

  test("a field that the caller bound to a child logger wins, and stands once", () => {
    const { stream, lines } = memory();
    const logger = pino({ mixin: workflowMixin(), base: null, timestamp: false }, stream);
    runWithIdentity(identity, () =>
      logger.child({ "workflow.id": "mine" }).child({ a: 1 }).info("x"),
    );
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ "workflow.id": "mine", a: 1 });
    expect(lines[0]?.split('"workflow.id"')).toHaveLength(2);
  });

  test("redact, formatters and serializers go on working", () => {
    const line = lineOf(
      {
        redact: ["card", '["workflow.task_queue"]'],
        formatters: {
          level: (label) => ({ level: label }),
          log: (fields) => ({ ...fields, seen: true }),
        },
        serializers: { order: () => "short" },
      },
      (logger) => logger.warn({ card: "4111", order: { id: 1 } }, "charged"),
    );
    expect(line).toMatchObject({
      level: "warn",
      card: "[Redacted]",
      order: "short",
      seen: true,
      "workflow.task_queue": "[Redacted]",
      "workflow.id": "order-1",
    });
  });

  test("lines reach a pino transport with the ids", async () => {
    const directory = await mkdtemp(join(tmpdir(), "durascope-log-"));
    const destination = join(directory, "log.jsonl");
    const transport = pino.transport({ target: "pino/file", options: { destination } });
    const logger = pino({ mixin: workflowMixin() }, transport);
    runWithIdentity(identity, () => logger.info("over there"));
    const closed = new Promise((resolve) => transport.on("close", resolve));
    transport.end();
    await closed;
    expect(JSON.parse(readFileSync(destination, "utf8"))).toMatchObject({
      ...ids,
      msg: "over there",
    });
    await rm(directory, { recursive: true });
  });

  test("inside a span of the application the line carries that span", () => {
    const provider = new TracerProvider({
      spanProcessors: [new SimpleSpanProcessor({ exporter: new InMemorySpanExporter() })],
    });
    trace.setGlobalTracerProvider(provider);
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    let own = "";
    const line = lineOf({}, (logger) =>
      trace.getTracer("app").startActiveSpan("query", (span) => {
        own = span.spanContext().spanId;
        logger.info("in the query");
        span.end();
      }),
    );
    expect(line).toMatchObject({ trace_id: identity.traceId, span_id: own });
    expect(own).not.toBe(identity.spanId);
  });

  test("a span of another trace does not take over the line", () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    const other = { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1 };
    const line = lineOf({}, (logger) =>
      context.with(trace.setSpanContext(context.active(), other), () => logger.info("x")),
    );
    expect(line).toMatchObject({ trace_id: identity.traceId, span_id: identity.spanId });
  });

  test("with datadog the low 64 bits stand beside, in decimal", () => {
    const line = lineOf({ mixin: workflowMixin({ datadog: true }) }, (logger) => logger.info("x"));
    expect(line).toMatchObject({
      "dd.trace_id": "9532127138774266268",
      "dd.span_id": "13235353014750950193",
    });
  });
});

describe("childLogger", () => {
  test("binds the ids once, and its children keep them", () => {
    const { stream, lines } = memory();
    const logger = pino({ base: null, timestamp: false }, stream);
    runWithIdentity(identity, () => childLogger(logger))
      .child({ a: 1 })
      .info("x");
    expect(JSON.parse(lines[0] ?? "")).toEqual({ level: 30, msg: "x", a: 1, ...ids });
  });

  test("together with the mixin no field stands twice", () => {
    const { stream, lines } = memory();
    const logger = pino({ mixin: workflowMixin(), base: null, timestamp: false }, stream);
    runWithIdentity(identity, () => childLogger(logger).info("x"));
    expect(JSON.parse(lines[0] ?? "")).toEqual({ level: 30, msg: "x", ...ids });
    expect(lines[0]?.split('"span_id"')).toHaveLength(2);
  });

  test("outside of a step it is the logger itself", () => {
    const logger = pino({ enabled: false });
    expect(childLogger(logger)).toBe(logger);
  });
});
