import { parser } from "@grafana/lezer-traceql";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  literalText,
  type SpanFields,
  spanFilter,
} from "../../../test/doubles/traceql-evaluation.ts";
import { idAttributes } from "../id-attributes.ts";
import { traceqlById } from "./traceql.ts";

const ATTRIBUTES = idAttributes(["order.id"]);

/** Any text, and such as would break out of a string if it could. */
const ids = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 80 }),
  fc.string({ minLength: 1, maxLength: 80 }),
  fc
    .array(
      fc.constantFrom(
        '"',
        "\\",
        "`",
        "'",
        "}",
        "{",
        " || ",
        "span.a",
        "=~",
        "\n",
        "\r",
        "\0",
        "a",
        "/*",
        "//",
      ),
      { minLength: 1, maxLength: 12 },
    )
    .map((parts) => parts.join("")),
);

/** What Grafana's grammar sees in a query. */
function seen(query: string): { names: string[]; errors: number; literals: string[] } {
  const names: string[] = [];
  const literals: string[] = [];
  let errors = 0;
  parser.parse(query).iterate({
    enter(node) {
      names.push(node.name);
      if (node.type.isError) errors += 1;
      if (node.name === "String") literals.push(literalText(query.slice(node.from, node.to)));
    },
  });
  return { names, errors, literals };
}

/** The text that a regular expression of a query spells. */
function spelled(pattern: string): string {
  return pattern
    .slice(1, -1)
    .replaceAll(/\\x([0-9a-f]{2})|\\(.)/gsu, (_all, hex: string | undefined, plain: string) =>
      hex === undefined ? plain : String.fromCharCode(Number.parseInt(hex, 16)),
    );
}

describe("a TraceQL query for an id", () => {
  test("is what Tempo's documentation shows", () => {
    expect(traceqlById('say "hi" \\', idAttributes().slice(0, 2))).toBe(
      '{ span.workflow.id = "say \\"hi\\" \\\\" || span.workflow.run_id = "say \\"hi\\" \\\\" }',
    );
  });

  test("parses in Grafana's grammar, whatever the id, and every literal in it is the id", () => {
    fc.assert(
      fc.property(ids, (id) => {
        const { errors, literals } = seen(traceqlById(id, ATTRIBUTES));
        expect(errors).toBe(0);
        expect(literals).toHaveLength(ATTRIBUTES.length);
        const values = literals.map((text) => (/\p{Cc}/u.test(id) ? spelled(text) : text));
        expect(new Set(values)).toEqual(new Set([id]));
      }),
      { numRuns: 500 },
    );
  });

  test("has the same shape for every id, so none of it becomes a part of the query", () => {
    const withoutNumber = (id: string): string[] =>
      seen(traceqlById(id, idAttributes())).names.filter((name) => name !== "FieldOp");
    const shape = withoutNumber("order-1001");
    fc.assert(
      fc.property(ids, (id) => {
        expect(withoutNumber(id)).toEqual(shape);
      }),
    );
  });

  test("finds the id, as an attribute of any of the names, and nothing that only resembles it", () => {
    fc.assert(
      fc.property(ids, ids, fc.constantFrom(...ATTRIBUTES), (id, other, { key }) => {
        const isFound = spanFilter(traceqlById(id, ATTRIBUTES));
        const span = (value: string): SpanFields => ({
          span: new Map([[key, value]]),
          resource: new Map(),
        });
        expect(isFound(span(id))).toBe(true);
        expect(isFound(span(other))).toBe(other === id);
        expect(isFound(span(`${id}x`))).toBe(false);
      }),
    );
  });

  test.each([
    ["1001", true],
    ["10.5", true],
    ["-7", true],
    ["007", false],
    ["1e3", false],
    ["0x10", false],
    ["12345678901234567890123", false],
    ["Infinity", false],
  ])("asks for %s as a number too: %s, in business keys alone", (id, isNumber) => {
    const query = traceqlById(id, ATTRIBUTES);
    expect(query.includes(`span.order.id = ${id}`)).toBe(isNumber);
    expect(query).not.toContain(`span.workflow.id = ${id}`);
    expect(seen(query).errors).toBe(0);
  });

  test.each(["order id", 'a"b', "größe", "x}y", "1st", "a\nb", "ok"])(
    "names the attribute %j so that Grafana's grammar reads it",
    (key) => {
      const query = traceqlById("x", idAttributes([key]));
      expect([query, seen(query).errors]).toEqual([query, 0]);
    },
  );
});
