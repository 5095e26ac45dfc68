import { readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { fakeStepFunctions } from "../../../../test/doubles/fake-step-functions.ts";
import { checkpoint, openIn } from "../../../../test/support/checkpoints.ts";
import { stepFunctionsFixture } from "../../../../test/support/saga-fixtures.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { spansOf } from "../../../index.ts";
import { traceFromHistory } from "../../history.ts";
import { StepFunctionsPoller } from "../poller.ts";
import { folderCheckpoints } from "./folder.ts";

const folder = temporaryFolder();

test("what one process put another one gets; open ones are listed, closed ones are not", async () => {
  const path = folder.path("made", "when", "needed");
  const store = folderCheckpoints(path);
  expect(await store.get("a")).toBeUndefined();
  expect((await openIn(store)).toSorted()).toEqual([]);
  await store.put(checkpoint("a"));
  await store.put(checkpoint("../b"));
  await store.put(checkpoint("c", { closed: true }));
  await store.put(checkpoint("a", { lastEvent: 9 }));
  const other = folderCheckpoints(path);
  expect(await other.get("a")).toEqual(checkpoint("a", { lastEvent: 9 }));
  expect(await other.get("c")).toEqual(checkpoint("c", { closed: true }));
  expect((await openIn(other)).toSorted()).toEqual(["../b", "a"]);
  expect(await readdir(path)).toHaveLength(3);
});

test("a file that cannot be read is no checkpoint, and no harm to the others", async () => {
  const path = folder.path();
  const store = folderCheckpoints(path);
  await store.put(checkpoint("a"));
  await store.put(checkpoint("b"));
  await store.put(checkpoint("c"));
  const names = await readdir(path);
  const of = async (runId: string): Promise<string> => {
    for (const name of names) {
      // oxlint-disable-next-line no-await-in-loop -- three files
      const text = await readFile(folder.path(name), "utf8");
      if (text.includes(`"${runId}"`)) return folder.path(name);
    }
    throw new Error(`no file of ${runId}`);
  };
  await writeFile(await of("a"), '{"runId":"a","clo');
  await writeFile(await of("b"), '{"runId":"b"}');
  await writeFile(folder.path("notes.txt"), "not ours");
  expect(await store.get("a")).toBeUndefined();
  expect(await store.get("b")).toBeUndefined();
  expect((await openIn(store)).toSorted()).toEqual(["c"]);
});

test("a folder that cannot be written is said each time, and taken once it can be", async () => {
  await writeFile(folder.path("file"), "");
  const store = folderCheckpoints(folder.path("file", "in a file"));
  await expect(store.put(checkpoint("a"))).rejects.toThrow("ENOTDIR");
  await expect(store.put(checkpoint("a"))).rejects.toThrow("ENOTDIR");
});

test("expired ones go after a while", async () => {
  let now = 0;
  const store = folderCheckpoints(folder.path(), { clock: () => now });
  await store.put(checkpoint("old", { closed: true }));
  now = 2000;
  for (let i = 0; i < 999; i += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await store.put(checkpoint("busy", { expires: 9999 }));
  }
  expect(await store.get("old")).toBeUndefined();
  expect(await store.get("busy")).toBeDefined();
});

test("what a process that died left behind goes after a day; what is written now, and what is not ours, stays", async () => {
  const store = folderCheckpoints(folder.path());
  await store.put(checkpoint("a"));
  const [name = ""] = await readdir(folder.path());
  const yesterday = Date.now() / 1000 - 90_000;
  for (const [file, at] of [
    [`${name}.7-1`, yesterday],
    [`${name}.7-2`, Date.now() / 1000],
    ["notes.txt", yesterday],
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop -- three files
    await writeFile(folder.path(file), "half");
    // oxlint-disable-next-line no-await-in-loop
    await utimes(folder.path(file), at, at);
  }
  for (let i = 0; i < 999; i += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await store.put(checkpoint("a", { expires: Date.now() + 60_000 }));
  }
  expect((await readdir(folder.path())).toSorted()).toEqual(
    [name, `${name}.7-2`, "notes.txt"].toSorted(),
  );
});

test("a copied folder, whose files have other times of change, forgets nothing before its time", async () => {
  const now = Date.now();
  const store = folderCheckpoints(folder.path());
  await store.put(checkpoint("a", { expires: now + 60_000 }));
  const [name = ""] = await readdir(folder.path());
  await utimes(folder.path(name), 1, 1);
  for (let i = 0; i < 999; i += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await store.put(checkpoint("b", { expires: now + 60_000 }));
  }
  expect(await store.get("a")).toBeDefined();
});

test("a poller that is restarted goes on from there, and hands no span on twice", async () => {
  const fixture = stepFunctionsFixture("approved");
  const fake = fakeStepFunctions();
  const execution = fake.add(fixture.executionArn, fixture.events, 12);
  const ids: string[] = [];
  const poller = (): StepFunctionsPoller =>
    new StepFunctionsPoller({
      client: fake.api,
      executionArns: [fixture.executionArn],
      checkpoints: folderCheckpoints(folder.path()),
      callsPerSecond: 1e9,
      sink: {
        async accept(trace, after) {
          ids.push(...spansOf(trace, { after }).map(({ spanId }) => spanId));
        },
      },
    });
  await poller().poll();
  execution.happened = fixture.events.length;
  await poller().poll();
  const whole = traceFromHistory(fixture, fixture);
  if (!whole.ok) throw new Error(whole.error.message);
  expect(ids.toSorted()).toEqual(
    spansOf(whole.value)
      .map(({ spanId }) => spanId)
      .toSorted(),
  );
});
