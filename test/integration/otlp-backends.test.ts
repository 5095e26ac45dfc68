// Claim: what durascope's exporter sends is taken whole by real receivers, in each encoding, and comes back as it was.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { datadogProcessor } from "../../src/exporters/datadog.ts";
import { otlpHttpProcessor } from "../../src/exporters/otlp-http.ts";
import { toReadableSpan } from "../../src/host/readable-span.ts";
import { resourceOf } from "../../src/host/resource.ts";
import { spansOf } from "../../src/index.ts";
import type { SpanRecord } from "../../src/projection/span-record.ts";
import type { CountingProcessor } from "../../src/telemetry/batch-processor.ts";
import { missingBackend, withReason } from "../backends/installed.ts";
import { type RunningJaeger, startJaeger } from "../backends/jaeger.ts";
import { type RunningTestAgent, startTestAgent } from "../backends/test-agent.ts";
import { sagaTrace } from "../support/saga-runs.ts";

const SCENARIOS = ["fulfilled", "approved", "declined", "undeliverable"] as const;
const SENT = [
  { protocol: "http/json", compression: "none" },
  { protocol: "http/json", compression: "gzip" },
  { protocol: "http/protobuf", compression: "none" },
  { protocol: "http/protobuf", compression: "gzip" },
] as const;
const resource = resourceOf({ "service.name": "orders" });

async function send(processor: CountingProcessor, spans: readonly SpanRecord[]): Promise<void> {
  for (const span of spans) processor.onEnd(toReadableSpan(span, resource));
  await processor.forceFlush();
  expect(processor.counts()).toMatchObject({ exported: spans.length, rejected: 0, failed: 0 });
  await processor.shutdown();
}

/** The spans of a trace as Jaeger tells them, by their ids. */
async function fromJaeger(jaeger: RunningJaeger, traceId: string): Promise<Map<string, object>> {
  const response = await fetch(`${jaeger.queryUrl}/api/v3/traces/${traceId}`);
  const answer: {
    result: { resourceSpans: { scopeSpans: { spans: ({ spanId: string } & object)[] }[] }[] };
  } = JSON.parse(await response.text());
  const spans = answer.result.resourceSpans.flatMap((one) =>
    one.scopeSpans.flatMap((scope) => scope.spans),
  );
  return new Map(spans.map((span) => [span.spanId, span]));
}

const noJaeger = missingBackend("jaeger");
describe.skipIf(noJaeger !== undefined)(`on ${withReason("a real Jaeger", noJaeger)}`, () => {
  let jaeger: RunningJaeger;
  beforeAll(async () => {
    jaeger = await startJaeger();
  });
  afterAll(() => jaeger?.stop());

  it.each(SENT.map((options, i) => ({ ...options, scenario: SCENARIOS[i] ?? "fulfilled" })))(
    "takes $protocol, compression $compression",
    async ({ scenario, ...options }) => {
      const spans = spansOf(sagaTrace("temporal", scenario));
      await send(
        await otlpHttpProcessor({ url: `${jaeger.otlpUrl}/v1/traces`, ...options }),
        spans,
      );
      const found = await fromJaeger(jaeger, spans[0]?.traceId ?? "");
      expect([...found.keys()].toSorted()).toEqual(spans.map(({ spanId }) => spanId).toSorted());
      for (const span of spans) {
        const nanos = (ms: number): bigint => BigInt(Math.round(ms * 1000)) * 1000n;
        // Jaeger makes a span without a length one nanosecond long.
        const length = nanos(span.endTime) - nanos(span.startTime) || 1n;
        expect(found.get(span.spanId)).toMatchObject({
          name: span.name,
          startTimeUnixNano: String(nanos(span.startTime)),
          endTimeUnixNano: String(nanos(span.startTime) + length),
          ...(span.parentSpanId !== undefined && { parentSpanId: span.parentSpanId }),
        });
      }
    },
  );
});

const noAgent = missingBackend("python");
describe.skipIf(noAgent !== undefined)(`on ${withReason("Datadog's test agent", noAgent)}`, () => {
  let agent: RunningTestAgent;
  beforeAll(async () => {
    agent = await startTestAgent();
  });
  afterAll(() => agent?.stop());

  it("takes what goes to an Agent, JSON and protobuf", async () => {
    const json = spansOf(sagaTrace("stepfunctions", "fulfilled"));
    await send(await datadogProcessor({ agentUrl: agent.otlpUrl, environment: {} }), json);
    const protobuf = spansOf(sagaTrace("stepfunctions", "approved"));
    await send(
      await otlpHttpProcessor({ url: `${agent.otlpUrl}/v1/traces`, protocol: "http/protobuf" }),
      protobuf,
    );
    const response = await fetch(`${agent.otlpUrl}/test/session/traces`);
    const kept = await response.text();
    for (const { name } of [...json, ...protobuf]) expect(kept).toContain(JSON.stringify(name));
  });
});
