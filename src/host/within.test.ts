import { expect, test } from "vitest";
import { within } from "./within.ts";

test("gives what the promise resolves to, however long it may take", async () => {
  await expect(within(60_000, Promise.resolve("done"))).resolves.toBe("done");
});

test("gives undefined when the promise takes longer", async () => {
  await expect(within(1, new Promise(() => undefined))).resolves.toBeUndefined();
});

test("rejects as the promise does", async () => {
  await expect(within(60_000, Promise.reject(new Error("refused")))).rejects.toThrow("refused");
});
