import { isAbsolute, join, relative } from "node:path";
import type { LookupResult } from "../lookup/backend.ts";
import { fileBackend } from "../lookup/file.ts";
import { buildReport } from "../report/build-report.ts";
import { renderRunList } from "../report/headline.ts";
import { wantsColor } from "../report/palette.ts";
import { printable } from "../report/printable.ts";
import type { RunReport } from "../report/run-report.ts";
import { renderReport } from "../report/tree-text.ts";
import { CommandFailure, EXIT } from "./failure.ts";
import { lookupJson } from "./lookup-json.ts";
import { type CommandIo, write } from "./output.ts";

/** Options of `durascope lookup`, as the command line gives them. */
export interface LookupOptions {
  readonly file?: string;
  readonly json?: boolean;
  readonly all?: boolean;
}

/** Where the demo leaves its spans. */
const DEFAULT_FILE = join(".durascope", "demo.otlp.jsonl");

/**
 * `durascope lookup`: prints the runs of an id. Fails with a {@link CommandFailure}, of exit code 3 when nothing was
 * found.
 */
export async function lookup(id: string, options: LookupOptions, io: CommandIo): Promise<void> {
  const path = options.file ?? io.environment["DURASCOPE_FILE"] ?? DEFAULT_FILE;
  const backend = fileBackend(shortest(path));
  const result = await backend.find({ id });
  if (result.runs.length === 0) throw nothingFound(id, backend.name, result);
  const reports = result.runs.map(buildReport);
  const text =
    options.json === true
      ? lookupJson(id, backend.name, reports, result, io.now())
      : asText(reports, result, options, io);
  await write(io.stdout, `${text}\n`);
}

function asText(
  reports: readonly RunReport[],
  result: LookupResult,
  options: LookupOptions,
  io: CommandIo,
): string {
  const color = wantsColor(io.environment, io.stdout.isTTY === true);
  const columns = Number(io.environment["COLUMNS"]) || io.stdout.columns || 100;
  const now = io.now();
  const shown = options.all === true ? reports : reports.slice(0, 1);
  const blocks = shown.map((report) => renderReport(report, { columns, color, now }));
  if (reports.length > shown.length) {
    const title = `${reports.length} runs; the newest is shown, --all shows every one`;
    blocks.unshift(`${title}\n${renderRunList(reports, { columns, color, now })}`);
  }
  const notes = [...result.otherTraces.map(otherTraceNote), ...result.notes];
  return [
    blocks.join(options.all === true ? `\n\n${"─".repeat(Math.min(60, columns))}\n\n` : "\n\n"),
    notes.join("\n"),
  ]
    .filter((block) => block !== "")
    .join("\n\n");
}

function otherTraceNote(trace: LookupResult["otherTraces"][number]): string {
  const from = trace.service === undefined ? "" : ` from ${printable(trace.service)}`;
  return `Also met in trace ${trace.traceId}${from}, in the span "${printable(trace.span)}".`;
}

function nothingFound(id: string, asked: string, result: LookupResult): CommandFailure {
  const hints = [
    ...result.otherTraces.map(otherTraceNote),
    ...result.notes,
    "Likely causes: the id is spelt differently (ids are compared exactly), the run's spans went elsewhere (--file, DURASCOPE_FILE),",
    "or it is a business key that no option businessKeys records on the spans.",
  ];
  return new CommandFailure(
    EXIT.notFound,
    `Nothing found of ${printable(id)} in the ${asked}.`,
    hints.join("\n"),
  );
}

/** A path as people would write it here. */
function shortest(path: string): string {
  const fromHere = isAbsolute(path) ? relative(process.cwd(), path) : path;
  return fromHere.startsWith("..") || fromHere === "" ? path : fromHere;
}
