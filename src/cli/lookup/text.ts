import type { BackendLink, OtherTrace } from "../../lookup/backend.ts";
import { relationText, renderRunList } from "../../report/headline.ts";
import { palette, wantsColor } from "../../report/palette.ts";
import { printable, width, wrap } from "../../report/printable.ts";
import type { RunReport } from "../../report/run-report.ts";
import { renderReport } from "../../report/tree-text.ts";
import { type CommandIo, columnsOf } from "../output.ts";
import type { LookupAnswer } from "./answer.ts";

/** How much of what was found is printed. */
export interface LookupTextOptions {
  /** The tree of every run, not of the newest alone. @default false */
  readonly all?: boolean;
  /** Most log lines of a run. @default 100 */
  readonly logs?: number;
}

/**
 * What `durascope lookup` prints for people: the list of runs when there are several, the tree of the newest (of all with
 * `--all`), notes, links, and which backend was asked. Ends without a line break.
 */
export function lookupText(
  answer: LookupAnswer,
  options: LookupTextOptions,
  io: CommandIo,
): string {
  const color = wantsColor(io.environment, io.stdout.isTTY === true);
  const columns = columnsOf(io);
  const now = io.now();
  const colors = palette(color);
  const reports = answer.runs.map(({ report }) => report);
  const shown = options.all === true ? answer.runs : answer.runs.slice(0, 1);
  const view = { columns, color, now, ...(options.logs !== undefined && { logs: options.logs }) };
  const rule = `\n\n${"─".repeat(Math.min(60, columns))}\n\n`;
  const runs = shown.map(({ report, links }) =>
    [renderReport(report, view), linkLines(links, columns)]
      .filter((part) => part !== "")
      .join("\n\n"),
  );
  const blocks = [runs.join(rule)];
  if (reports.length > 1) {
    const title = wrap(listTitle(reports, shown.length), columns).join("\n");
    blocks.unshift(`${title}\n${renderRunList(reports, { columns, color, now })}`);
  }
  const { otherTraces, notes } = answer.result;
  const remarks = [
    ...otherTraces.map((trace) => otherTraceNote(trace, reports)),
    ...notes.map((note) => printable(note, 1000)),
  ].flatMap((note) => wrap(note, columns));
  if (remarks.length > 0) blocks.push(remarks.join("\n"));
  const asked = `asked: ${printable(answer.asked)} (${printable(answer.chosenBy)})`;
  blocks.push(wrap(asked, columns).map(colors.dim).join("\n"));
  return blocks.join("\n\n");
}

function listTitle(reports: readonly RunReport[], shown: number): string {
  const own = reports.filter((report) => report.match === "own").length;
  const related = reports.length - own;
  const counts = [
    ...(own > 0 ? [`${own} run${own === 1 ? "" : "s"}`] : []),
    ...(related > 0 ? [`${related} related`] : []),
  ];
  const rest =
    shown === reports.length
      ? "all are shown"
      : `the ${own === 1 ? "first" : "newest"} is shown, --all shows every one`;
  return `${counts.join(" and ")}; ${rest}`;
}

/** A trace that holds no run, in a sentence. */
export function otherTraceNote(trace: OtherTrace, reports: readonly RunReport[]): string {
  const from = trace.service === undefined ? "" : ` from ${printable(trace.service)}`;
  const where = `trace ${printable(trace.traceId)}${from}, in the span "${printable(trace.span)}"`;
  return trace.relation === undefined
    ? `Also met in ${where}.`
    : `${capital(relationText(trace.relation, reports))}: ${where}.`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** Links below each other; URLs are never broken, so that a terminal can open them. */
function linkLines(links: readonly BackendLink[], columns: number): string {
  const titles = links.map(({ title }) => printable(title));
  const longest = Math.max(0, ...titles.map(width));
  return links
    .map(({ url }, i) => {
      const title = titles[i] ?? "";
      const line = `${title}${" ".repeat(longest - width(title))}  ${plainUrl(url)}`;
      return width(line) <= columns ? line : `${title}\n  ${plainUrl(url)}`;
    })
    .join("\n");
}

/** A URL as a terminal may print it: what is not printable ASCII is encoded already where the URL is well-formed. */
export function plainUrl(url: string): string {
  return url.replaceAll(/[^\u0021-\u007e]+/g, (text) => encodeURIComponent(text.toWellFormed()));
}
