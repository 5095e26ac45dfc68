import type { SpanProcessor } from "@opentelemetry/sdk-trace";
import { BatchSpanProcessor, InMemorySpanExporter } from "@opentelemetry/sdk-trace";
import pino from "pino";
import { expectTypeOf, test } from "vitest";
import { childLogger, workflowMixin } from "../../src/correlation/index.ts";
import { withWorkflow } from "../../src/lambda/index.ts";

interface Event {
  readonly orderId: string;
}
type StepHandler<Result> = (event: Event) => Promise<Result>;

function generic<Result>(step: (id: string) => Promise<Result>): StepHandler<Result> {
  return withWorkflow(async (event) => step(event.orderId));
}

test("an async handler keeps its type, and takes its parameters' types from where it is used", () => {
  expectTypeOf(generic(async () => 7)).toEqualTypeOf<StepHandler<number>>();
  const handler = withWorkflow(async (event: Event, _context: object) => event.orderId);
  expectTypeOf(handler).toEqualTypeOf<(event: Event, context: object) => Promise<string>>();
});

test("a handler that returns at once may give a promise", () => {
  expectTypeOf(withWorkflow((_event: Event) => 7)).returns.toEqualTypeOf<
    number | Promise<number>
  >();
});

test("a span processor of OpenTelemetry's SDK fits the option", () => {
  const spanProcessor: SpanProcessor = new BatchSpanProcessor({
    exporter: new InMemorySpanExporter(),
  });
  expectTypeOf(withWorkflow(async () => 1, { spanProcessor })).returns.toEqualTypeOf<
    Promise<number>
  >();
});

test("pino takes the mixin, and a child logger is pino's own", () => {
  const logger = pino({ mixin: workflowMixin() });
  expectTypeOf(childLogger(logger)).toEqualTypeOf(logger);
});
