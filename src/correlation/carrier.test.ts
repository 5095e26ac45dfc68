import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatTraceparent, parseTraceparent, parseXRayHeader } from "./carrier.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";

/** An id in hex that is not all zeros. */
function hex(length: number): fc.Arbitrary<string> {
  return fc
    .array(fc.integer({ min: 0, max: 15 }), { minLength: length, maxLength: length })
    .map((digits) => digits.map((digit) => digit.toString(16)).join(""))
    .filter((text) => !/^0+$/.test(text));
}

describe("traceparent", () => {
  test.each([
    [`00-${traceId}-${spanId}-01`, true],
    [`00-${traceId}-${spanId}-00`, false],
    [`00-${traceId}-${spanId}-ff`, true],
    [`cc-${traceId}-${spanId}-01`, true],
    [`cc-${traceId}-${spanId}-01-what-the-future-brings`, true],
  ])("%s is read", (header, sampled) => {
    expect(parseTraceparent(header)).toEqual({ traceId, spanId, sampled });
  });

  test.each([
    "",
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01-more`,
    `cc-${traceId}-${spanId}-01.more`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${"0".repeat(32)}-${spanId}-01`,
    `00-${traceId}-${"0".repeat(16)}-01`,
    `00-${traceId}-${spanId}-1`,
    `00-${traceId}-${spanId}`,
    ` 00-${traceId}-${spanId}-01`,
    `cc-${traceId}-${spanId}-01-${"x".repeat(1_000)}`,
    17,
    null,
    [`00-${traceId}-${spanId}-01`],
  ])("%j is refused", (header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });

  test("what is formatted is read back", () => {
    const spans = fc.record({ traceId: hex(32), spanId: hex(16), sampled: fc.boolean() });
    fc.assert(
      fc.property(spans, (span) => {
        expect(parseTraceparent(formatTraceparent(span))).toEqual(span);
      }),
    );
  });
});

describe("X-Ray's header", () => {
  const root = "1-5759e988-bd862e3fe1be46a994272793";

  test.each([
    [`Root=${root};Parent=53995c3f42cd8ad8;Sampled=1`, true],
    [`Root=${root};Parent=53995c3f42cd8ad8;Sampled=0`, false],
    [`Parent=53995C3F42CD8AD8; Root=${root}; Lineage=a:b:c`, false],
    [
      `Self=1-00000000-000000000000000000000001;Root=${root};Parent=53995c3f42cd8ad8;Sampled=1`,
      true,
    ],
  ])("%s is read", (header, sampled) => {
    expect(parseXRayHeader(header)).toEqual({
      traceId: "5759e988bd862e3fe1be46a994272793",
      spanId: "53995c3f42cd8ad8",
      sampled,
    });
  });

  test.each([
    "",
    `Root=${root}`,
    `Root=${root};Parent=`,
    "Parent=53995c3f42cd8ad8",
    `Root=2-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8`,
    `Root=${root}00;Parent=53995c3f42cd8ad8`,
    `Root=${root};Parent=0000000000000000`,
    `Root=${root};Parent=53995c3f42cd8ad8;${"x".repeat(1_000)}`,
    null,
    {},
  ])("%j is refused", (header) => {
    expect(parseXRayHeader(header)).toBeUndefined();
  });
});
