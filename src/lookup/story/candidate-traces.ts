import { runIds } from "../../core/ids.ts";
import type { Engine } from "../../core/model.ts";
import { nodeSha256 } from "../../host/node-sha256.ts";
import { parseExecutionArn } from "../../stepfunctions/arn.ts";
import { traceIdOf } from "../match-id.ts";

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/**
 * The traces that an id may be of, computed and not searched for: a trace id is itself, a run id of Temporal and an
 * execution ARN give theirs. None when the id is something else, such as a workflow id.
 */
export function candidateTraces(id: string): readonly string[] {
  const trace = traceIdOf(id);
  if (trace !== undefined) return [trace];
  const runId = asRunId(id);
  const engine = engineOf(runId);
  return engine === undefined ? [] : [traceOfRun(engine, runId)];
}

/** The trace id that a run has by itself, 32 hex digits; in the joined topology it has its caller's. */
export function traceOfRun(engine: Engine, runId: string): string {
  return runIds(engine, runId, nodeSha256).traceId;
}

/** An id as engines write it if it is a run id: UUIDs in lower case. */
export function asRunId(id: string): string {
  return UUID.test(id) ? id.toLowerCase() : id;
}

/** The engine that gives out such run ids; undefined when it is none. */
function engineOf(runId: string): Engine | undefined {
  if (UUID.test(runId)) return "temporal";
  return parseExecutionArn(runId) === undefined ? undefined : "aws_step_functions";
}
