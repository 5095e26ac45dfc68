import type { RunIdentity } from "../core/identity.ts";
import type { HistorySource } from "../core/ports.ts";
import type { HistoryEvent } from "./history-event.ts";
import type { HistoryPage, HistoryRequest } from "./step-functions-api.ts";

/** Events a page, the most that the API gives. */
const PAGE = 1000;
/** More pages than an execution may have (25,000 events): an endpoint whose tokens never end is not followed for ever. */
const MOST_PAGES = 100;

/** Gives one page of a history. */
export type FetchHistory = (request: HistoryRequest) => Promise<HistoryPage>;

/**
 * Reads execution histories over the API: a whole one forward, page by page; what is new in one backwards down to the
 * last event that is known, since the API has no "since". An entry without an id is left out.
 */
export function executionSource(
  fetch: FetchHistory,
  options: { readonly includeExecutionData: boolean },
): HistorySource<HistoryEvent> {
  async function* pages(
    executionArn: string,
    reverseOrder: boolean,
  ): AsyncGenerator<HistoryEvent[]> {
    let nextToken: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      // Each page names the next one.
      // oxlint-disable-next-line no-await-in-loop
      const answer = await fetch({
        executionArn,
        maxResults: PAGE,
        reverseOrder,
        includeExecutionData: options.includeExecutionData,
        ...(nextToken !== undefined && { nextToken }),
      });
      yield (answer.events ?? []).filter(hasId);
      if (answer.nextToken === undefined || answer.nextToken === nextToken) return;
      nextToken = answer.nextToken;
    }
  }

  async function* read(run: RunIdentity, after: number): AsyncGenerator<readonly HistoryEvent[]> {
    if (after <= 0) {
      for await (const events of pages(run.runId, false)) yield inOrder(events);
      return;
    }
    const fresh: HistoryEvent[] = [];
    for await (const events of pages(run.runId, true)) {
      fresh.push(...events.filter((event) => event.id > after));
      if (events.some((event) => event.id <= after)) break;
    }
    const ordered = inOrder(fresh);
    // In portions again: one hand-over of all that a long absence missed might take too long each time it is tried.
    for (let from = 0; from < ordered.length; from += PAGE) yield ordered.slice(from, from + PAGE);
  }

  return { read };
}

function hasId(event: object): event is HistoryEvent {
  return "id" in event && Number.isSafeInteger(event.id);
}

function inOrder(events: readonly HistoryEvent[]): readonly HistoryEvent[] {
  return events.toSorted((a, b) => a.id - b.id);
}
