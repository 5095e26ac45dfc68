import { stat } from "node:fs/promises";
import { DurascopeError } from "../../core/errors.ts";
import type { LookupBackend, RecordedTraces, TraceSearch } from "../backend.ts";
import { escapedForms, matchOf } from "../match-id.ts";
import { type DecodedLine, decodeLine } from "../otlp-decode.ts";
import type { RecordedLog, RecordedSpan } from "../recorded-run.ts";
import { LONGEST_LINE, matchingLines, type ScanCounts } from "./line-scanner.ts";

/** More traces than these are not given: the newest of them. */
const MOST_TRACES = 1000;
/** More traces than these are not even remembered while the file is read. */
const MOST_MET = 200_000;
/** More spans and log lines than these are not held in memory. */
const MOST_RECORDS = 500_000;

interface Scan extends ScanCounts {
  readonly signal: AbortSignal;
  corrupt: number;
  left: number;
}

/**
 * Looks in a file of OTLP JSON lines, plain or gzip'd: what the file exporter writes, and what a collector's file
 * exporter writes.
 *
 * Each question reads the file once, which may be larger than memory; only lines that can hold what is sought are parsed.
 */
export function fileBackend(path: string): LookupBackend {
  return {
    name: `file ${path}`,
    async search({ id }, signal): Promise<TraceSearch> {
      await checkFile(path);
      const { ids, scan } = await tracesOf(path, id, signal);
      const odd = await oddBeginning(path, scan.bytes);
      return { traceIds: ids, notes: [...notesOf(scan, "may hold the id"), ...odd] };
    },
    async fetch(traceIds, _query, signal): Promise<RecordedTraces> {
      await checkFile(path);
      const { scan, spans, logs } = await recordsOf(path, new Set(traceIds), signal);
      return { spans, logs, notes: notesOf(scan, "may hold a part of what was found") };
    },
    queryToPaste: ({ id }) =>
      `${path.endsWith(".gz") ? "zgrep" : "grep"} -F ${id.startsWith("-") ? "-e " : ""}${shellWord(jsonText(id))} ${shellWord(path)}`,
    links: () => [],
  };
}

function jsonText(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function shellWord(text: string): string {
  return /^[\w./:@-]+$/.test(text) && !text.startsWith("-")
    ? text
    : `'${text.replaceAll("'", `'\\''`)}'`;
}

async function checkFile(path: string): Promise<void> {
  const stats = await stat(path).catch((error: unknown) => {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw isMissing
      ? new DurascopeError(
          "LOOKUP_FILE_MISSING",
          `There is no file ${path}. Name the file of OTLP JSON lines to look in.`,
        )
      : new DurascopeError("LOOKUP_FILE_UNREADABLE", `${path} cannot be read: ${reason(error)}.`, {
          cause: error,
        });
  });
  if (!stats.isFile()) {
    throw new DurascopeError(
      "LOOKUP_FILE_UNREADABLE",
      `${path} is no file. Name the file of OTLP JSON lines to look in.`,
    );
  }
}

function newScan(signal: AbortSignal): Scan {
  return { bytes: 0, tooLong: 0, corrupt: 0, left: 0, signal };
}

/** Traces that the id stands in, what was written last first. */
async function tracesOf(
  path: string,
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
  for await (const line of decoded(path, valuesOf(id), scan)) {
    line.spans.forEach(take);
    line.logs.forEach(take);
  }
  const newestFirst = [...met].toReversed();
  scan.left += Math.max(0, newestFirst.length - MOST_TRACES);
  return { ids: newestFirst.slice(0, MOST_TRACES), scan };
}

/** What a line has to hold one of to have the id as an attribute's value: in quotes, unless a number or boolean may be it. */
function valuesOf(id: string): readonly string[] {
  const forms = escapedForms(id);
  const isBare = id === "true" || id === "false" || (id !== "" && Number.isFinite(Number(id)));
  return isBare ? forms : forms.map((form) => `"${form}"`);
}

async function recordsOf(
  path: string,
  traces: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<{ scan: Scan; spans: RecordedSpan[]; logs: RecordedLog[] }> {
  const scan = newScan(signal);
  const spans: RecordedSpan[] = [];
  const logs: RecordedLog[] = [];
  if (traces.size === 0) return { scan, spans, logs };
  const needles = [...traces].flatMap(spellings);
  for await (const line of decoded(path, needles, scan)) {
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

async function* decoded(
  path: string,
  needles: readonly string[],
  scan: Scan,
): AsyncGenerator<DecodedLine> {
  try {
    for await (const text of matchingLines(path, needles, scan, scan.signal)) {
      const line = decodeLine(text);
      if (line === undefined) scan.corrupt += 1;
      else yield line;
    }
  } catch (error) {
    scan.signal.throwIfAborted();
    throw new DurascopeError(
      "LOOKUP_FILE_UNREADABLE",
      `${path} cannot be read: ${reason(error)}.`,
      { cause: error },
    );
  }
}

/** Whether the file is no OTLP JSON at all: by its first line, which is all that is surely read. */
async function oddBeginning(path: string, bytes: number): Promise<string[]> {
  if (bytes === 0) return ["The file is empty."];
  const scan: ScanCounts = { bytes: 0, tooLong: 0 };
  for await (const line of matchingLines(path, [""], scan)) {
    return /"resource(Spans|Logs|Metrics)"/.test(line)
      ? []
      : ["The file begins with no line of OTLP JSON."];
  }
  return [];
}

/** What a scan met, a sentence each; `matter` says in which way a line that could not be read may matter. */
function notesOf(scan: Scan, matter: string): string[] {
  const notes: string[] = [];
  if (scan.corrupt > 0)
    notes.push(`${count(scan.corrupt, "line")} that ${matter} could not be read as JSON.`);
  if (scan.tooLong > 0)
    notes.push(`${count(scan.tooLong, "line")} over ${LONGEST_LINE / 2 ** 20} MiB passed over.`);
  if (scan.brokenOff !== undefined)
    notes.push(`The compressed file breaks off (${scan.brokenOff}).`);
  if (scan.left > 0) notes.push(`There is more than fits: ${count(scan.left, "record")} left out.`);
  return notes;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
