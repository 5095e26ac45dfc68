import { stat } from "node:fs/promises";
import { DurascopeError } from "../core/errors.ts";
import type { LookupBackend, LookupResult } from "./backend.ts";
import { groupRuns } from "./group-runs.ts";
import { LONGEST_LINE, matchingLines, type ScanCounts } from "./line-scanner.ts";
import { escapedForms, matchOf, traceIdOf } from "./match-id.ts";
import { type DecodedLine, decodeLine } from "./otlp-decode.ts";
import type { RecordedLog, RecordedSpan } from "./recorded-run.ts";

/** More traces than these are not read in full. */
const MOST_TRACES = 1000;
/** So many trace ids are searched for one by one; with more, every line is parsed. */
const MOST_NEEDLES = 16;
/** More spans and log lines than these are not held in memory. */
const MOST_RECORDS = 500_000;

interface Scan extends ScanCounts {
  corrupt: number;
  left: number;
}

/**
 * Looks runs up in a file of OTLP JSON lines, plain or gzip'd: what the file exporter writes, and what a collector's
 * file exporter writes.
 *
 * The file is read twice, which may be larger than memory: once for the traces that the id stands in, once for all of
 * those traces. Only lines that can hold what is sought are parsed.
 */
export function fileBackend(path: string): LookupBackend {
  return {
    name: `file ${path}`,
    async find({ id }) {
      await checkFile(path);
      const traces = await tracesOf(path, id);
      const { scan, spans, logs } = await recordsOf(path, traces.ids);
      scan.corrupt = Math.max(scan.corrupt, traces.scan.corrupt);
      scan.left += traces.scan.left;
      const { runs, otherTraces } = groupRuns(spans, logs, id);
      scan.tooLong = Math.max(scan.tooLong, traces.scan.tooLong);
      if (traces.scan.brokenOff !== undefined) scan.brokenOff = traces.scan.brokenOff;
      const notes = [...notesOf(scan), ...(await oddBeginning(path, traces.scan.bytes))];
      return { runs, otherTraces, notes } satisfies LookupResult;
    },
  };
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

async function tracesOf(path: string, id: string): Promise<{ ids: Set<string>; scan: Scan }> {
  const scan: Scan = { bytes: 0, tooLong: 0, corrupt: 0, left: 0 };
  const asTrace = traceIdOf(id);
  const ids = new Set<string>(asTrace === undefined ? [] : [asTrace]);
  const take = (traceId: string | undefined): void => {
    if (traceId === undefined || ids.has(traceId)) return;
    if (ids.size < MOST_TRACES) ids.add(traceId);
    else scan.left += 1;
  };
  for await (const line of decoded(path, escapedForms(id), scan)) {
    for (const record of [...line.spans, ...line.logs]) {
      if (matchOf(record.attributes, id) !== undefined) take(record.traceId);
    }
  }
  return { ids, scan };
}

async function recordsOf(
  path: string,
  traces: ReadonlySet<string>,
): Promise<{ scan: Scan; spans: RecordedSpan[]; logs: RecordedLog[] }> {
  const scan: Scan = { bytes: 0, tooLong: 0, corrupt: 0, left: 0 };
  const spans: RecordedSpan[] = [];
  const logs: RecordedLog[] = [];
  if (traces.size === 0) return { scan, spans, logs };
  const needles =
    traces.size > MOST_NEEDLES
      ? ['"traceId"']
      : [...traces].flatMap((hex) => [hex, hex.toUpperCase()]);
  for await (const line of decoded(path, needles, scan)) {
    keep(line.spans, spans, traces, scan);
    keep(line.logs, logs, traces, scan);
  }
  return { scan, spans, logs };
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
    for await (const text of matchingLines(path, needles, scan)) {
      const line = decodeLine(text);
      if (line === undefined) scan.corrupt += 1;
      else yield line;
    }
  } catch (error) {
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

function notesOf(scan: Scan): string[] {
  const notes: string[] = [];
  if (scan.corrupt > 0)
    notes.push(`${count(scan.corrupt, "line")} that might matter could not be read as JSON.`);
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
