import type { DatadogSpan, DatadogTracer } from "../../src/correlation/datadog-tracer.ts";

/** A span of {@link fakeDatadogTracer}. */
export interface FakeDatadogSpan extends DatadogSpan {
  readonly name: string;
  readonly tags: Record<string, unknown>;
  readonly traceId: string;
  readonly spanId: string;
  /** Span id of its parent; absent on a root. */
  readonly parentId?: string;
  finished: boolean;
}

/** A tracer with the behaviour of `dd-trace` 6.21 as far as it was seen (test/stacks/dd-trace), and what it made. */
export interface FakeDatadogTracer extends DatadogTracer {
  readonly spans: readonly FakeDatadogSpan[];
  /** Runs code inside a span that is made for it. */
  inside<Value>(name: string, run: (span: FakeDatadogSpan) => Value): Value;
}

/**
 * Makes a {@link FakeDatadogTracer}. Its span is active while the code that it was activated for runs, not in what goes on
 * afterwards.
 *
 * @param refuses it takes no parent from headers, as with `DD_TRACE_PROPAGATION_BEHAVIOR_EXTRACT=ignore`
 */
export function fakeDatadogTracer(refuses = false): FakeDatadogTracer {
  const spans: FakeDatadogSpan[] = [];
  let active: FakeDatadogSpan | null = null;

  function start(name: string, options: Partial<Parameters<DatadogTracer["startSpan"]>[1]>) {
    const parent = options.childOf;
    const number = (spans.length + 1).toString(16).padStart(16, "0");
    const traceId = parent?.toTraceId(true) ?? `d${number.slice(1)}${number}`;
    const span: FakeDatadogSpan = {
      name,
      tags: { ...options.tags },
      traceId,
      spanId: number,
      ...(parent !== undefined && { parentId: parent.toSpanId(true) }),
      finished: false,
      context: () => contextOf(traceId, number),
      setTag(key, value) {
        span.tags[key] = value;
      },
      finish() {
        span.finished = true;
      },
    };
    spans.push(span);
    return span;
  }

  function activate<Value>(span: DatadogSpan, run: () => Value): Value {
    const before = active;
    active = spans.find((known) => known === span) ?? null;
    try {
      return run();
    } finally {
      active = before;
    }
  }

  return {
    spans,
    scope: () => ({ active: () => active, activate }),
    startSpan: start,
    extract(format, carrier) {
      const { traceparent = "" }: { traceparent?: string } = Object(carrier);
      const [, traceId = "", spanId = ""] = traceparent.split("-");
      return refuses || format !== "http_headers" ? null : contextOf(traceId, spanId);
    },
    inject(context, format, carrier) {
      if (format !== "log") return;
      Reflect.set(carrier, "dd", {
        trace_id: context.toTraceId(true),
        span_id: context.toSpanId(),
      });
    },
    inside(name, run) {
      const span = start(name, {});
      return activate(span, () => run(span));
    },
  };
}

function contextOf(traceId: string, spanId: string) {
  return {
    toTraceId: (all128 = false) => (all128 ? traceId : BigInt(`0x${traceId.slice(16)}`).toString()),
    toSpanId: (hex = false) => (hex ? spanId : BigInt(`0x${spanId}`).toString()),
    toTraceparent: () => `00-${traceId}-${spanId}-01`,
  };
}
