import { parser } from "@grafana/lezer-logql";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { logqlByTraces } from "./logql.ts";

const hex = fc
  .array(fc.constantFrom(...Array.from("0123456789abcdef")), { minLength: 32, maxLength: 32 })
  .map((digits) => digits.join(""));

describe("a LogQL query for traces", () => {
  test("parses in Grafana's grammar, with the trace ids as its only value but the selector's", () => {
    fc.assert(
      fc.property(fc.array(hex, { minLength: 1, maxLength: 5 }), (traceIds) => {
        const query = logqlByTraces(traceIds);
        const strings: string[] = [];
        let errors = 0;
        parser.parse(query).iterate({
          enter(node) {
            if (node.type.isError) errors += 1;
            if (node.name === "String") strings.push(query.slice(node.from + 1, node.to - 1));
          },
        });
        expect(errors).toBe(0);
        expect(strings).toEqual([".+", traceIds.join("|")]);
      }),
    );
  });

  test("takes nothing but trace ids", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => logqlByTraces([text])).toThrow("A trace id is 32 hex digits.");
      }),
    );
  });
});
