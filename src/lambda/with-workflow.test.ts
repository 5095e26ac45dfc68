import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BatchSpanProcessor,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { runIds, stateAttemptKey } from "../core/ids.ts";
import { workflowMixin } from "../correlation/mixin.ts";
import { nodeSha256 } from "../host/node-sha256.ts";
import type { ReadableSpan, SpanProcessor } from "../host/readable-span.ts";
import { withWorkflow } from "./with-workflow.ts";

const arn = "arn:aws:states:us-east-1:123456789012:execution:OrderSaga:order-1001";
const entered = "2026-01-02T03:04:05.678Z";
const event = {
  orderId: "secret-payload",
  taskToken: "AQCgAAAAKgAAAAMAAAAA-token",
  _wf: { e: arn, s: { Name: "ChargeCard", EnteredTime: entered, RetryCount: 2 }, r: 0 },
};

const lambdaContext = {
  awsRequestId: "8a7f3a2e-0d1b-4c5e-9f00-000000000001",
  functionName: "charge-card",
  functionVersion: "$LATEST",
  invokedFunctionArn: "arn:aws:lambda:us-east-1:123456789012:function:charge-card",
  memoryLimitInMB: "128",
  xRayTraceId: "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0",
  getRemainingTimeInMillis: () => 30_000,
};

const ids = runIds("aws_step_functions", arn, nodeSha256);
const attemptKey = stateAttemptKey({
  state: "ChargeCard",
  enteredTime: entered,
  retry: 2,
  redrive: 0,
});

/** A processor that keeps what it is given. */
function recorder(): SpanProcessor & { readonly spans: ReadableSpan[] } {
  const spans: ReadableSpan[] = [];
  return { spans, onEnd: (span) => void spans.push(span) };
}

/** What the processor got when the handler was called once. */
async function spanOf(
  handler: (event: unknown, context: typeof lambdaContext) => unknown,
  input: unknown = event,
  options: Parameters<typeof withWorkflow>[1] = {},
): Promise<ReadableSpan> {
  const spanProcessor = recorder();
  const wrapped = withWorkflow(handler, { spanProcessor, ...options });
  await Promise.resolve(wrapped(input, lambdaContext)).catch(() => undefined);
  expect(spanProcessor.spans).toHaveLength(1);
  const [span] = spanProcessor.spans;
  if (span === undefined) throw new Error("no span");
  return span;
}

beforeEach(() => {
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", "");
});

afterEach(() => {
  vi.unstubAllEnvs();
  trace.disable();
  context.disable();
});

describe("the span of an invocation", () => {
  test("is the SERVER child of the attempt that sent the event, with derived ids", async () => {
    const span = await spanOf(() => "ok");
    expect(span.spanContext()).toEqual({
      traceId: ids.traceId,
      spanId: ids.span(`${attemptKey}/invocation/${lambdaContext.awsRequestId}`),
      traceFlags: 1,
    });
    expect(span.parentSpanContext).toMatchObject({
      spanId: ids.attempt(attemptKey),
      isRemote: true,
    });
    expect(span).toMatchObject({ name: "charge-card", kind: 1, status: { code: 0 } });
  });

  test("carries the vocabulary and the function, and nothing of the payload", async () => {
    const span = await spanOf(() => ({ answer: "secret-result" }));
    expect(span.attributes).toEqual({
      "workflow.engine": "aws_step_functions",
      "workflow.id": "order-1001",
      "workflow.run_id": arn,
      "workflow.first_run_id": arn,
      "workflow.type": "OrderSaga",
      "workflow.namespace": "123456789012/us-east-1",
      "workflow.step.name": "ChargeCard",
      "workflow.step.kind": "lambda",
      "workflow.step.attempt": 3,
      "workflow.outcome": "completed",
      "aws.step_functions.execution.arn": arn,
      "faas.coldstart": true,
      "faas.invocation_id": lambdaContext.awsRequestId,
      "faas.name": "charge-card",
      "faas.max_memory": 134_217_728,
      "aws.lambda.invoked_arn": lambdaContext.invokedFunctionArn,
      "cloud.provider": "aws",
      "cloud.region": "us-east-1",
      "cloud.account.id": "123456789012",
    });
    expect(JSON.stringify(span)).not.toMatch(/secret|token/);
  });

  test("links X-Ray's segment, also when X-Ray did not sample it", async () => {
    const span = await spanOf(() => "ok");
    expect(span.links).toEqual([
      {
        context: {
          traceId: "5759e988bd862e3fe1be46a994272793",
          spanId: "53995c3f42cd8ad8",
          traceFlags: 1,
        },
        attributes: { "link.relation": "xray" },
      },
    ]);
  });

  test("is a cold start once a wrapper", async () => {
    const spanProcessor = recorder();
    const wrapped = withWorkflow(async (_event: unknown, _context: unknown) => 1, {
      spanProcessor,
    });
    await wrapped(event, lambdaContext);
    await wrapped(event, lambdaContext);
    expect(spanProcessor.spans.map((span) => span.attributes["faas.coldstart"])).toEqual([
      true,
      false,
    ]);
  });

  test.each([[null], [17], ["text"], [[1, 2]], [{}], [{ _wf: 4 }], [{ _wf: { e: "x" } }]])(
    "of an event that no state machine sent (%j) has a trace of its own",
    async (input) => {
      const span = await spanOf(() => "ok", input);
      expect(span.spanContext().traceId).toMatch(/^[\da-f]{32}$/);
      expect(span.spanContext().traceId).not.toBe(ids.traceId);
      expect(span.parentSpanContext).toBeUndefined();
      expect(span.attributes["workflow.id"]).toBeUndefined();
    },
  );
});

