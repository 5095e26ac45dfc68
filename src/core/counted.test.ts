import { expect, test } from "vitest";
import { counted } from "./counted.ts";

test("a number has its noun beside it, in the plural but for one", () => {
  expect([0, 1, 2].map((number) => counted(number, "span"))).toEqual([
    "0 spans",
    "1 span",
    "2 spans",
  ]);
  expect(counted(2, "batch", "batches")).toBe("2 batches");
});
