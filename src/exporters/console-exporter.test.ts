import { expect, test } from "vitest";
import { sagaTrace } from "../../test/support/saga-runs.ts";
import { toReadableSpan } from "../correlation/readable-span.ts";
import { resourceOf } from "../correlation/resource.ts";
import { spansOf } from "../index.ts";
import { consoleTreeExporter } from "./console-exporter.ts";

const resource = resourceOf({ "service.name": "worker" });

function exporter(): {
  texts: string[];
  take: (scenario: string, keep?: (name: string) => boolean) => void;
} {
  const texts: string[] = [];
  const tree = consoleTreeExporter({
    write: (text) => texts.push(text),
    color: false,
    columns: 100,
    now: () => 0,
  });
  return {
    texts,
    take(scenario, keep = () => true) {
      const spans = spansOf(sagaTrace("temporal", scenario)).filter((span) => keep(span.name));
      tree.export(
        spans.map((span) => toReadableSpan(span, resource)),
        (result) => expect(result.code).toBe(0),
      );
    },
  };
}

test("a run is printed once its run span has ended, with what came before it", () => {
  const { texts, take } = exporter();
  take("declined", (name) => name !== "orderSaga");
  expect(texts).toEqual([]);
  take("declined", (name) => name === "orderSaga");
  expect(texts.join("")).toContain(
    "chargeCard failed (CardDeclined); refund undid reserveInventory.",
  );
});

test("two runs that end together are printed one after the other", () => {
  const { texts, take } = exporter();
  take("declined");
  take("approved");
  expect(texts).toHaveLength(2);
});

test("spans of no workflow are not printed", () => {
  const { texts, take } = exporter();
  take("declined", () => false);
  expect(texts).toEqual([]);
});
