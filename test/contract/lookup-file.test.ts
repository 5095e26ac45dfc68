import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { appendedFile } from "../../src/exporters/appended-file.ts";
import { fileBackend } from "../../src/lookup/file/file.ts";
import { describeLookupBackend, type LookupStore } from "./lookup-backend.ts";

async function startFile(
  name: string,
  write: (path: string, text: string) => Promise<void>,
): Promise<LookupStore> {
  const folder = await mkdtemp(join(tmpdir(), "durascope-lookup-"));
  const path = join(folder, name);
  await write(path, '{"resourceSpans":[]}\n');
  return {
    backend: fileBackend(path),
    send: (requests) => write(path, requests.map((request) => `${request}\n`).join("")),
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}

describeLookupBackend("file", {
  start: () => startFile("spans.otlp.jsonl", appendFile),
  keepsLogs: true,
});

/** As the file exporter rotates: every few requests into another file. */
async function startRotatedFile(): Promise<LookupStore> {
  const folder = await mkdtemp(join(tmpdir(), "durascope-lookup-"));
  const path = join(folder, "spans.otlp.jsonl");
  const file = appendedFile(path, { maxBytes: 20_000, maxFiles: 450 });
  await file.append(Buffer.from('{"resourceSpans":[]}\n'));
  return {
    backend: fileBackend(path),
    async send(requests) {
      for (const request of requests) {
        // oxlint-disable-next-line no-await-in-loop -- as they come
        await file.append(Buffer.from(`${request}\n`));
      }
    },
    async stop() {
      await file.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

describeLookupBackend("rotated file", { start: startRotatedFile, keepsLogs: true });

const members = new Map<string, Buffer[]>();

/** A gzip file may consist of several members, one after the other, as a writer makes it that appends. */
async function appendCompressed(path: string, text: string): Promise<void> {
  const all = [...(members.get(path) ?? []), await promisify(gzip)(text)];
  members.set(path, all);
  await writeFile(path, Buffer.concat(all));
}

describeLookupBackend("compressed file", {
  start: () => startFile("spans.otlp.jsonl.gz", appendCompressed),
  keepsLogs: true,
});
