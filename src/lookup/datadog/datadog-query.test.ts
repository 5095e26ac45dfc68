import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DatadogQueryError, eventFilter } from "../../../test/doubles/datadog-query-parser.ts";
import { idAttributes } from "../id-attributes.ts";
import { datadogById, datadogByTraces, lowerHalf } from "./datadog-query.ts";

const ATTRIBUTES = idAttributes(["order.id"]);
const ARN = "arn:aws:states:us-east-1:123456789012:execution:orderSaga:order-1";

const ids = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 60 }),
  fc
    .array(fc.constantFrom('"', "\\", "*", "?", ":", "/", " OR ", "@a", "-", "(", ")", "x", "\n"), {
      minLength: 1,
      maxLength: 12,
    })
    .map((parts) => parts.join("")),
);

describe("a Datadog query for an id", () => {
  test("quotes an ARN", () => {
    expect(datadogById(ARN, idAttributes().slice(0, 2))).toBe(
      `@workflow.id:"${ARN}" OR @workflow.run_id:"${ARN}"`,
    );
  });

  test("finds the id under each of its names, and nothing else: wildcards and words are text", () => {
    fc.assert(
      fc.property(ids, ids, fc.constantFrom(...ATTRIBUTES), (id, other, { key }) => {
        const isFound = eventFilter(datadogById(id, ATTRIBUTES));
        expect(isFound(new Map([[`@${key}`, id]]))).toBe(true);
        expect(isFound(new Map([[`@${key}`, other]]))).toBe(other === id);
        expect(isFound(new Map([[`@${key}`, `${id}x`]]))).toBe(false);
        expect(isFound(new Map([["@message", id]]))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test("asks for numbers under business keys as numbers", () => {
    const query = datadogById("1001", ATTRIBUTES);
    expect(query).toContain('@order.id:"1001" OR @order.id:1001');
    expect(query).not.toContain("@workflow.id:1001");
  });

  test.each(["order id", 'a"b', "größe", "x:y", "a(b)", "a*"])(
    "escapes what is special in the attribute %j",
    (key) => {
      const isFound = eventFilter(datadogById("x", idAttributes([key])));
      expect(isFound(new Map([[`@${key}`, "x"]]))).toBe(true);
      expect(isFound(new Map([[`@${key}y`, "x"]]))).toBe(false);
    },
  );
});

describe("a Datadog query for traces", () => {
  const traceId = "0af7651916cd43dd8448eb211c80319c";

  test("finds spans by each form of the id", () => {
    const isFound = eventFilter(datadogByTraces([traceId, "1".repeat(32)], "spans"));
    for (const [field, value] of [
      ["trace_id", traceId],
      ["trace_id", "9532127138774266268"],
      ["@otel.trace_id", traceId],
      ["trace_id", "1".repeat(32)],
    ] as const)
      expect([field, value, isFound(new Map([[field, value]]))]).toEqual([field, value, true]);
    expect(isFound(new Map([["trace_id", "2".repeat(32)]]))).toBe(false);
  });

  test("finds log lines by the fields of the Agent, of dd-trace and of plain JSON", () => {
    const isFound = eventFilter(datadogByTraces([traceId], "logs"));
    for (const field of ["trace_id", "@trace_id", "@otel.trace_id", "@dd.trace_id"])
      expect([field, isFound(new Map([[field, traceId]]))]).toEqual([field, true]);
    expect(isFound(new Map([["@dd.trace_id", lowerHalf(traceId)]]))).toBe(true);
  });

  test("takes nothing but trace ids", () => {
    expect(() => datadogByTraces(["x OR *"], "spans")).toThrow("A trace id is 32 hex digits.");
  });
});

describe("the parser of the tests", () => {
  test.each([
    ARN,
    "@workflow.id:a:b",
    "free text",
    '@a:"open',
    "@a:[1 TO 2]",
    "(@a:b",
    "@a:",
    "@a:x OR",
  ])("refuses %s", (query) => {
    expect(() => eventFilter(query)).toThrow(DatadogQueryError);
  });

  test.each([
    ["@a:x AND -@b:y", { "@a": "x", "@b": "z" }, true],
    ["@a:x -@b:y", { "@a": "x", "@b": "y" }, false],
    ["@a:(x OR y)", { "@a": "y" }, true],
    ["@a:x*", { "@a": "xyz" }, true],
    ['@a:"x*"', { "@a": "xyz" }, false],
    ["@a:x\\:y", { "@a": "x:y" }, true],
  ])("reads %s", (query, fields, isFound) => {
    expect(eventFilter(query)(new Map(Object.entries(fields)))).toBe(isFound);
  });
});
