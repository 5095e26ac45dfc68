import { expect, it } from "vitest";
import { newestIds } from "./newest-ids.ts";

it("an id is new once, until so many newer ones came", () => {
  const ids = newestIds(2);
  expect([ids.has("a"), ids.claim("a"), ids.has("a"), ids.claim("a")]).toEqual([
    false,
    true,
    true,
    false,
  ]);
  ids.claim("b");
  ids.claim("c");
  expect(["a", "b", "c"].map((id) => ids.has(id))).toEqual([false, true, true]);
});
