import { SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { expect, test } from "vitest";
import { readableSpan, readableSpans } from "../../test/support/readable-spans.ts";
import { memoryExporter } from "./memory-exporter.ts";

const names = (memory: ReturnType<typeof memoryExporter>): string[] =>
  memory.spans().map(({ name }) => name);

test("it is a span processor, and forgets when it is told to", async () => {
  const memory = memoryExporter();
  memory.onEnd(readableSpan("one"));
  await memory.forceFlush();
  expect(memory.spans()).toEqual([
    expect.objectContaining({ name: "one", resource: { "service.name": "orders" } }),
  ]);
  memory.reset();
  expect(memory.spans()).toEqual([]);
});

test("it is an exporter of an ordinary SDK", async () => {
  const memory = memoryExporter();
  const provider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter: memory })],
  });
  provider.getTracer("app").startSpan("query").end();
  await provider.shutdown();
  expect(names(memory)).toEqual(["query"]);
});

test("what it gave does not grow, and what it keeps is bounded", () => {
  const memory = memoryExporter();
  const before = memory.spans();
  const spans = readableSpans("s", 1);
  for (let i = 0; i < 115_000; i += 1) memory.export(spans, () => undefined);
  memory.onEnd(readableSpan("last"));
  expect(before).toEqual([]);
  expect(memory.spans().length).toBeLessThanOrEqual(110_000);
  expect(names(memory).at(-1)).toBe("last");
});
