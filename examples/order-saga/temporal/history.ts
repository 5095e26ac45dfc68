/**
 * A run's whole event history as plain JSON, the shape of `temporal workflow show --output json`.
 */
import type { Client } from "@temporalio/client";
import { historyToJSON } from "@temporalio/common/lib/proto-utils.js";

/** A history as plain data. The events are Temporal's, untouched. */
export interface TemporalHistory {
  readonly events: readonly Readonly<Record<string, unknown>>[];
}

/** Fetches the history of one run, all pages of it. Rejects when the server does not know the run. */
export async function fetchTemporalHistory(
  client: Client,
  run: { readonly workflowId: string; readonly runId: string },
): Promise<TemporalHistory> {
  const history = await client.workflow.getHandle(run.workflowId, run.runId).fetchHistory();
  const plain: TemporalHistory = JSON.parse(historyToJSON(history));
  return plain;
}
