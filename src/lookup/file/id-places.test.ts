import fc from "fast-check";
import { expect, test } from "vitest";
import { matchOf } from "../match-id.ts";
import { decodeLine } from "../otlp-decode.ts";
import { searchForId } from "./id-places.ts";
import { matchesOf } from "./line-scanner.ts";

/** The lines in which an id may stand, by the search for it. */
async function linesWith(id: string, ...lines: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const chunks = (async function* (): AsyncGenerator<Buffer> {
    yield await Promise.resolve(Buffer.from(lines.join("\n")));
  })();
  for await (const some of matchesOf(chunks, searchForId(id), { bytes: 0, tooLong: 0 }))
    found.push(...some);
  return found;
}

type Attribute = readonly [key: string, value: string | number | boolean];

/** Writers of JSON differ in their blanks and escapes, and in the order of members. */
interface Style {
  readonly comma: string;
  readonly colon: string;
  /** In keys of attributes. */
  readonly escapes: boolean;
  /** In names of members. */
  readonly nameEscapes: boolean;
  /** A member before each other one. */
  readonly unknown: boolean;
  readonly valueFirst: boolean;
}

/** A text with its dots and colons as escapes. */
function escaped(text: string): string {
  return JSON.stringify(text).replaceAll(/[.:]/g, codeOf);
}

function codeOf(character: string): string {
  return `\\u00${character.charCodeAt(0).toString(16)}`;
}

function lineOf(attributes: readonly Attribute[], style: Style): string {
  const { comma, colon, escapes, nameEscapes, unknown, valueFirst } = style;
  const nameOf = (name: string): string =>
    nameEscapes ? `"${name.replace(/[Vy]/, codeOf)}"` : `"${name}"`;
  const object = (...members: readonly (readonly [string, string])[]): string =>
    `{${[...(unknown ? [["unknown", "1"] as const] : []), ...members].map(([name, value]) => `${nameOf(name)}${colon}${value}`).join(comma)}}`;
  const valueOf = (value: Attribute[1]): string => {
    if (typeof value === "string") return object(["stringValue", JSON.stringify(value)]);
    if (typeof value === "boolean") return object(["boolValue", String(value)]);
    return Number.isInteger(value)
      ? object(["intValue", escapes ? `"${value}"` : String(value)])
      : object(["doubleValue", String(value)]);
  };
  const list = attributes.map(([key, value]) => {
    const members = [
      ["key", escapes ? escaped(key) : JSON.stringify(key)] as const,
      ["value", valueOf(value)] as const,
    ];
    return object(...(valueFirst ? members.toReversed() : members));
  });
  const span = object(
    ["traceId", `"${"a".repeat(32)}"`],
    ["spanId", `"${"b".repeat(16)}"`],
    ["name", '"completed"'],
    ["attributes", `[${list.join(comma)}]`],
    ["startTimeUnixNano", '"1795724354830975000"'],
  );
  const scope = object(["spans", `[${span}]`]);
  return object(["resourceSpans", `[${object(["scopeSpans", `[${scope}]`])}]`]);
}

const COMPACT: Style = {
  comma: ",",
  colon: ":",
  escapes: false,
  nameEscapes: false,
  unknown: false,
  valueFirst: false,
};
const IDS = ["completed", "42", "4.5", "true", 'a"b', "-7", "1"];

const attribute: fc.Arbitrary<Attribute> = fc.tuple(
  fc.constantFrom(
    "workflow.outcome",
    "workflow.id",
    "workflow.parent.id",
    "workflow.step.name",
    "error.type",
    "service.name",
    "order.id",
    "key",
    "value",
    "stringValue",
    'a"b',
  ),
  fc.oneof(
    fc.constantFrom<Attribute[1]>(...IDS, 42, 4.5, true, -7, 1),
    fc.constantFrom('"key":"workflow.outcome","value":{"stringValue":"completed"', "x completed"),
    fc.string(),
  ),
);

const style: fc.Arbitrary<Style> = fc.record({
  comma: fc.constantFrom(",", ", ", " ,\t"),
  colon: fc.constantFrom(":", ": ", " : "),
  escapes: fc.boolean(),
  nameEscapes: fc.boolean(),
  unknown: fc.boolean(),
  valueFirst: fc.boolean(),
});

test("no line in which an attribute carries the id is lost, however it is written", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(attribute, { maxLength: 6 }),
      style,
      fc.constantFrom(...IDS),
      async (attributes, written, id) => {
        const line = lineOf(attributes, written);
        const [span] = decodeLine(line)?.spans ?? [];
        fc.pre(span !== undefined && matchOf(span.attributes, id) !== undefined);
        expect(await linesWith(id, line)).toEqual([line]);
      },
    ),
    { numRuns: 500 },
  );
});

test.each([
  ["completed", ["workflow.outcome", "completed"]],
  ["chargeCard", ["workflow.step.name", "chargeCard"]],
  ["orders", ["service.name", "orders"]],
  ["3", ["workflow.step.attempt", 3]],
  ["true", ["workflow.step.local", true]],
] as const)("a line that holds %j as a description alone is not looked at", async (id, told) => {
  const line = lineOf([["workflow.id", "order-3"], told], COMPACT);
  expect(await linesWith(id, line)).toEqual([]);
  const own = lineOf([told, ["order.id", told[1]]], COMPACT);
  expect(await linesWith(id, line, own, line)).toEqual([own]);
});

test("the digits of times and of other ids are no number that is sought", async () => {
  const line = lineOf([["workflow.id", "order-1795"]], COMPACT);
  expect(await linesWith("1795", line)).toEqual([]);
  expect(await linesWith("1795", line.replace('"order-1795"', '"1795"'))).toHaveLength(1);
});
