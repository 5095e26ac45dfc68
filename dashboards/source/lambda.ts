/** Lambda functions have no metrics of durascope's: a frozen function cannot be scraped. Their spans tell it. */
import type { PanelSpec } from "./panel.ts";

const INVOCATION = "span.faas.invocation_id != nil && kind = server";

function chart(
  title: string,
  description: string,
  unit: string,
  traceql: string,
  width: number,
): PanelSpec {
  return {
    kind: "time",
    draw: "lines",
    title,
    description,
    width,
    unit,
    queries: [{ source: "tempo", traceql, shape: "metric" }],
  };
}

/** Computed from the spans of `withWorkflow`, by a Tempo that answers queries for TraceQL metrics. */
export const lambda: readonly PanelSpec[] = [
  chart(
    "Invocations",
    "Invocations a second of the wrapped functions, by function.",
    "cps",
    `{ ${INVOCATION} } | rate() by (span.faas.name)`,
    8,
  ),
  chart(
    "Failed invocations",
    "Invocations a second whose handler threw.",
    "cps",
    `{ ${INVOCATION} && status = error } | rate() by (span.faas.name)`,
    8,
  ),
  chart(
    "Cold starts",
    "Invocations a second that had to start an environment first.",
    "cps",
    `{ ${INVOCATION} && span.faas.coldstart = true } | rate() by (span.faas.name)`,
    8,
  ),
  chart(
    "Duration of invocations, 95th percentile",
    "The handler's own time, without the time in the queue and without cold start.",
    "s",
    `{ ${INVOCATION} } | quantile_over_time(duration, 0.95) by (span.faas.name)`,
    12,
  ),
  {
    kind: "table",
    title: "Latest failed invocations",
    description: "Spans of handlers that threw, with the run and the step that called them.",
    width: 12,
    unit: "none",
    queries: [
      {
        source: "tempo",
        traceql: `{ ${INVOCATION} && status = error } | select(span.faas.name, span.workflow.id, span.workflow.step.name, span.error.type)`,
        shape: "spans",
      },
    ],
    transformations: [],
  },
];