function recorded(handler: () => unknown): () => unknown {
  return withWorkflow(handler, { spanProcessor: recorder() });
}

describe("what the handler gives passes through unchanged", () => {
  const result = { statusCode: 200 };
  const error = new Error("card declined");
  test("a promise's value", async () => {
    expect(await recorded(async () => result)()).toBe(result);
  });
  test("a value returned at once", async () => {
    expect(await recorded(() => result)()).toBe(result);
  });
  test("a rejection", async () => {
    await expect(recorded(async () => Promise.reject(error))()).rejects.toBe(error);
  });
  test("an error thrown at once", async () => {
    const throwing = recorded(() => {
      throw error;
    });
    await expect(throwing()).rejects.toBe(error);
  });
  test.each([[undefined], [null], ["text"], [0]])("thrown %j", async (thrown) => {
    await expect(recorded(async () => Promise.reject(thrown))()).rejects.toBe(thrown);
  });

  test("`this`, and all parameters", async () => {
    const calls: unknown[] = [];
    const holder = {
      handler: withWorkflow(
        function handler(this: unknown, ...parameters: unknown[]) {
          calls.push(this, ...parameters);
        },
        { spanProcessor: recorder() },
      ),
    };
    await holder.handler(event, lambdaContext);
    expect(calls).toEqual([holder, event, lambdaContext]);
  });

  test("also when the processor throws, rejects, or the warning does", async () => {
    const broken: SpanProcessor = {
      onEnd() {
        throw new Error("full");
      },
    };
    const rejecting: SpanProcessor = {
      onEnd: () => undefined,
      forceFlush: () => Promise.reject(new Error("down")),
    };
    const onWarning = vi.fn<(message: string) => void>(() => {
      throw new Error("no log");
    });
    expect(await withWorkflow(() => result, { spanProcessor: broken, onWarning })()).toBe(result);
    expect(await withWorkflow(() => result, { spanProcessor: rejecting, onWarning })()).toBe(
      result,
    );
  });

  test("also when the context does not tell how much time is left", async () => {
    const broken = {
      getRemainingTimeInMillis() {
        throw new Error("no clock");
      },
    };
    const handler = withWorkflow((_event: unknown, _context: unknown) => result, {
      spanProcessor: recorder(),
    });
    expect(await handler(event, broken)).toBe(result);
  });

  test("before the timeout, though the receiver hangs and little time is left", async () => {
    vi.useFakeTimers();
    const hanging: SpanProcessor = {
      onEnd: () => undefined,
      forceFlush: () => new Promise(() => undefined),
    };
    const handler = withWorkflow(async (_event: unknown, _context: unknown) => result, {
      spanProcessor: hanging,
      onWarning: () => undefined,
    });
    const answers: unknown[] = [];
    const left = { ...lambdaContext, getRemainingTimeInMillis: () => 30 };
    void handler(event, left).then((answer) => answers.push(answer));
    await vi.advanceTimersByTimeAsync(20);
    vi.useRealTimers();
    expect(answers).toEqual([result]);
  });

  test("on a runtime with callbacks a handler without a promise answers as it did", async () => {
    const spanProcessor = recorder();
    const handler = withWorkflow((..._parameters: unknown[]) => result, { spanProcessor });
    expect(handler(event, lambdaContext, () => undefined)).toBe(result);
    await vi.waitFor(() => expect(spanProcessor.spans).toHaveLength(1));
  });
});

