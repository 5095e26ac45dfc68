/** What came out of the demo, in words. */
import { relative } from "node:path";
import { stepsOf, type WorkflowTrace } from "durascope";
import { traceFromHistory as stepFunctionsTrace } from "durascope/stepfunctions";
import { traceFromHistory as temporalTrace } from "durascope/temporal";
import { fileBackend } from "../../../src/lookup/file/file.ts";
import { lookUp } from "../../../src/lookup/look-up.ts";
import { renderComparison, sameShape } from "../../../src/report/comparison.ts";
import { sagaOptions } from "../shared/options.ts";
import type { Scenario, ScenarioName } from "../shared/scenarios.ts";
import type { StepFunctionsRecording, TemporalRecording } from "./play.ts";

/** One scenario as both engines played it. */
export interface Played {
  readonly scenario: Scenario;
  readonly temporal: TemporalRecording;
  readonly stepFunctions: StepFunctionsRecording;
}

/** What the demo prints, and whether it shows what it is there to show. */
export interface DemoResult {
  readonly text: string;
  readonly ok: boolean;
}

/** Compares the two histories of each scenario, and counts what the live path wrote to the file meanwhile. */
export async function demoResult(
  played: readonly Played[],
  path: string,
  terminal: { readonly columns: number; readonly color: boolean },
): Promise<DemoResult> {
  const backend = fileBackend(path);
  let ok = true;
  let lines = 0;
  const blocks: string[] = [];
  for (const { scenario, temporal, stepFunctions } of played) {
    const traces = [
      unwrap(temporalTrace(temporal.history, temporal, sagaOptions)),
      unwrap(stepFunctionsTrace(stepFunctions, stepFunctions, sagaOptions)),
    ];
    const same = sameShape(traces);
    // oxlint-disable-next-line no-await-in-loop -- the file is read once an order, one after the other
    const { runs } = await lookUp(backend, { id: scenario.order.orderId });
    const logs = runs.reduce((sum, run) => sum + run.logs.length, 0);
    const found = new Set(runs.map((run) => run.traceId)).size;
    lines += logs;
    ok &&= same && found === 2 && logs >= 2 * stepsTaken(traces[0]);
    blocks.push(
      [
        `── ${scenario.name} ${"─".repeat(Math.max(3, Math.min(terminal.columns, 100) - scenario.name.length - 4))}`,
        renderComparison(traces, terminal),
        `same shape on both engines: ${same ? "yes" : "no"}    live traces in the file: ${found}, correlated log lines: ${logs}`,
      ].join("\n"),
    );
  }
  const shown = relative(process.cwd(), path);
  const idOf = (name: ScenarioName): string =>
    played.find(({ scenario }) => scenario.name === name)?.scenario.order.orderId ?? name;
  const text = [
    blocks.join("\n\n"),
    "",
    `${played.length * 2} runs, ${lines} correlated log lines. Spans and log lines are in ${shown} (OTLP JSON lines).`,
    "Next:",
    `  npx durascope lookup ${idOf("declined")}          what happened to it, and why`,
    `  npx durascope lookup ${idOf("approved")} --json   the same as data`,
    `  npx durascope lookup ${idOf("expired")} --all    both engines' runs`,
  ].join("\n");
  return { text, ok };
}

function unwrap(result: ReturnType<typeof temporalTrace>): WorkflowTrace {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

/** Each activity of the saga logs a line at least. */
function stepsTaken(trace: WorkflowTrace | undefined): number {
  return trace === undefined
    ? 0
    : [...stepsOf(trace)].filter((step) => step.kind === "activity").length;
}
