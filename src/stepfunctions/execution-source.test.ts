import { describe, expect, test } from "vitest";
import { executionSource } from "./execution-source.ts";
import { runIdentity } from "./history.ts";
import type { HistoryPage, HistoryRequest } from "./step-functions-api.ts";

const run =
  runIdentity("arn:aws:states:us-east-1:123456789012:execution:m:e") ?? expect.fail("no identity");

async function read(
  fetch: (request: HistoryRequest) => Promise<HistoryPage>,
  after: number,
): Promise<number[][]> {
  const pages: number[][] = [];
  for await (const page of executionSource(fetch, { includeExecutionData: false }).read(
    run,
    after,
  )) {
    pages.push(page.map(({ id }) => id));
  }
  return pages;
}

function events(...ids: readonly unknown[]): HistoryPage["events"] {
  return ids.map((id) => ({ id, type: "PassStateEntered", timestamp: new Date(0) }));
}

describe("the history of an execution over the API", () => {
  test("from the beginning: forward, page by page", async () => {
    const pages = await read(
      async ({ nextToken, reverseOrder }) =>
        reverseOrder
          ? { events: [] }
          : nextToken === undefined
            ? { events: events(1, 2), nextToken: "more" }
            : { events: events(3) },
      0,
    );
    expect(pages).toEqual([[1, 2], [3]]);
  });

  test("what is new: backwards until the known event, in order, and no page further", async () => {
    const asked: HistoryRequest[] = [];
    const pages = await read(async (request) => {
      asked.push(request);
      if (request.nextToken === undefined) return { events: events(9, 8, 7), nextToken: "a" };
      return { events: events(6, 5, 4), nextToken: "b" };
    }, 5);
    expect(pages).toEqual([[6, 7, 8, 9]]);
    expect(asked).toHaveLength(2);
    expect(asked.every(({ reverseOrder }) => reverseOrder)).toBe(true);
  });

  test("nothing new: nothing comes", async () => {
    expect(await read(async () => ({ events: events(5, 4, 3) }), 5)).toEqual([]);
    expect(await read(async () => ({}), 5)).toEqual([]);
  });

  test("an endpoint whose tokens never end is not followed for ever", async () => {
    let calls = 0;
    await read(async () => ({ events: [], nextToken: String((calls += 1)) }), 0);
    expect(calls).toBeLessThanOrEqual(100);
    expect(await read(async () => ({ events: events(1), nextToken: "same" }), 0)).toEqual([
      [1],
      [1],
    ]);
  });

  test("entries without an id are left out", async () => {
    expect(await read(async () => ({ events: events("1", undefined, 2, 1.5) }), 0)).toEqual([[2]]);
  });
});
