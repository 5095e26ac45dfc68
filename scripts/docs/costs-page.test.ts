import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { stepFunctionsFixture } from "../../test/support/saga-fixtures.ts";
import { pollerCalls, withLongWait } from "./costs/poller-calls.ts";
import { COSTS_PAGE, costsPage } from "./costs-page.ts";

it("docs/costs.md is what `npm run docs` writes", async () => {
  expect(readFileSync(COSTS_PAGE, "utf8")).toBe(await costsPage());
});

it("a longer wait costs more calls, and a run that closes at once costs few", async () => {
  const { executionArn, events } = stepFunctionsFixture("approved");
  const short = await pollerCalls(executionArn, events);
  const long = await pollerCalls(executionArn, withLongWait(events, 24 * 3_600_000));
  expect(short.getExecutionHistory).toBeLessThan(5);
  expect(long.getExecutionHistory).toBeGreaterThan(short.getExecutionHistory + 24);
});
