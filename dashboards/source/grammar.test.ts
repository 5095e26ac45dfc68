import { parser as logql } from "@grafana/lezer-logql";
import { parser as traceql } from "@grafana/lezer-traceql";
import type { LRParser } from "@lezer/lr";
import { parser as promql } from "@prometheus-io/lezer-promql";
import { describe, expect, test } from "vitest";
import { INSTRUMENTS, prometheusLabel } from "../../src/core/instruments.ts";
import { VOCABULARY } from "../../src/core/vocabulary.ts";
import { functionAttributes } from "../../src/lambda/lambda-context.ts";
import {
  type AskedQuery,
  filledIn,
  labelQueries,
  panelQueries,
  type QueryLanguage,
  ruleQueries,
} from "../../test/support/dashboard-queries.ts";
import { LABEL, seriesName } from "./series.ts";

/** The grammars that Grafana's and Prometheus' own editors parse with. */
const PARSERS: Readonly<Record<QueryLanguage, LRParser>> = { promql, traceql, logql };

const queries = [...panelQueries(), ...ruleQueries()];
const inPromql = queries.filter(({ language }) => language === "promql");

/** Places at which a text is not in a language. */
function faults(language: QueryLanguage, text: string): string[] {
  const found: string[] = [];
  PARSERS[language].parse(text).iterate({
    enter({ type, from }) {
      if (type.isError) found.push(`at ${from}: ${text.slice(from, from + 20)}`);
    },
  });
  return found;
}

/** Texts of all nodes of these types. */
function nodesOf(text: string, types: readonly string[]): string[] {
  const found: string[] = [];
  promql.parse(text).iterate({
    enter({ name, from, to }) {
      if (types.includes(name)) found.push(text.slice(from, to));
    },
  });
  return found;
}

test.each(queries)("$where is in $language", ({ language, text }) => {
  expect(faults(language, filledIn(text))).toEqual([]);
});

test.each(queries.filter(({ language, where }) => language !== "promql" && where.includes("find")))(
  "$where stays one query, whatever is typed as an id",
  ({ language, text }) => {
    for (const id of [
      "",
      'a"b',
      "a' or 1=1",
      "{}|",
      "arn:aws:states:eu-west-1:1:execution:m:n",
      "☃",
    ]) {
      const values = { id, key: "order.id" };
      expect({ id, faults: faults(language, filledIn(text, values)) }).toEqual({ id, faults: [] });
      expect(shape(language, filledIn(text, values))).toBe(
        shape(language, filledIn(text, { id: "x", key: "order.id" })),
      );
    }
  },
);

/** The types of all nodes, in order: what a query does, apart from the values in it. */
function shape(language: QueryLanguage, text: string): string {
  const names: string[] = [];
  PARSERS[language].parse(text).iterate({
    enter({ name }) {
      names.push(name);
    },
  });
  return names.join(" ");
}

test.each([
  ["promql", "sum(rate(up[5m])"],
  ["traceql", '{ span.workflow.id = "x" '],
  ["logql", '{service_name=~".+"} | workflow_id ='],
] as const)("the grammar of %s finds what is wrong with %s", (language, text) => {
  expect(faults(language, text)).not.toEqual([]);
});

const series = new Set(
  Object.entries(INSTRUMENTS).flatMap(([name, { kind }]) => {
    const instrument = name as keyof typeof INSTRUMENTS;
    return kind === "histogram"
      ? (["bucket", "sum", "count"] as const).map((part) => seriesName(instrument, part))
      : [seriesName(instrument)];
  }),
);
const labels = new Set([
  ...Object.values(INSTRUMENTS).flatMap((instrument) => instrument.labels.map(prometheusLabel)),
  "job",
  "le",
  "__name__",
]);

describe("names are those of the instruments", () => {
  test.each(inPromql)("$where", ({ text }: AskedQuery) => {
    const filled = filledIn(text);
    const asked = nodesOf(filled, ["VectorSelector"]).map((vector) => /^\w*/.exec(vector)?.[0]);
    for (const name of asked) expect([...series, ""]).toContain(name);
    for (const label of nodesOf(filled, ["LabelName"])) expect(labels).toContain(label);
  });

  test.each(labelQueries())("$where", ({ series: selector, label }) => {
    expect(series).toContain(/^\w*/.exec(selector)?.[0]);
    expect(labels).toContain(label);
  });
});

test("no id is a label", () => {
  const ids = (["id", "runId", "firstRunId", "parentId", "rootId", "stepId"] as const).map((name) =>
    prometheusLabel(VOCABULARY[name].key),
  );
  for (const label of [...labels, ...Object.values(LABEL)]) expect(ids).not.toContain(label);
  for (const { text } of inPromql) {
    for (const id of ids) expect(text).not.toMatch(new RegExp(String.raw`\b${id}\b`));
  }
});

/** What stands on spans: the vocabulary's, and what Lambda functions and failures add (docs/attributes.md). */
const attributes = new Set([
  ...Object.values(VOCABULARY).map(({ key }) => key),
  ...Object.keys(functionAttributes({ awsRequestId: "1", functionName: "charge" }, true)),
  "error.type",
]);

test.each(queries.filter(({ language }) => language === "traceql"))(
  "$where asks for attributes that spans have",
  ({ text }) => {
    const asked = [...text.matchAll(/span\.(?<key>[a-z_.]+)/g)].map(([, key]) => key);
    expect(asked.filter((key) => !attributes.has(key ?? ""))).toEqual([]);
  },
);

test.each(queries.filter(({ language }) => language === "logql"))(
  "$where asks for fields that log lines have",
  ({ text }) => {
    const fields = new Set([...attributes].map((key) => key.replaceAll(".", "_")));
    const asked = [...text.matchAll(/(?<field>\w+) = /g)].map(([, field]) => field ?? "");
    expect(asked).not.toEqual([]);
    expect(asked.filter((field) => !fields.has(field))).toEqual(["trace_id"]);
  },
);
