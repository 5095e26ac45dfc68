import { mkdir, rename, symlink, utimes, writeFile } from "node:fs/promises";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { beforeEach, expect, test } from "vitest";
import { sagaRun } from "../../../test/support/saga-runs.ts";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { encodeSpans } from "../../telemetry/otlp/otlp-json.ts";
import type { OtlpSpan } from "../../telemetry/otlp/otlp-model.ts";
import type { LookupResult } from "../backend.ts";
import { lookUp } from "../look-up.ts";
import type { RecordedRun } from "../recorded-run.ts";
import { fileBackend } from "./file.ts";

const folder = temporaryFolder();
let path: string;

beforeEach(() => {
  path = folder.path("spans.otlp.jsonl");
});

const find = (id: string): Promise<LookupResult> => lookUp(fileBackend(path), { id });

function lineOf(spans: readonly OtlpSpan[]): string {
  return `${encodeSpans([{ resource: { "service.name": "orderSaga" }, spans }])}\n`;
}

/** Runs of the saga, a file each, the first of them written to last. */
async function spread(...names: readonly string[]): Promise<RecordedRun[]> {
  const scenarios = ["approved", "declined", "fulfilled"];
  return Promise.all(
    names.map(async (name, i) => {
      const run = sagaRun("temporal", scenarios[i] ?? "");
      const spans = run.spans.map((span) => ({
        ...span,
        attributes: { ...span.attributes, "customer.id": "c7" },
      }));
      const text = lineOf(spans);
      const content = name.endsWith(".gz")
        ? gzipSync(text)
        : name.endsWith(".zst")
          ? zstdCompressSync(text)
          : text;
      await writeFile(folder.path(name), content);
      await utimes(folder.path(name), 1_000_000 - i, 1_000_000 - i);
      return { ...run, spans };
    }),
  );
}

const idsOf = ({ runs }: LookupResult): string[] => runs.map(({ runId }) => runId).toSorted();
const all = (runs: readonly RecordedRun[]): string[] => runs.map(({ runId }) => runId).toSorted();

test.each([
  ["the file exporter", "spans.otlp.jsonl.1", "spans.otlp.jsonl.2"],
  ["logrotate", "spans.otlp.jsonl.1", "spans.otlp.jsonl.12.gz"],
  ["logrotate by date", "spans.otlp.jsonl-20261127", "spans.otlp.jsonl-2026112608.gz"],
  [
    "a collector",
    "spans.otlp-2026-11-27T08-00-00.000.jsonl",
    "spans.otlp-2026-11-26T08-00-00.000-size.jsonl.zst",
  ],
])("what %s rotated a file into is read with it", async (_who, ...rotated) => {
  const runs = await spread("spans.otlp.jsonl", ...rotated);
  const backend = fileBackend(path);
  expect(idsOf(await lookUp(backend, { id: "c7" }))).toEqual(all(runs));
  expect(backend.name).toBe(`file ${path} and 2 files that it was rotated into`);
});

test.each([
  ["spans.otlp.jsonl.gz"],
  ["spans.otlp.jsonl.bak"],
  ["spans.otlp-old.jsonl"],
  ["other.jsonl.1"],
  ["my-spans.otlp.jsonl.1"],
])("%s is another file", async (other) => {
  const [run] = await spread("spans.otlp.jsonl", other);
  expect(idsOf(await find("c7"))).toEqual([run?.runId]);
});

test("of those that hold a span twice the one that was written to last counts", async () => {
  const run = sagaRun("temporal", "approved");
  await writeFile(path, lineOf(run.spans));
  const old = run.spans.map((span) => ({ ...span, name: "old" }));
  await writeFile(`${path}.2`, lineOf(old));
  await utimes(`${path}.2`, 1000, 1000);
  expect((await find("order-1002")).runs).toEqual([run]);
});

test("which was written to last is told by its time, not by its name", async () => {
  const run = sagaRun("temporal", "approved");
  const old = run.spans.map((span) => ({ ...span, name: "old" }));
  await writeFile(folder.path("a.jsonl"), lineOf(old));
  await utimes(folder.path("a.jsonl"), 1000, 1000);
  await writeFile(folder.path("b.jsonl"), lineOf(run.spans));
  expect((await lookUp(fileBackend(folder.path()), { id: "order-1002" })).runs).toEqual([run]);
});