describe("failures", () => {
  class CardDeclined extends Error {
    override name = "CardDeclined";
  }

  async function fail(): Promise<never> {
    throw new CardDeclined("order 17");
  }

  test("a thrown error is an ERROR with its type and message", async () => {
    const span = await spanOf(async () => {
      throw new CardDeclined("insufficient funds");
    });
    expect(span.status).toEqual({ code: 2, message: "insufficient funds" });
    expect(span.attributes).toMatchObject({
      "error.type": "CardDeclined",
      "error.message": "insufficient funds",
      "workflow.outcome": "failed",
    });
  });

  test("a task token in a message is taken out", async () => {
    const span = await spanOf(async () => {
      throw new Error(`bad token ${event.taskToken} and ${"A1+/".repeat(80)}`);
    });
    expect(span.attributes["error.message"]).toBe("bad token [token] and [token]");
  });

  test("an event that is a long text or list is not taken apart when the handler fails", async () => {
    const entries = vi.spyOn(Object, "entries");
    const list: unknown = new Proxy([], {
      ownKeys() {
        throw new Error("taken apart");
      },
    });
    const ofList = await spanOf(fail, list);
    const text = "a text of 6 MB";
    const ofText = await spanOf(fail, text);
    const takenApart = entries.mock.calls.filter(([value]) => value.valueOf() === text);
    entries.mockRestore();
    expect(ofList.attributes["error.type"]).toBe("CardDeclined");
    expect(ofText.attributes["error.type"]).toBe("CardDeclined");
    expect(takenApart).toEqual([]);
  });

  test("failureMessages drops or rewrites the message", async () => {
    const dropped = await spanOf(fail, event, { failureMessages: "drop" });
    expect(dropped.status).toEqual({ code: 2, message: "CardDeclined" });
    expect(dropped.attributes["error.message"]).toBeUndefined();
    const rewritten = await spanOf(fail, event, {
      failureMessages: (text) => text.replace(/\d+/, "#"),
    });
    expect(rewritten.attributes["error.message"]).toBe("order #");
  });

  test("a part of a batch that failed is an ERROR with the counts", async () => {
    const records = { Records: [{ messageId: "a" }, { messageId: "b" }, { messageId: "c" }] };
    const span = await spanOf(() => ({ batchItemFailures: [{ itemIdentifier: "b" }] }), records);
    expect(span.status).toEqual({ code: 2, message: "1 of 3 messages failed" });
    expect(span.attributes).toMatchObject({
      "error.type": "PartialBatchFailure",
      "messaging.batch.message_count": 3,
      "durascope.batch.failed_count": 1,
    });
  });

  test("failed messages of an event without records leave the counts numbers", async () => {
    const span = await spanOf(() => ({ batchItemFailures: [{ itemIdentifier: "b" }] }), {});
    expect(span.attributes).toMatchObject({
      "messaging.batch.message_count": 1,
      "durascope.batch.failed_count": 1,
    });
  });

  test("a batch without failed messages is none", async () => {
    const span = await spanOf(() => ({ batchItemFailures: [] }), { Records: [{}] });
    expect(span.status).toEqual({ code: 0 });
  });

  test("near the timeout the span is out, marked, before the handler ends", async () => {
    const spanProcessor = recorder();
    const work = Promise.withResolvers<string>();
    const handler = withWorkflow((_event: unknown, _context: unknown) => work.promise, {
      spanProcessor,
    });
    const pending = handler(event, { ...lambdaContext, getRemainingTimeInMillis: () => 130 });
    await vi.waitFor(() => expect(spanProcessor.spans).toHaveLength(1));
    expect(spanProcessor.spans[0]?.attributes).toMatchObject({
      "workflow.outcome": "timed_out",
      "error.type": "Sandbox.Timedout",
    });
    work.resolve("late");
    expect(await pending).toBe("late");
    expect(spanProcessor.spans.map((span) => span.spanContext().spanId)).toEqual([
      ids.span(`${attemptKey}/invocation/${lambdaContext.awsRequestId}`),
      ids.span(`${attemptKey}/invocation/${lambdaContext.awsRequestId}`),
    ]);
    expect(spanProcessor.spans[1]?.status).toEqual({ code: 0 });
  });
});

