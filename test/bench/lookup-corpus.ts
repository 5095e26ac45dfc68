import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { type StoryRun, spanRequest, storyRun } from "../support/lookup-stories.ts";
import { SCENARIO_NAMES } from "../support/saga-fixtures.ts";

/** The run that is looked up: written last. */
export interface LastRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly traceId: string;
  readonly spans: number;
}

/** Spans that one line holds: a small batch of an exporter. */
const SPANS_A_LINE = 8;
const GATHERED = 4 * 2 ** 20;

/**
 * Writes OTLP JSON lines of order sagas on both engines, as they were recorded but for their ids, up to a size.
 *
 * @param bytes size of the file, which is passed by less than one run
 */
export async function writeSagas(path: string, bytes: number): Promise<LastRun> {
  const templates = SCENARIO_NAMES.flatMap((scenario) =>
    (["temporal", "stepfunctions"] as const).map((engine) => storyRun(engine, { scenario })),
  ).map(template);
  const stream = createWriteStream(path);
  let written = 0;
  let last: LastRun | undefined;
  let gathered: string[] = [];
  let length = 0;
  for (let n = 0; written + length < bytes; n += 1) {
    const next = templates[n % templates.length];
    if (next === undefined) throw new Error("there are no recorded sagas");
    const ids = newIds(next.run, n);
    const text = next.make(ids);
    last = { ...ids, spans: next.run.spans.length };
    gathered.push(text);
    length += text.length;
    if (length < GATHERED) continue;
    written += length;
    // oxlint-disable-next-line no-await-in-loop -- no faster than the disk takes it
    if (!stream.write(gathered.join(""))) await once(stream, "drain");
    gathered = [];
    length = 0;
  }
  stream.end(gathered.join(""));
  await once(stream, "close");
  if (last === undefined) throw new Error("nothing was written");
  return last;
}

type Ids = Pick<StoryRun, "workflowId" | "runId" | "traceId">;

function newIds(run: StoryRun, n: number): Ids {
  const workflowId = `order-${100_000_000 + n}`;
  return {
    workflowId,
    runId: run.engine === "temporal" ? randomUUID() : run.runId.replace(run.workflowId, workflowId),
    traceId: randomBytes(16).toString("hex"),
  };
}

/** The lines of a run, to be made again with other ids. */
function template(run: StoryRun): { run: StoryRun; make: (ids: Ids) => string } {
  const batches = Array.from({ length: Math.ceil(run.spans.length / SPANS_A_LINE) }, (_, i) =>
    run.spans.slice(i * SPANS_A_LINE, (i + 1) * SPANS_A_LINE),
  );
  const text = batches.map((spans) => `${spanRequest(spans)}\n`).join("");
  // An execution's ARN holds its name, so the longer id goes first.
  const parts = text.split(new RegExp(`(${run.runId}|${run.workflowId}|${run.traceId})`));
  const names = new Map<string, keyof Ids>([
    [run.runId, "runId"],
    [run.workflowId, "workflowId"],
    [run.traceId, "traceId"],
  ]);
  const pieces = parts.map((part) => ({ part, name: names.get(part) }));
  return {
    run,
    make: (ids) => pieces.map(({ part, name }) => (name === undefined ? part : ids[name])).join(""),
  };
}
