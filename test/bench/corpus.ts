import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { WorkflowTrace } from "../../src/core/model.ts";
import { spansOf } from "../../src/index.ts";
import type { SpanRecord } from "../../src/projection/span-record.ts";
import { traceFromHistory as traceOfExecution } from "../../src/stepfunctions/history.ts";
import { traceFromHistory as traceOfRun } from "../../src/temporal/history.ts";

/** A recorded history, parsed, with what reads it. */
export interface BenchHistory {
  readonly engine: "temporal" | "stepfunctions";
  readonly events: number;
  /** Folds the history; undefined when it holds no run. */
  readonly fold: () => WorkflowTrace | undefined;
}

interface Recording {
  readonly events?: readonly unknown[];
  readonly history?: { readonly events: readonly unknown[] };
  readonly workflowId?: string;
  readonly runId?: string;
  readonly executionArn?: string;
}

const CORPUS = new URL("../../../shared/corpus/", import.meta.url);
const FIXTURES = new URL("../fixtures/", import.meta.url);
const ENGINES = ["temporal", "stepfunctions"] as const;

/** The corpus of recorded histories, else the fixtures of the order saga; and which of them it is. */
export function benchHistories(): { source: string; histories: readonly BenchHistory[] } {
  const source = existsSync(CORPUS) ? "corpus" : "fixtures";
  const histories = ENGINES.flatMap((engine) =>
    (source === "corpus" ? corpus(engine) : fixtures(engine)).map((recording, i) =>
      bench(engine, recording, i),
    ),
  );
  return { source, histories };
}

function corpus(engine: string): Recording[] {
  const lines = gunzipSync(readFileSync(new URL(`${engine}.jsonl.gz`, CORPUS))).toString("utf8");
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Recording);
}

function fixtures(engine: string): Recording[] {
  const folder = fileURLToPath(new URL(`${engine}/`, FIXTURES));
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(folder + name, "utf8")) as Recording);
}

function bench(engine: BenchHistory["engine"], recording: Recording, index: number): BenchHistory {
  const events = recording.history?.events ?? recording.events ?? [];
  const name = `bench-${index}`;
  return {
    engine,
    events: events.length,
    fold() {
      const result =
        engine === "temporal"
          ? traceOfRun(
              { events },
              { workflowId: recording.workflowId ?? name, runId: recording.runId ?? name },
            )
          : traceOfExecution(
              { events },
              {
                executionArn:
                  recording.executionArn ??
                  `arn:aws:states:us-east-1:123456789012:execution:bench:${name}`,
              },
            );
      return result.ok ? result.value : undefined;
    },
  };
}

/** The spans of a history; none when it holds no run. */
export function spansOfHistory(history: BenchHistory): SpanRecord[] {
  const trace = history.fold();
  return trace === undefined ? [] : spansOf(trace);
}
