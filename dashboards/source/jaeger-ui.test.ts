import { expect, test } from "vitest";
import { sagaRun } from "../../test/support/saga-runs.ts";
import { jaegerUi, type LinkPattern } from "./jaeger-ui.ts";

/** Attributes of a span, as Jaeger calls them. */
type Tags = Readonly<Record<string, unknown>>;

const { linkPatterns } = jaegerUi();

/** What Jaeger's UI makes of a template: values are encoded in URLs. Throws where a span lacks a tag. */
function filled(template: string, attributes: Tags, encode: (text: string) => string): string {
  return template.replaceAll(/#\{([^{}]+)\}/g, (_, key: string) => {
    const value = attributes[key];
    if (typeof value !== "string") throw new Error(`no tag ${key}`);
    return encode(value);
  });
}

/** Links of a span, as Jaeger's UI shows them: those whose key is among its tags. */
function linksOf(attributes: Tags): { text: string; url: string }[] {
  return linkPatterns
    .filter(({ key }: LinkPattern) => key in attributes)
    .map(({ text, url }) => ({
      text: filled(text, attributes, (value) => value),
      url: filled(url, attributes, encodeURIComponent),
    }));
}

test("every span of a run on Temporal leads to its traces, to Grafana and to the Temporal UI", () => {
  const { spans, runId } = sagaRun("temporal", "approved");
  for (const { attributes } of spans) {
    expect(linksOf(attributes)).toEqual([
      {
        text: "All traces of order-1002",
        url: "/search?service=__all_services__&tags=%7B%22workflow.id%22%3A%22order-1002%22%7D&lookback=2d&limit=50",
      },
      {
        text: "order-1002 in Grafana, with its log lines",
        url: "http://localhost:3000/d/durascope-find?var-id=order-1002",
      },
      {
        text: "History of order-1002 in the Temporal UI",
        url: `http://localhost:8233/namespaces/default/workflows/order-1002/${runId}/history`,
      },
    ]);
  }
});

test("every span of an execution leads to the AWS console, and not to Temporal's", () => {
  const { spans, runId } = sagaRun("stepfunctions", "approved");
  for (const { attributes } of spans) {
    expect(linksOf(attributes).map(({ url }) => url)).toEqual([
      expect.stringContaining("/search?"),
      expect.stringContaining("/d/durascope-find"),
      `https://console.aws.amazon.com/states/home#/v2/executions/details/${encodeURIComponent(runId)}`,
    ]);
  }
});

test("a search for tags is JSON, as Jaeger's search page reads it", () => {
  for (const { url } of linkPatterns.filter((pattern) => pattern.url.startsWith("/search"))) {
    const tags = new URL(
      filled(url, { "workflow.id": "a b", "workflow.root.id": "a b" }, encodeURIComponent),
      "http://jaeger",
    ).searchParams.get("tags");
    expect(Object.values(JSON.parse(tags ?? ""))).toEqual(["a b"]);
  }
});
