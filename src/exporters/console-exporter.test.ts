import { expect, test } from "vitest";
import { readableSpan } from "../../test/support/readable-spans.ts";
import { sagaTrace } from "../../test/support/saga-runs.ts";
import { toReadableSpan } from "../host/readable-span.ts";
import { resourceOf } from "../host/resource.ts";
import { spansOf } from "../index.ts";
import { consoleTreeExporter } from "./console-exporter.ts";

const resource = resourceOf({ "service.name": "worker" });

function exporter(): {
  texts: string[];
  take: (scenario: string, keep?: (name: string) => boolean) => void;
  /** A span of the application, in a trace of its own. */
  other: (trace: number) => void;
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
    other(trace) {
      const traceId = String(trace).padStart(32, "0");
      tree.export([readableSpan("GET /", { traceId, attributes: {} })], () => undefined);
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

test("a run that goes on is not given up for what other traces bring meanwhile", () => {
  const { texts, take, other } = exporter();
  take("declined", (name) => name === "chargeCard");
  for (let i = 0; i < 400; i += 1) other(i);
  take("declined", (name) => name === "refund");
  for (let i = 400; i < 800; i += 1) other(i);
  take("declined", (name) => name === "orderSaga");
  expect(texts.join("")).toContain("chargeCard");
});
