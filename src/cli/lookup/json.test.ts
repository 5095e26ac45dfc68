import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { memoryBackend } from "../../../test/doubles/memory-backend.ts";
import {
  foreignSpan,
  rootOf,
  storyRun,
  unique,
  withAttributes,
  withLink,
} from "../../../test/support/lookup-stories.ts";
import { lookUp } from "../../lookup/look-up.ts";
import { answerOf } from "./answer.ts";
import { lookupJson } from "./json.ts";

interface Field {
  readonly path: string;
  readonly type: string;
  readonly isOptional: boolean;
}

/** The fields that the page documents, by their paths. */
async function documented(): Promise<ReadonlyMap<string, Field>> {
  const page = await readFile(new URL("../../../docs/lookup-json.md", import.meta.url), "utf8");
  const rows = page.matchAll(/^\| `(?<path>[\w.[\]]+)` \| (?<type>[^|]+?) \|/gm);
  const fields = [...rows].map(({ groups }): Field => {
    const { path = "", type = "" } = groups ?? {};
    return { path, type: type.replace(", optional", ""), isOptional: type.endsWith("optional") };
  });
  return new Map(fields.map((field) => [field.path, field]));
}

const SCALARS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number" && Number.isFinite(value),
  time: (value) => typeof value === "string" && new Date(value).toISOString() === value,
};

/** What of a value does not hold to the page: unknown fields, missing ones, other types. */
function faults(value: object, path: string, fields: ReadonlyMap<string, Field>): string[] {
  const prefix = path === "" ? "" : `${path}.`;
  const found = Object.entries(value).flatMap(([key, inner]: [string, unknown]): string[] => {
    const field = fields.get(`${prefix}${key}`);
    if (field === undefined) return [`${prefix}${key} is not documented`];
    return typeFaults(inner, field, fields);
  });
  const missing = [...fields.values()].filter(
    (field) =>
      field.path.startsWith(prefix) &&
      !/[.[]/.test(field.path.slice(prefix.length)) &&
      !field.isOptional &&
      !Object.hasOwn(value, field.path.slice(prefix.length)),
  );
  return [...found, ...missing.map((field) => `${field.path} is missing`)];
}

function typeFaults(value: unknown, field: Field, fields: ReadonlyMap<string, Field>): string[] {
  const { path, type } = field;
  if (type.endsWith("[]")) {
    if (!Array.isArray(value)) return [`${path} is no list`];
    const inner = {
      ...field,
      path: pathOf(type.slice(0, -2), `${path}[]`),
      type: type.slice(0, -2),
    };
    return value.flatMap((item: unknown) => typeFaults(item, inner, fields));
  }
  const isScalar = SCALARS[type];
  if (isScalar !== undefined) return isScalar(value) ? [] : [`${path} is no ${type}`];
  return typeof value === "object" && value !== null
    ? faults(value, pathOf(type, path), fields)
    : [`${path} is no ${type}`];
}

/** Where the page tells a type that stands in several places. */
function pathOf(type: string, path: string): string {
  const told: Record<string, string> = {
    step: "runs[].steps[]",
    failure: "runs[].failure",
    relation: "runs[].relation",
  };
  return told[type] ?? path;
}

test("what is printed is what docs/lookup-json.md tells, no more and no less", async () => {
  const fields = await documented();
  const used = new Set<string>();
  const counted: ReadonlyMap<string, Field> = Object.assign(new Map(fields), {
    get: (path: string) => {
      used.add(path);
      return fields.get(path);
    },
  });
  for (const engine of ["temporal", "stepfunctions"] as const) {
    for (const scenario of ["approved", "undeliverable", "expired", "fulfilled"]) {
      for (const events of [Infinity, 17]) {
        const key = unique("key");
        const backend = memoryBackend();
        const child = storyRun(engine, { scenario: "declined" });
        const run = withLink(
          withAttributes(storyRun(engine, { scenario, events }), { "order.id": key }),
          rootOf(child),
          "child",
        );
        const caller = foreignSpan("POST /orders", "shop", 1e12);
        const inside = { ...foreignSpan("SELECT", "stock", 1e12), traceId: run.traceId };
        const parentSpanId = run.spans.find((span) => span.name.includes("attempt"))?.spanId ?? "";
        backend.spans.push(...withLink(run, caller, "caller").spans, ...child.spans, caller);
        backend.spans.push({ ...inside, parentSpanId });
        backend.logs.push({
          time: 1e12,
          severityNumber: 9,
          severityText: "info",
          body: "hello",
          attributes: { "workflow.step.name": "chargeCard" },
          traceId: run.traceId,
          resource: {},
        });
        // oxlint-disable-next-line no-await-in-loop -- sixteen small lookups in memory
        const result = await lookUp(backend, { id: key });
        const answer = answerOf(
          key,
          { backend, chosenBy: "--file", kind: "file", keys: [] },
          result,
          {},
        );
        const document: unknown = JSON.parse(lookupJson(answer, Date.now()));
        expect(faults(document as object, "", counted)).toEqual([]);
        expect(document).toMatchObject({ schema: "durascope.lookup/1", id: key, asked: "memory" });
      }
    }
  }
  expect([...fields.keys()].filter((path) => !used.has(path))).toEqual([]);
});
