import fc from "fast-check";
import { expect, test } from "vitest";
import { needleFinder } from "./needle-finder.ts";

/** Where the sequences stand, by the simplest means. */
function places(region: Buffer, needles: readonly Buffer[]): number[] {
  return Array.from({ length: region.length }, (_, at) => at).filter((at) =>
    needles.some((needle) => region.subarray(at, at + needle.length).equals(needle)),
  );
}

function found(region: Buffer, needles: readonly Buffer[]): number[] {
  const next = needleFinder(needles)(region);
  const all: number[] = [];
  for (let at = next(0); at >= 0; at = next(at + 1)) all.push(at);
  return all;
}

/** Few different letters, so that there is much to be found, and much that is nearly the same. */
const text = (minLength: number, maxLength: number): fc.Arbitrary<Buffer> =>
  fc
    .array(fc.constantFrom("a", "b", "c"), { minLength, maxLength })
    .map((letters) => Buffer.from(letters.join("")));

test("every place of short and of long sequences is found, however many they are", () => {
  const needles = fc.oneof(
    fc.array(text(1, 6), { minLength: 1, maxLength: 5 }),
    fc.array(text(8, 12), { minLength: 3, maxLength: 8 }),
  );
  fc.assert(
    fc.property(needles, text(0, 300), (sought, region) => {
      expect(found(region, sought)).toEqual(places(region, sought));
    }),
    { numRuns: 500 },
  );
});

test("sequences that were put into a text are found there, at its ends too", () => {
  const needles = fc.array(fc.uint8Array({ minLength: 8, maxLength: 200 }), {
    minLength: 3,
    maxLength: 40,
  });
  fc.assert(
    fc.property(needles, fc.uint8Array({ maxLength: 40 }), (parts, filler) => {
      const sought = parts.map((part) => Buffer.from(part));
      const region = Buffer.concat(sought.flatMap((needle) => [needle, Buffer.from(filler)]));
      expect(found(region, sought)).toEqual(places(region, sought));
    }),
  );
});

test("a place is found from wherever the search goes on", () => {
  const ids = ["11111111aaaa", "22222222bbbb", "33333333cccc"];
  for (const needles of [ids, ids.slice(0, 1)]) {
    const next = needleFinder(needles.map((id) => Buffer.from(id)))(Buffer.from(`..${ids[0]}..`));
    expect([next(0), next(2), next(3), next(99)]).toEqual([2, 2, -1, -1]);
  }
});

test("an empty sequence is everywhere, and without sequences there is nothing", () => {
  const region = Buffer.from("abc");
  expect(found(region, [Buffer.from("")])).toEqual([0, 1, 2]);
  expect(found(region, [])).toEqual([]);
  expect(found(Buffer.from(""), [Buffer.from("")])).toEqual([]);
});
