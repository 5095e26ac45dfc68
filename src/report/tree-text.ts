import { counted } from "../core/counted.ts";
import { bar, FOLD_SIGN } from "./bar.ts";
import { formatDuration } from "./duration.ts";
import { type FlatRow, flatRows, shownRows } from "./flat-rows.ts";
import { headlineOf } from "./headline.ts";
import { BAR_SIGNS, type Palette, palette } from "./palette.ts";
import { cut, padded, printable, width, wrap } from "./printable.ts";
import { noteOf, signOf } from "./row-words.ts";
import type { BarPart, BarState, ReportLog, ReportRow, RunReport } from "./run-report.ts";
import { type TimeScale, timeScale, timesOf } from "./time-scale.ts";
import { whySentence } from "./why.ts";

/** How a report is written. */
export interface TextOptions {
  /** Width of the terminal. @default 100 */
  readonly columns?: number;
  /** @default false */
  readonly color?: boolean;
  /** The current time, in milliseconds since the epoch: how long open steps have been open. */
  readonly now: number;
  /** Most log lines that are written. @default 100 */
  readonly logs?: number;
}

const MOST_ROWS = 500;
const MOST_LOGS = 100;
const DURATION_COLUMNS = 10;
const NARROWEST = 20;
/** Narrower ones have no room for bars: durations stand after the names then. */
const NARROWEST_WITH_BARS = 60;
/** Wider ones have room for a short note beside the bar. */
const WITH_NOTES = 80;
const WIDEST = 160;

/** A run as text: headline, why, tree with bars, log lines. Ends without a line break. */
export function renderReport(report: RunReport, options: TextOptions): string {
  const colors = palette(options.color ?? false);
  const columns = Math.min(WIDEST, Math.max(NARROWEST, options.columns ?? 100));
  const end = endOf(report, options.now);
  const rows = flatRows(report.rows, end);
  const parts = rows.flatMap((row) => row.parts);
  const scale = timeScale(report.started, end, parts);
  const blocks = [
    headline(report, timesOf(report.started, end, parts), options, colors, columns),
    tree(rows, scale, columns, colors),
    columns < NARROWEST_WITH_BARS ? "" : legend(parts, scale, colors, columns),
    ...logBlock(report.logs, options.logs ?? MOST_LOGS, columns, colors),
  ];
  return blocks.filter((block) => block !== "").join("\n\n");
}

function headline(
  report: RunReport,
  times: { readonly worked: number; readonly waited: number },
  options: TextOptions,
  colors: Palette,
  columns: number,
): string {
  const started = new Date(report.started).toISOString().replace("T", " ").replace("Z", " UTC");
  const waited = times.waited > 0 ? `, waited ${formatDuration(times.waited)}` : "";
  const lines = [
    ...headlineOf(report, options.now, colors, columns),
    ...wrap(printable(whySentence(report, options.now), 1000), columns),
    ...wrap(`worked ${formatDuration(times.worked)}${waited}`, columns).map(colors.dim),
    ...wrap(
      `run ${printable(report.runId)}, in ${printable(report.namespace)}, began ${started}`,
      columns,
    ).map(colors.dim),
  ];
  if (report.redrives > 0) lines.push(`redriven ${counted(report.redrives, "time")}`);
  for (const reason of report.partial)
    lines.push(...wrap(`partial: ${reason}`, columns).map(colors.wait));
  return lines.join("\n");
}

/** Of a run that may have ended long ago unseen, what is there is drawn, and no longer. */
function endOf(report: RunReport, now: number): number {
  if (report.ended !== undefined) return report.ended;
  const last = latest(report.rows, report.started);
  return report.hasStart ? Math.max(now, last) : last;
}

function latest(rows: readonly ReportRow[], from: number): number {
  return rows.reduce(
    (time, row) => Math.max(time, row.end ?? row.start, latest(row.children, time)),
    from,
  );
}

function tree(
  rows: readonly FlatRow[],
  scale: TimeScale,
  columns: number,
  colors: Palette,
): string {
  const shown = shownRows(rows, MOST_ROWS);
  const widths = shown.map((flat) =>
    "left" in flat ? 0 : 2 * flat.depth + 2 + width(printable(flat.row.name)),
  );
  const layout = layoutOf(columns, Math.max(12, ...widths));
  return shown
    .flatMap((flat) =>
      "left" in flat
        ? colors.dim(`${indentOf(flat.depth, layout)}… ${flat.left} more`)
        : treeLines(flat, scale, layout, colors),
    )
    .join("\n");
}

