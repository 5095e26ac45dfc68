import { expect, it } from "vitest";
import { skippedByReason } from "./skipped-reporter.ts";

it("skipped tests are counted by the reason in their names, or by the note that they were skipped with", () => {
  const reason = "Jaeger is not set up (run `npm run setup:backends`)";
  expect([
    ...skippedByReason([
      { fullName: `on a real Jaeger (skipped: ${reason}) > finds a run` },
      { fullName: `on a real Jaeger (skipped: ${reason}) > finds a trace (by id)` },
      { fullName: "reads the corpus", note: "no corpus here" },
      { fullName: "is not run" },
    ]),
  ]).toEqual([
    [reason, 2],
    ["no corpus here", 1],
    ["no reason is given", 1],
  ]);
});
