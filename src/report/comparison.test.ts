import { expect, test } from "vitest";
import { sagaTrace } from "../../test/support/saga-runs.ts";
import { renderComparison, sameShape } from "./comparison.ts";

const steady = (text: string): string =>
  text.replaceAll(/ +\d[\d.]* (ms|s|min|h)\b/g, " T").replaceAll(/ {2,}(?=\S+ Step)/g, " ");

test.each([
  "fulfilled",
  "approved",
  "rejected",
  "expired",
  "declined",
  "undeliverable",
  "refund-fails",
])("%s has the same shape on both engines", (scenario) => {
  expect(sameShape([sagaTrace("temporal", scenario), sagaTrace("stepfunctions", scenario)])).toBe(
    true,
  );
});

test("runs of one shape are one tree with each engine's times", () => {
  const traces = [
    sagaTrace("temporal", "undeliverable"),
    sagaTrace("stepfunctions", "undeliverable"),
  ];
  expect(steady(renderComparison(traces))).toMatchInlineSnapshot(`
    "orderSaga order-1005 failed (Undeliverable) Temporal Step Functions
    whole run T T
      ✓ reserveInventory T T
      ✓ chargeCard T T
      ✗ allocateShipping Undeliverable T T
      ↩ refund undoes reserveInventory, chargeCard T T"
  `);
});

test("runs of different shapes are two trees", () => {
  const traces = [sagaTrace("temporal", "declined"), sagaTrace("stepfunctions", "approved")];
  expect(sameShape(traces)).toBe(false);
  const [first, second] = renderComparison(traces).split("\n\n");
  expect(first).toContain("CardDeclined");
  expect(first).not.toContain("Step Functions");
  expect(second).toContain("◌ approval resolved");
});

test("the delivery of a request for an answer ends before the wait begins", () => {
  const text = renderComparison([sagaTrace("stepfunctions", "approved")]);
  const length = (name: string): string =>
    /\d[\d.]* m?s$/m.exec(text.split("\n").find((line) => line.includes(name)) ?? "")?.[0] ?? "";
  expect(length("notifyReviewer")).toMatch(/ ms$/);
  expect(length("approval")).toMatch(/ s$/);
});

test("an open run has no length yet", () => {
  expect(renderComparison([sagaTrace("temporal", "approved", 17)])).toMatch(/approval open +-$/m);
});

test("nothing to compare is no text", () => {
  expect(renderComparison([])).toBe("");
});