interface Layout {
  readonly columns: number;
  readonly label: number;
  readonly barColumns: number;
}

function layoutOf(columns: number, longest: number): Layout {
  if (columns < NARROWEST_WITH_BARS)
    return { columns, label: columns - DURATION_COLUMNS - 1, barColumns: 0 };
  const label = Math.min(longest, Math.floor(columns * 0.4));
  const rest = columns - label - DURATION_COLUMNS - 3;
  const barColumns = columns >= WITH_NOTES ? Math.min(36, Math.floor(rest * 0.6)) : rest;
  return { columns, label, barColumns };
}

/** What stands very deep is drawn less deep, so that its name has room. */
function indentOf(depth: number, layout: Layout): string {
  return "  ".repeat(Math.min(depth, Math.floor((layout.label - 6) / 2)));
}

function treeLines(
  { row, depth, parts }: FlatRow,
  scale: TimeScale,
  layout: Layout,
  colors: Palette,
): string[] {
  const { sign, paint } = signOf(row, colors);
  const indent = indentOf(depth, layout);
  const name = cut(printable(row.name), Math.max(4, layout.label - indent.length - 2));
  const length = row.end === undefined ? "open" : formatDuration(row.end - row.start);
  const title = `${indent}${paint(sign)} ${row.kind === "span" || row.kind === "attempt" ? colors.dim(name) : name}`;
  const padding = " ".repeat(Math.max(0, layout.label - indent.length - 2 - width(name)));
  const line =
    layout.barColumns === 0
      ? `${title} ${length}`
      : `${title}${padding} ${length.padStart(DURATION_COLUMNS)}  ${bar(parts, scale, layout.barColumns, colors)}`;
  const note = printable(noteOf(row));
  if (note === "") return [line.trimEnd()];
  const used = layout.label + 1 + DURATION_COLUMNS + 2 + layout.barColumns;
  if (layout.barColumns > 0 && used + 2 + width(note) <= layout.columns)
    return [`${line}  ${paint(note)}`];
  return [
    line.trimEnd(),
    ...wrap(note, layout.columns - indent.length - 4).map((text) => `${indent}    ${paint(text)}`),
  ];
}

const LEGEND: readonly (readonly [BarState, string])[] = [
  ["worked", "worked"],
  ["failed", "failed"],
  ["waited", "waited"],
  ["idle", "queued or backing off"],
];

function legend(
  parts: readonly BarPart[],
  scale: TimeScale,
  colors: Palette,
  columns: number,
): string {
  const states = new Set(parts.map((part) => part.state));
  const words = LEGEND.filter(([state]) => states.has(state)).map(
    ([state, word]) => `${BAR_SIGNS[state]} ${word}`,
  );
  const folded = scale.folded.reduce((sum, gap) => sum + gap.end - gap.start, 0);
  if (folded > 0) words.push(`${FOLD_SIGN} ${formatDuration(folded)} drawn short`);
  return wrap(words.join("   "), columns).map(colors.dim).join("\n");
}

function logBlock(
  logs: readonly ReportLog[],
  most: number,
  columns: number,
  colors: Palette,
): string[] {
  if (logs.length === 0) return [];
  const shown = logs.slice(0, most);
  const longest = shown.reduce((widest, log) => Math.max(widest, width(log.step ?? "-")), 1);
  const isNarrow = columns < NARROWEST_WITH_BARS;
  const steps = Math.min(24, longest, ...(isNarrow ? [Math.max(1, columns - 20)] : []));
  const lines = shown.map((log) => {
    const time = new Date(log.time).toISOString().slice(11, 23);
    const step = padded(cut(printable(log.step ?? "-"), steps), steps);
    const level = padded(cut(printable(log.level), 5), 5);
    const paint = /^(error|fatal|crit)/i.test(log.level)
      ? colors.bad
      : /^warn/i.test(log.level)
        ? colors.wait
        : colors.dim;
    const rest = isNarrow ? columns - 2 : Math.max(16, columns - steps - 22);
    const message = cut(printable(log.message), rest);
    return `${colors.dim(time)}  ${paint(level)} ${step}${isNarrow ? "\n  " : " "}${message}`;
  });
  if (logs.length > most) lines.push(colors.dim(`… ${logs.length - most} more`));
  return [[colors.bold(counted(logs.length, "log line")), ...lines].join("\n")];
}
