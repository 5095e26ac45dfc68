import { expect, test } from "vitest";
import { checkpoint, openIn } from "../../../../test/support/checkpoints.ts";
import { memoryCheckpoints } from "./memory.ts";

test("what was put is what is given, whatever becomes of the object afterwards", async () => {
  const store = memoryCheckpoints();
  const state = { deep: [1] };
  await store.put(checkpoint("a", { state }));
  state.deep.push(2);
  expect(await store.get("a")).toEqual(checkpoint("a"));
  expect(await store.get("b")).toBeUndefined();
});

test("open ones are listed, closed ones are not; the newest word counts", async () => {
  const store = memoryCheckpoints({ clock: () => 0 });
  await store.put(checkpoint("a"));
  await store.put(checkpoint("b"));
  await store.put(checkpoint("a", { closed: true }));
  expect(await openIn(store)).toEqual(["b"]);
  await store.put(checkpoint("a"));
  expect(await openIn(store)).toEqual(["b", "a"]);
});

test("putting while the open ones are read neither repeats nor ends the reading", async () => {
  const store = memoryCheckpoints();
  for (const runId of ["a", "b", "c"]) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, as it is told here
    await store.put(checkpoint(runId));
  }
  const seen: string[] = [];
  for await (const one of store.open()) {
    seen.push(one.runId);
    await store.put(one);
  }
  expect(seen).toEqual(["a", "b", "c"]);
});

test("closed ones go when they expire, or when there are too many; open ones stay", async () => {
  let now = 0;
  const store = memoryCheckpoints({ clock: () => now, maxClosed: 2 });
  await store.put(checkpoint("open", { expires: 1 }));
  for (const runId of ["a", "b", "c"]) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, as it is told here
    await store.put(checkpoint(runId, { closed: true }));
  }
  expect(await store.get("a")).toBeUndefined();
  expect(await store.get("b")).toBeDefined();
  now = 2000;
  await store.put(checkpoint("d", { closed: true, expires: 5000 }));
  expect(await store.get("b")).toBeUndefined();
  expect(await store.get("d")).toBeDefined();
  expect(await store.get("open")).toBeDefined();
});
