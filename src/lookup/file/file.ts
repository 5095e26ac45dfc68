import { type FileHandle, open } from "node:fs/promises";
import { counted } from "../../core/counted.ts";
import { isMissing } from "../../host/system-error.ts";
import type { LookupBackend, RecordedTraces, TraceSearch } from "../backend.ts";
import { escapedForms, matchOf } from "../match-id.ts";
import { type DecodedLine, decodeLine } from "../otlp-decode.ts";
import type { RecordedLog, RecordedSpan } from "../recorded-run.ts";
import { LONGEST_LINE } from "./file-chunks.ts";
import { grepCommand } from "./grep-command.ts";
import { type LineSearch, searchForId } from "./id-places.ts";
import { matchingLines, type ScanCounts } from "./line-scanner.ts";
import { type SpanFiles, spanFiles, unreadable } from "./span-files.ts";

/** More traces than these are not even remembered while files are read: the newest of them are. */
const MOST_MET = 200_000;
/** More spans and log lines than these are not held in memory. */
const MOST_RECORDS = 500_000;
/** More files than these are not named one by one. */
const MOST_NAMED = 3;

interface Scan {
  readonly signal: AbortSignal;
  bytes: number;
  tooLong: number;
  corrupt: number;
  left: number;
  /** Compressed files that break off, and why. */
  readonly broken: string[];
}

/**
 * Looks in files of OTLP JSON lines: what the file exporter writes, and what a collector's file exporter writes, plain, gzip'd
 * or zstd'd. A path is a file, which is read with all that it was rotated into, or a folder of such files.
 *
 * Each question reads the files once, which may be larger than memory; only lines that can hold what is sought are parsed.
 */
export function fileBackend(...paths: readonly string[]): LookupBackend {
  let files: SpanFiles = { paths, left: 0, isFolder: false };
  /** Files may be put aside between two questions: each looks anew which there are. */
  const listed = async (): Promise<SpanFiles> => (files = await spanFiles(paths));
  return {
    get name() {
      return nameOf(paths, files);
    },
    async search({ id }, signal): Promise<TraceSearch> {
      const { ids, scan } = await tracesOf(await listed(), id, signal);
      const odd = await oddBeginning(files, scan.bytes);
      return {
        traceIds: ids,
        notes: [...leftFiles(files), ...notesOf(scan, "may hold the id"), ...odd],
      };
    },
    async fetch(traceIds, _query, signal): Promise<RecordedTraces> {
      const { scan, spans, logs } = await recordsOf(await listed(), new Set(traceIds), signal);
      return { spans, logs, notes: notesOf(scan, "may hold a part of what was found") };
    },
    queryToPaste: ({ id }) => grepCommand(id, files.paths),
    links: () => [],
  };
}

/** `file spans.jsonl`, `file spans.jsonl and 2 files that it was rotated into`, `folder spans (12 files)`. */
function nameOf(paths: readonly string[], files: SpanFiles): string {
  const [path = ""] = paths;
  if (paths.length > 1) {
    const named = paths.slice(0, MOST_NAMED).join(", ");
    return `files ${named}${paths.length > MOST_NAMED ? ` and ${paths.length - MOST_NAMED} more` : ""}`;
  }
  const read = files.paths.length;
  if (files.isFolder) return `folder ${path} (${counted(read, "file")})`;
  return `file ${path}${read > 1 ? ` and ${counted(read - 1, "file")} that it was rotated into` : ""}`;
}

function newScan(signal: AbortSignal): Scan {
  return { bytes: 0, tooLong: 0, corrupt: 0, left: 0, broken: [], signal };
}

/** Traces that the id stands in, what was written last first. */
async function tracesOf(
  files: SpanFiles,
  id: string,
  signal: AbortSignal,
): Promise<{ ids: string[]; scan: Scan }> {
  const scan = newScan(signal);
  const met = new Set<string>();
  const take = ({ attributes, traceId }: RecordedSpan | RecordedLog): void => {
    if (traceId === undefined || matchOf(attributes, id) === undefined) return;
    // What is met again moves to the end.
    met.delete(traceId);
    met.add(traceId);
    if (met.size <= MOST_MET) return;
    const [oldest = ""] = met;
    met.delete(oldest);
    scan.left += 1;
  };
  for await (const line of decoded(files, searchForId(id), scan)) {
    line.spans.forEach(take);
    line.logs.forEach(take);
  }
  return { ids: [...met].toReversed(), scan };
}

