import { describe, expect, it } from "vitest";
import {
  duration,
  integer,
  message,
  payloadValue,
  payloadValues,
  text,
  timestamp,
} from "./proto-value.ts";

const plain = btoa("json/plain");
const payload = (json: string): object => ({
  metadata: { encoding: plain },
  data: btoa(json),
});
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

it.each([undefined, null, 5, "text", true])("reads %j as an empty message", (value) => {
  expect(message(value)).toEqual({});
});

it("reads an empty text as none, as protobuf has no absent ones", () => {
  expect([text(""), text(5), text("a")]).toEqual([undefined, undefined, "a"]);
});

describe("integer", () => {
  it.each([
    [7, 7],
    ["7", 7],
    [-7, -7],
    [7n, 7],
    [{ low: 7, high: 0, unsigned: false }, 7],
    [{ low: -1, high: -1, unsigned: false }, -1],
    [{ low: 0, high: 1, unsigned: true }, 2 ** 32],
  ])("reads %o", (value, expected) => {
    expect(integer(value)).toBe(expected);
  });

  it.each([
    undefined,
    null,
    "",
    "seven",
    7.5,
    Number.NaN,
    Infinity,
    "9007199254740993",
    { low: -1, high: -1, unsigned: true },
    { low: 7 },
    [],
    [7],
    true,
    { toString: "not a function" },
    Object.create(null),
  ])("finds none in %j", (value) => {
    expect(integer(value)).toBeUndefined();
  });
});

describe("timestamp", () => {
  const ms = Date.UTC(2026, 10, 26, 20, 19, 15) + 80.5;
  it.each([
    ["RFC 3339", "2026-11-26T20:19:15.080500Z", ms],
    ["seconds and nanoseconds", { seconds: "1795724355", nanos: 80_500_000 }, ms],
    ["a Long", { seconds: { low: 1795724355, high: 0, unsigned: false }, nanos: 80_500_000 }, ms],
    ["seconds alone", { seconds: 1795724355 }, ms - 80.5],
    ["a Date", new Date(ms), Math.floor(ms)],
  ])("reads %s", (_, value, expected) => {
    expect(timestamp(value)).toBe(expected);
  });

  it.each([undefined, null, "", "soon", {}, { nanos: 5 }, new Date("soon"), 5])(
    "finds no time in %j",
    (value) => {
      expect(timestamp(value)).toBeNaN();
    },
  );
});

describe("duration", () => {
  it.each([
    ["259200s", 259_200_000],
    ["1.5s", 1500],
    [{ seconds: 2, nanos: 500_000_000 }, 2500],
    [{ seconds: "2" }, 2000],
  ])("reads %j", (value, expected) => {
    expect(duration(value)).toBe(expected);
  });

  it.each([undefined, null, "0s", "-1s", "5", "5m", {}, { seconds: 0 }, `${"9".repeat(400)}s`])(
    "takes %j for no limit",
    (value) => {
      expect(duration(value)).toBeUndefined();
    },
  );
});

describe("payloadValue", () => {
  it("decodes plain JSON, from base64 and from bytes", () => {
    expect(payloadValue(payload('{"a":[1]}'))).toEqual({ a: [1] });
    const raw = { metadata: { encoding: bytes("json/plain") }, data: bytes('"grün"') };
    expect(payloadValue(raw)).toBe("grün");
  });

  it.each<[string, unknown]>([
    ["another encoding", { metadata: { encoding: btoa("binary/encrypted") }, data: btoa("1") }],
    ["no metadata", { data: btoa("1") }],
    ["broken base64", { metadata: { encoding: plain }, data: "%%%" }],
    ["broken JSON", payload("{")],
    ["no data", { metadata: { encoding: plain } }],
    ["more than 4 MiB", payload(JSON.stringify("x".repeat(4 * 1024 * 1024)))],
    ["nothing", undefined],
  ])("gives no value of %s", (_, value) => {
    expect(payloadValue(value)).toBeUndefined();
  });

  it("does not let a payload's keys reach a prototype", () => {
    expect(payloadValue(payload('{"__proto__":{"polluted":true}}'))).toBeTypeOf("object");
    expect({}).not.toHaveProperty("polluted");
  });
});

it("decodes fields by name, also one named like the prototype", () => {
  const fields = JSON.parse(`{"__proto__": ${JSON.stringify(payload("1"))}}`) as object;
  const values = payloadValues({ ...fields, order: payload('"order-1"'), secret: { data: "" } });
  expect(values).toMatchObject({ order: "order-1", secret: undefined });
  expect(payloadValues(fields)).toEqual(JSON.parse('{"__proto__": 1}'));
  expect(payloadValues(undefined)).toEqual({});
});
