import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeRecord, encodeRecord, type SpoolRecord } from "./spool-record.ts";

const record = fc.record({
  batch: fc.record(
    {
      body: fc.uint8Array({ maxLength: 400 }),
      contentType: fc.constantFrom("application/json", "application/x-protobuf"),
      isGzipped: fc.boolean(),
      spans: fc.nat(1000),
      lastEnd: fc.double({ noNaN: true, noDefaultInfinity: true }),
      endsByMinute: fc.array(fc.nat(99_999), { maxLength: 60 }),
    },
    { requiredKeys: ["body", "contentType", "isGzipped", "spans", "lastEnd"] },
  ),
  storedAt: fc.nat(),
});

const plain = ({ batch, storedAt }: SpoolRecord): unknown => ({
  ...batch,
  body: Buffer.from(batch.body).toString("hex"),
  storedAt,
  // JSON knows no -0.
  lastEnd: batch.lastEnd + 0,
});

describe("a record of the spool", () => {
  test("is read back as it was written", () => {
    fc.assert(
      fc.property(record, (original) => {
        const read = decodeRecord(encodeRecord(original));
        expect(read && plain(read)).toEqual(plain(original));
      }),
    );
  });

  test("that is cut, lengthened or changed in any byte is not read", () => {
    fc.assert(
      fc.property(record, fc.nat(), fc.integer({ min: 1, max: 255 }), (original, at, change) => {
        const whole = encodeRecord(original);
        const place = at % whole.length;
        const changed = Buffer.from(whole);
        changed[place] = (changed[place] ?? 0) ^ change;
        expect(decodeRecord(changed)).toBeUndefined();
        expect(decodeRecord(whole.subarray(0, place))).toBeUndefined();
        expect(decodeRecord(Buffer.concat([whole, Buffer.from([change])]))).toBeUndefined();
      }),
    );
  });

  test("whatever lies there is no reason to fail", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        expect(decodeRecord(Buffer.from(bytes))).toBeUndefined();
      }),
    );
  });

  test("with a right sum over something else is not read", () => {
    const whole = encodeRecord({
      batch: { body: Buffer.from("x"), contentType: "a", isGzipped: false, spans: 1, lastEnd: 1 },
      storedAt: 1,
    }).toString();
    expect(whole.split("\n")[0]).toMatch(/^durascope-spool\/1 [0-9a-f]{64}$/);
    const foreign = encodeRecord({
      batch: { body: Buffer.from("x"), contentType: "a", isGzipped: false } as never,
      storedAt: 1,
    });
    expect(decodeRecord(foreign)).toBeUndefined();
  });
});
