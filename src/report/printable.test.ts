import fc from "fast-check";
import { expect, test } from "vitest";
import { cut, padded, printable, width, wrap } from "./printable.ts";

test.each([
  ["chargeCard", 10],
  ["カード決済", 10],
  ["카드", 4],
  ["ｶｰﾄﾞ", 4],
  ["✓ é", 3],
  ["e\u0301", 1],
  ["💳", 2],
  ["𠀀", 2],
  ["שלום", 4],
  ["", 0],
])("%j takes %d columns", (text, columns) => {
  expect(width(text)).toBe(columns);
});

test("a text is cut to columns, never within a wide character", () => {
  expect(cut("カード決済", 10)).toBe("カード決済");
  expect(cut("カード決済", 9)).toBe("カード決…");
  expect(cut("カード決済", 8)).toBe("カード…");
  expect(cut("abc", 0)).toBe("…");
  const text = fc
    .array(fc.constantFrom("a", "決", "e\u0301", "💳", " "))
    .map((all) => all.join(""));
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 30 }), (some, columns) => {
      expect(width(cut(some, columns))).toBeLessThanOrEqual(columns);
      expect(width(padded(some, columns))).toBe(Math.max(columns, width(some)));
    }),
  );
});

test("nothing that moves a cursor, turns text round or piles up marks is printable", () => {
  const hostile = `a\u001b[2J\u009b31m\u202eb\u2066c\r\n\u2028d\u0007e${"\u0301".repeat(500)}`;
  expect(printable(hostile)).toBe("a [2J 31m b c d e\u0301\u0301\u0301");
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 400 }), (some) => {
      expect(printable(some)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(Array.from(printable(some)).length).toBeLessThanOrEqual(300);
    }),
  );
});

test("lines are broken at spaces, and a word that is wider stays whole", () => {
  expect(wrap("決済 決済 abc abcdefghijk", 9)).toEqual(["決済 決済", "abc", "abcdefghijk"]);
});
