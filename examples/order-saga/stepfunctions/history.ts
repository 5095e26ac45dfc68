/**
 * An execution's whole event history as plain JSON, in the shape of GetExecutionHistory.
 */
import { GetExecutionHistoryCommand, type SFNClient } from "@aws-sdk/client-sfn";

/** A history as plain data. Timestamps are ISO 8601; the events are AWS's own, untouched. */
export interface StepFunctionsHistory {
  readonly events: readonly Readonly<Record<string, unknown>>[];
}

/** How a history is fetched. */
export interface FetchHistoryOptions {
  /** Whether inputs and outputs come along. They hold payloads and task tokens. @default false */
  readonly includeExecutionData?: boolean;
}

/** Fetches the history, all pages of it, oldest event first. Rejects when the endpoint does. */
export async function fetchStepFunctionsHistory(
  sfn: SFNClient,
  executionArn: string,
  { includeExecutionData = false }: FetchHistoryOptions = {},
): Promise<StepFunctionsHistory> {
  const events: Record<string, unknown>[] = [];
  let nextToken: string | undefined;
  do {
    // oxlint-disable-next-line no-await-in-loop -- each page names the next one
    const page = await sfn.send(
      new GetExecutionHistoryCommand({
        executionArn,
        includeExecutionData,
        maxResults: 1000,
        nextToken,
      }),
    );
    events.push(...plain(page.events ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return { events };
}

/** Dates become ISO 8601 text, as in a file. */
function plain(events: readonly object[]): Record<string, unknown>[] {
  const copy: Record<string, unknown>[] = JSON.parse(JSON.stringify(events));
  return copy;
}
