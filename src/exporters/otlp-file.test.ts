import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { sagaTrace } from "../../test/support/saga-runs.ts";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { spansOf } from "../index.ts";
import { openOtlpFile } from "./otlp-file.ts";

const spans = spansOf(sagaTrace("temporal", "fulfilled"));
const group = { resource: { "service.name": "orders" }, spans };
const folder = temporaryFolder();

async function lines(path: string): Promise<unknown[]> {
  const text = await readFile(path, "utf8");
  expect(text.endsWith("\n")).toBe(true);
  return text
    .slice(0, -1)
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

test("a line a call is appended, in order, in a folder that it makes", async () => {
  const path = folder.path("new", "spans.jsonl");
  const file = openOtlpFile(path);
  await Promise.all([
    file.writeSpans([group]),
    file.writeLogs([
      {
        resource: {},
        logs: [{ time: 1, severityNumber: 9, severityText: "info", body: "hi", attributes: {} }],
      },
    ]),
  ]);
  await file.close();
  expect(await lines(path)).toEqual([
    expect.objectContaining({ resourceSpans: expect.anything() }),
    expect.objectContaining({ resourceLogs: expect.anything() }),
  ]);
  expect(file.lost()).toBe(0);
});

test("lines of several processes never mix", async () => {
  const path = folder.path("spans.jsonl");
  const script = folder.path("write.mjs");
  const module = new URL("./otlp-file.ts", import.meta.url).href;
  await writeFile(
    script,
    `import { openOtlpFile } from ${JSON.stringify(module)};
     const file = openOtlpFile(process.argv[2]);
     const resource = { filler: process.argv[3].repeat(20_000) };
     for (let i = 0; i < 40; i += 1) file.writeSpans([{ resource, spans: [] }]);
     await file.close();`,
  );
  const run = promisify(execFile);
  await Promise.all(["a", "b", "c"].map((name) => run(process.execPath, [script, path, name])));
  expect(await lines(path)).toHaveLength(120);
});

test("what cannot be written is counted and told, and thrown at nobody", async () => {
  const blocker = folder.path("file");
  await writeFile(blocker, "");
  const errors: Error[] = [];
  const file = openOtlpFile(join(blocker, "spans.jsonl"), {
    onError(error) {
      errors.push(error);
      throw new Error("a callback that throws");
    },
  });
  expect(await file.writeSpans([group])).toBe(false);
  await file.flush();
  await file.close();
  expect(file.lost()).toBe(1);
  expect(errors[0]?.message).toMatch(/EEXIST|ENOTDIR/);
});

test("a file that could not be opened is tried again", async () => {
  const blocker = folder.path("file");
  await writeFile(blocker, "");
  const file = openOtlpFile(join(blocker, "spans.jsonl"));
  expect(await file.writeSpans([group])).toBe(false);
  await rm(blocker);
  expect(await file.writeSpans([group])).toBe(true);
  await file.close();
});

test("more than the bound does not wait in memory", async () => {
  const file = openOtlpFile(folder.path("spans.jsonl"), { maxPendingBytes: 10 });
  expect(await file.writeSpans([group])).toBe(false);
  expect(file.lost()).toBe(1);
  await file.close();
});

test("what comes after the close is lost, not written", async () => {
  const file = openOtlpFile(folder.path("spans.jsonl"));
  await file.close();
  expect(await file.writeSpans([group])).toBe(false);
  expect(file.lost()).toBe(1);
});

test("no spans make no line", async () => {
  const file = openOtlpFile(folder.path("spans.jsonl"));
  expect(await file.writeSpans([])).toBe(true);
  await file.close();
  await expect(readFile(file.path)).rejects.toThrow("ENOENT");
});