describe("handlers of every kind", () => {
  const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
  const MARK = Symbol.for("aws.lambda.runtime.handler.streaming.highWaterMark");

  test("a streaming handler keeps its marks, and its context is the third parameter", async () => {
    const spanProcessor = recorder();
    const written: string[] = [];
    const stream = Object.assign(
      async (_event: unknown, out: { write(text: string): void }, _context: unknown) =>
        out.write("chunk"),
      { [STREAMING]: "response", [MARK]: 1024 },
    );
    const streaming = withWorkflow(stream, { spanProcessor });
    expect(Reflect.get(streaming, STREAMING)).toBe("response");
    expect(Reflect.get(streaming, MARK)).toBe(1024);
    await streaming(event, { write: (text) => void written.push(text) }, lambdaContext);
    expect(written).toEqual(["chunk"]);
    expect(spanProcessor.spans[0]?.name).toBe("charge-card");
  });

  test("the wrapper declares at most two parameters, as Lambda's runtime asks for", () => {
    expect(withWorkflow((_event: unknown, _context: unknown) => 1).length).toBeLessThanOrEqual(2);
  });

  test("a handler with a callback is refused with what to do", () => {
    expect(() => withWorkflow((_e: unknown, _c: unknown, _callback: unknown) => 1)).toThrow(
      /async/,
    );
  });

  test("an unknown option is refused by its name", () => {
    const options = { failureMessages: "drop", failureMesages: "drop" } as const;
    expect(() => withWorkflow(() => 1, options)).toThrow(/"failureMesages".*failureMessages/);
  });

  test.each(["DURASCOPE_DISABLED", "OTEL_SDK_DISABLED"])(
    "%s=true gives the handler itself",
    (name) => {
      vi.stubEnv(name, "true");
      expect(withWorkflow(fetch)).toBe(fetch);
    },
  );

  test("64 invocations that overlap in one thread keep their own ids, in spans and log lines", async () => {
    const spanProcessor = recorder();
    const lines: string[] = [];
    const logger = pino({ mixin: workflowMixin() }, { write: (line) => void lines.push(line) });
    const handler = withWorkflow(
      async ({ _wf: caller }: typeof event, _context: unknown) => {
        await sleep(Math.random() * 10);
        logger.info({ expected: caller.e }, "inside");
      },
      { spanProcessor },
    );
    const { _wf: caller } = event;
    const calls = Array.from({ length: 64 }, (_value, index) =>
      handler(
        { ...event, _wf: { ...caller, e: `${arn}-${index}` } },
        { ...lambdaContext, awsRequestId: `request-${index}` },
      ),
    );
    await Promise.all(calls);
    const parsed = lines.map((line): Record<string, unknown> => JSON.parse(line));
    expect(parsed).toHaveLength(64);
    expect(parsed.filter((line) => line["expected"] === line["workflow.run_id"])).toHaveLength(64);
    expect(new Set(parsed.map((line) => line["span_id"]))).toEqual(
      new Set(spanProcessor.spans.map((span) => span.spanContext().spanId)),
    );
  });
});

describe("with the application's OpenTelemetry SDK", () => {
  test("its processor gets the span, and the application's spans are children of it", async () => {
    const exporter = new InMemorySpanExporter();
    const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] });
    const handler = withWorkflow(async (_event: unknown, _context: unknown) =>
      trace.getTracer("app").startActiveSpan("query", (span) => span.end()),
    );
    // After the wrapper was made, as an SDK may be.
    trace.setGlobalTracerProvider(provider);
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    await handler(event, lambdaContext);
    const spans = exporter.getFinishedSpans();
    expect(spans.map((span) => span.name)).toEqual(["query", "charge-card"]);
    const [query, invocation] = spans;
    expect(query?.parentSpanContext?.spanId).toBe(invocation?.spanContext().spanId);
    expect(query?.spanContext().traceId).toBe(ids.traceId);
    expect(invocation?.resource).toBe(query?.resource);
    await provider.shutdown();
  });

  test("a simple processor works as well", async () => {
    const exporter = new InMemorySpanExporter();
    await spanOf(() => "ok", event, {});
    const spanProcessor = new SimpleSpanProcessor({ exporter });
    await withWorkflow(() => "ok", { spanProcessor })();
    expect(exporter.getFinishedSpans()).toHaveLength(1);
  });
});