async function recordsOf(
  files: SpanFiles,
  traces: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<{ scan: Scan; spans: RecordedSpan[]; logs: RecordedLog[] }> {
  const scan = newScan(signal);
  const spans: RecordedSpan[] = [];
  const logs: RecordedLog[] = [];
  if (traces.size === 0) return { scan, spans, logs };
  const needles = [...traces].flatMap(spellings);
  for await (const line of decoded(files, { needles }, scan)) {
    keep(line.spans, spans, traces, scan);
    keep(line.logs, logs, traces, scan);
  }
  return { scan, spans, logs };
}

/** A trace id as files may spell it: in hex of either case, as OTLP/JSON has it, or in base64, as protobuf's own JSON. */
function spellings(hex: string): readonly string[] {
  return [hex, hex.toUpperCase(), ...escapedForms(Buffer.from(hex, "hex").toString("base64"))];
}

function keep<Record extends { readonly traceId?: string }>(
  records: readonly Record[],
  kept: Record[],
  traces: ReadonlySet<string>,
  scan: Scan,
): void {
  for (const record of records) {
    if (!traces.has(record.traceId ?? "")) continue;
    if (kept.length < MOST_RECORDS) kept.push(record);
    else scan.left += 1;
  }
}

/** The lines of all files in which a search finds something, the file that was written to last at the end. */
async function* decoded(
  { paths }: SpanFiles,
  search: LineSearch,
  scan: Scan,
): AsyncGenerator<DecodedLine> {
  const opened = await openAll(paths);
  try {
    for (const { path, file } of opened) yield* decodedFile(path, file, search, scan);
  } finally {
    await Promise.all(opened.map(({ file }) => file.close()));
  }
}

interface OpenFile {
  readonly path: string;
  readonly file: FileHandle;
}

/**
 * All at once: what is put aside under another name while files are read is read nevertheless, and once. One that is gone
 * since they were listed was the oldest of a rotation.
 */
async function openAll(paths: readonly string[]): Promise<readonly OpenFile[]> {
  const outcomes = await Promise.allSettled(
    paths.map(async (path) => ({ path, file: await open(path, "r") })),
  );
  const opened = outcomes.flatMap((outcome) =>
    outcome.status === "fulfilled" ? [outcome.value] : [],
  );
  const failed = outcomes.flatMap((outcome, i) =>
    outcome.status === "rejected" && (!isMissing(outcome.reason) || opened.length === 0)
      ? [unreadable(paths[i] ?? "", outcome.reason)]
      : [],
  );
  const [failure] = failed;
  if (failure === undefined) return opened;
  await Promise.all(opened.map(({ file }) => file.close()));
  throw failure;
}

async function* decodedFile(
  path: string,
  file: FileHandle,
  search: LineSearch,
  scan: Scan,
): AsyncGenerator<DecodedLine> {
  const counts: ScanCounts = { bytes: 0, tooLong: 0 };
  try {
    for await (const text of matchingLines(file, search, counts, scan.signal)) {
      const line = decodeLine(text);
      if (line === undefined) scan.corrupt += 1;
      else yield line;
    }
  } catch (error) {
    scan.signal.throwIfAborted();
    throw unreadable(path, error);
  }
  scan.bytes += counts.bytes;
  scan.tooLong += counts.tooLong;
  if (counts.brokenOff !== undefined) scan.broken.push(`${path} (${counts.brokenOff})`);
}

/** Whether none of the files is OTLP JSON at all: by their first lines, which are all that is surely read. */
async function oddBeginning({ paths }: SpanFiles, bytes: number): Promise<string[]> {
  const isOne = paths.length === 1;
  if (bytes === 0) return [isOne ? "The file is empty." : "All files are empty."];
  for (const path of paths) {
    // oxlint-disable-next-line no-await-in-loop -- the first of them will do
    if ((await beginningOf(path)) === "otlp") return [];
  }
  return [
    isOne
      ? "The file begins with no line of OTLP JSON."
      : "None of the files begins with a line of OTLP JSON.",
  ];
}

async function beginningOf(path: string): Promise<"otlp" | "other"> {
  // It may just have been put aside, which is no reason to fail.
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return "other";
  try {
    const scan: ScanCounts = { bytes: 0, tooLong: 0 };
    for await (const line of matchingLines(file, { needles: [""] }, scan))
      return /"resource(Spans|Logs|Metrics)"/.test(line) ? "otlp" : "other";
    return "other";
  } finally {
    await file.close();
  }
}

function leftFiles({ paths, left }: SpanFiles): string[] {
  return left === 0
    ? []
    : [
        `The ${paths.length} files that were written to last were read, and ${left} older ones not.`,
      ];
}

/** What a scan met, a sentence each; `matter` says in which way a line that could not be read may matter. */
function notesOf(scan: Scan, matter: string): string[] {
  const notes: string[] = [];
  if (scan.corrupt > 0)
    notes.push(`${counted(scan.corrupt, "line")} that ${matter} could not be read as JSON.`);
  if (scan.tooLong > 0)
    notes.push(`${counted(scan.tooLong, "line")} over ${LONGEST_LINE / 2 ** 20} MiB passed over.`);
  for (const file of scan.broken) notes.push(`The compressed file breaks off: ${file}.`);
  if (scan.left > 0)
    notes.push(`There is more than fits: ${counted(scan.left, "record")} left out.`);
  return notes;
}