test("what is put aside while they are read is read, and once", async () => {
  const runs = await spread("spans.otlp.jsonl", "spans.otlp.jsonl.1");
  const rotating = fileBackend(path);
  const { traceIds } = await rotating.search({ id: "c7" }, new AbortController().signal);
  await rename(`${path}.1`, `${path}.2`);
  await rename(path, `${path}.1`);
  const { spans } = await rotating.fetch(traceIds, { id: "c7" }, new AbortController().signal);
  expect(spans).toHaveLength(runs.flatMap((run) => run.spans).length);
});

test("those of a folder are read, and nothing else that lies there", async () => {
  const runs = await spread("a.jsonl", "b.json.3.gz", "c-2026-11-26T08-00-00.000.ndjson");
  await writeFile(folder.path("notes.txt"), lineOf(sagaRun("temporal", "declined").spans));
  await writeFile(folder.path(".hidden.jsonl"), "");
  await mkdir(folder.path("folder.jsonl"));
  const backend = fileBackend(folder.path());
  expect(idsOf(await lookUp(backend, { id: "c7" }))).toEqual(all(runs));
  expect(backend.name).toBe(`folder ${folder.path()} (3 files)`);
});

test("those that are named are read, each once", async () => {
  const runs = await spread("a.jsonl", "b.jsonl");
  await symlink(folder.path("a.jsonl"), folder.path("link.jsonl"));
  const paths = ["a.jsonl", "b.jsonl", "link.jsonl"].map((name) => folder.path(name));
  const found = await lookUp(fileBackend(...paths), { id: "c7" });
  expect([idsOf(found), found.notes]).toEqual([all(runs), []]);
});

test("a folder without one is said to be so", async () => {
  await writeFile(folder.path("notes.txt"), "");
  await expect(lookUp(fileBackend(folder.path()), { id: "x" })).rejects.toMatchObject({
    code: "LOOKUP_FILE_MISSING",
    message: expect.stringContaining("holds no file whose name ends in"),
  });
});

test("what is neither a file nor a folder is said to be so", async () => {
  await expect(lookUp(fileBackend("/dev/null"), { id: "x" })).rejects.toMatchObject({
    code: "LOOKUP_FILE_UNREADABLE",
    message: expect.stringContaining("is neither a file nor a folder"),
  });
});

test("a new and empty one is nothing odd", async () => {
  await spread("spans.otlp.jsonl.1");
  await writeFile(path, "");
  const { runs, notes } = await find("c7");
  expect([runs.length, notes]).toEqual([1, []]);
});

test("a file that is just being put aside is not missed", async () => {
  const runs = await spread("spans.otlp.jsonl.1");
  expect(idsOf(await find("c7"))).toEqual(all(runs));
});

test("which of several compressed files breaks off", async () => {
  const run = sagaRun("temporal", "approved");
  await writeFile(path, lineOf(run.spans));
  const packed = gzipSync(lineOf(run.spans));
  await writeFile(`${path}.1.gz`, packed.subarray(0, packed.length - 20));
  const { runs, notes } = await find("order-1002");
  expect(runs).toEqual([run]);
  expect(notes).toContain(`The compressed file breaks off: ${path}.1.gz (unexpected end of file).`);
});

test("the query to paste unpacks what is compressed", async () => {
  await writeFile(path, "");
  await writeFile(`${path}.1.gz`, gzipSync(""));
  await utimes(`${path}.1.gz`, 1000, 1000);
  const backend = fileBackend(path);
  await backend.search({ id: "x" }, new AbortController().signal);
  expect(backend.queryToPaste({ id: "x" })).toBe(`zgrep -F x ${path}.1.gz ${path}`);
  await writeFile(`${path}.2.zst`, zstdCompressSync(""));
  await backend.search({ id: "x" }, new AbortController().signal);
  expect(backend.queryToPaste({ id: "x" })).toMatch(/^zstdgrep -F x /);
});