/** A collector that keeps what it gets. */
interface Receiver {
  readonly endpoint: string;
  readonly bodies: unknown[];
  readonly headers: IncomingHttpHeaders[];
  readonly paths: (string | undefined)[];
  readonly connections: () => number;
  readonly server: Server;
}

const receivers: Server[] = [];

async function receiver(answer: number | "never" = 200): Promise<Receiver> {
  const bodies: unknown[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const paths: (string | undefined)[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      paths.push(request.url);
      headers.push(request.headers);
      bodies.push(JSON.parse(Buffer.concat(chunks).toString()));
      if (answer !== "never") response.writeHead(answer).end("{}");
    });
  });
  server.on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  receivers.push(server);
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const endpoint = `http://127.0.0.1:${address.port}`;
  return { endpoint, bodies, headers, paths, connections: () => connections, server };
}

afterEach(() => {
  for (const server of receivers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

describe("the exporter of our own", () => {
  test("has delivered OTLP JSON when the handler's promise resolves, over one connection", async () => {
    const collector = await receiver();
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", `${collector.endpoint}/`);
    vi.stubEnv("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=a%20b");
    vi.stubEnv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test");
    const onWarning = vi.fn<(message: string) => void>();
    const handler = withWorkflow(async (_event: unknown, _context: unknown) => "ok", {
      onWarning,
      flushTimeoutMs: 5_000,
    });
    await handler(event, lambdaContext);
    expect(collector.bodies).toHaveLength(1);
    await handler(event, lambdaContext);
    expect(collector.bodies).toHaveLength(2);
    expect(collector.connections()).toBe(1);
    expect(collector.paths).toEqual(["/v1/traces", "/v1/traces"]);
    expect(collector.headers[0]).toMatchObject({
      "content-type": "application/json",
      "x-api-key": "a b",
    });
    expect(onWarning).not.toHaveBeenCalled();
    expect(collector.bodies[0]).toMatchObject({
      resourceSpans: [
        {
          resource: {
            attributes: [
              { key: "service.name", value: { stringValue: "charge-card" } },
              { key: "deployment.environment", value: { stringValue: "test" } },
            ],
          },
          scopeSpans: [
            {
              scope: { name: "durascope" },
              spans: [
                {
                  traceId: ids.traceId,
                  parentSpanId: ids.attempt(attemptKey),
                  name: "charge-card",
                  kind: 2,
                  startTimeUnixNano: expect.stringMatching(/^\d{19}$/),
                  endTimeUnixNano: expect.stringMatching(/^\d{19}$/),
                  attributes: expect.arrayContaining([
                    { key: "workflow.id", value: { stringValue: "order-1001" } },
                    { key: "workflow.step.attempt", value: { intValue: 3 } },
                    { key: "faas.coldstart", value: { boolValue: true } },
                  ]),
                  status: { code: 0 },
                },
              ],
            },
          ],
        },
      ],
    });
  });

  test("several handlers of one function warn once", async () => {
    vi.resetModules();
    const { withWorkflow: wrap } = await import("./index.ts");
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    await wrap(() => "one")();
    await wrap(() => "other")();
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
  });

  test("uses an endpoint for traces as it is", async () => {
    const collector = await receiver();
    vi.stubEnv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", `${collector.endpoint}/own/path`);
    await withWorkflow(() => "ok", { flushTimeoutMs: 5_000 })();
    expect(collector.paths).toEqual(["/own/path"]);
  });

  test("a collector that never answers holds a response only to the bound; the loss is told", async () => {
    const collector = await receiver("never");
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint);
    const onWarning = vi.fn<(message: string) => void>();
    const handler = withWorkflow((_event: unknown, _context: unknown) => "ok", { onWarning });
    for (let call = 0; call < 3; call += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, as it is told here
      expect(await handler(event, lambdaContext)).toBe("ok");
    }
    expect(onWarning).toHaveBeenCalledOnce();
    expect(onWarning.mock.calls[0]?.[0]).toMatch(/not delivered in 50 ms/);
    expect(JSON.stringify(collector.bodies[2])).toContain(
      '{"key":"durascope.spans.undelivered","value":{"intValue":2}}',
    );
  });

  test("a kept connection that was closed while the process was frozen costs no span", async () => {
    const collector = await receiver();
    let requests = 0;
    collector.server.prependListener("request", ({ socket }) => {
      requests += 1;
      if (requests === 2) socket.destroy();
    });
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint);
    const onWarning = vi.fn<(message: string) => void>();
    const handler = withWorkflow(async (_event: unknown, _context: unknown) => "ok", {
      onWarning,
      flushTimeoutMs: 5_000,
    });
    await handler(event, lambdaContext);
    await handler(event, lambdaContext);
    expect([requests, collector.connections()]).toEqual([3, 2]);
    expect(onWarning).not.toHaveBeenCalled();
  });

  test("on a collector that hangs four requests wait, and no more pile up", async () => {
    const collector = await receiver("never");
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint);
    const handler = withWorkflow(async (_event: unknown, _context: unknown) => "ok", {
      onWarning: () => undefined,
      flushTimeoutMs: 1,
    });
    for (let call = 0; call < 8; call += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await handler(event, lambdaContext);
    }
    await vi.waitFor(() => expect(collector.bodies).toHaveLength(4));
    expect(collector.connections()).toBe(4);
  });

  test("the watch of the timeout keeps no process alive", async () => {
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const work = Promise.withResolvers<string>();
    const handler = withWorkflow((_event: unknown, _context: unknown) => work.promise, {
      spanProcessor: recorder(),
    });
    const before = timers();
    const pending = handler(event, lambdaContext);
    expect(timers()).toBe(before);
    work.resolve("ok");
    await pending;
  });

  test("each loss is told once, also by spans that overlap", async () => {
    const spans: ReadableSpan[] = [];
    let isUp = false;
    const spanProcessor: SpanProcessor = {
      onEnd: (span) => void spans.push(span),
      forceFlush: () => (isUp ? Promise.resolve() : Promise.reject(new Error("down"))),
    };
    const onWarning = vi.fn<(message: string) => void>();
    const handler = withWorkflow(async () => "ok", { spanProcessor, onWarning });
    await Promise.all([handler(), handler(), handler()]);
    isUp = true;
    await Promise.all([handler(), handler()]);
    await handler();
    const told = spans.map((span) => span.attributes["durascope.spans.undelivered"]);
    expect(told.slice(3)).toEqual([3, undefined, undefined]);
  });

  test("a collector that is not there costs nothing but a warning", async () => {
    const gone = await receiver();
    gone.server.close();
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", gone.endpoint);
    const onWarning = vi.fn<(message: string) => void>();
    expect(await withWorkflow(() => "ok", { onWarning })()).toBe("ok");
    expect(onWarning).toHaveBeenCalledOnce();
  });

  test.each(["no url", "ftp://127.0.0.1/"])(
    "an endpoint that is unusable (%s) is told, not thrown",
    async (url) => {
      vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", url);
      const onWarning = vi.fn<(message: string) => void>();
      expect(await withWorkflow(() => "ok", { onWarning })()).toBe("ok");
      expect(onWarning).toHaveBeenCalledOnce();
    },
  );

  test("without any receiver it says so once and what to do", async () => {
    const onWarning = vi.fn<(message: string) => void>();
    const handler = withWorkflow(() => "ok", { onWarning });
    await handler();
    await handler();
    expect(onWarning).toHaveBeenCalledOnce();
    expect(onWarning.mock.calls[0]?.[0]).toMatch(/OTEL_EXPORTER_OTLP_ENDPOINT/);
  });

  test("output stdout writes one line of OTLP JSON an invocation", async () => {
    const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    await withWorkflow(() => "ok", { output: "stdout" })();
    const lines = write.mock.calls.map(([line]) => String(line));
    write.mockRestore();
    const ours = lines.filter((line) => line.startsWith('{"resourceSpans"'));
    expect(ours).toHaveLength(1);
    expect(ours[0]?.endsWith("}\n")).toBe(true);
  });
});
