import { expect, it } from "vitest";
import { memoryMetrics } from "../../test/doubles/memory-metrics.ts";
import { stepFunctionsFixture } from "../../test/support/saga-fixtures.ts";
import type { WorkflowTrace } from "../core/model.ts";
import { traceFromHistory } from "../stepfunctions/history.ts";
import type { LoggerProvider, MeterProvider } from "./application-providers.ts";
import { workflowLogger } from "./logger.ts";
import { measuredSink } from "./measured-sink.ts";
import { workflowMeter } from "./meter.ts";
import { openRuns } from "./open-runs.ts";

/** A finished saga that counts how often somebody looks at its steps. */
function watched(): { readonly trace: WorkflowTrace; readonly looks: () => number } {
  const { executionArn, events } = stepFunctionsFixture("declined");
  const result = traceFromHistory(events, { executionArn });
  if (!result.ok) throw new Error(result.error.message);
  const { steps, segments, ...rest } = result.value;
  let looks = 0;
  const trace = {
    ...rest,
    get steps() {
      looks += 1;
      return steps;
    },
    get segments() {
      looks += 1;
      return segments;
    },
  };
  return { trace, looks: () => looks };
}

async function looksOf(providers: {
  readonly meterProvider?: MeterProvider;
  readonly loggerProvider?: LoggerProvider;
}): Promise<number> {
  const { trace, looks } = watched();
  const sink = measuredSink(
    { accept: () => Promise.resolve() },
    {
      meter: workflowMeter({ environment: {}, ...providers }),
      logger: workflowLogger({ environment: {}, ...providers }),
      open: openRuns(),
      metricAttributes: [],
    },
  );
  await sink.accept(trace, 0);
  return looks();
}

it("nothing is computed of a trace where neither a MeterProvider nor a LoggerProvider is there", async () => {
  expect(await looksOf({})).toBe(0);
  expect(await looksOf({ meterProvider: memoryMetrics().provider })).toBeGreaterThan(0);
  const loggerProvider = { getLogger: () => ({ emit: () => undefined }) };
  expect(await looksOf({ loggerProvider })).toBeGreaterThan(0);
});
