import { stripVTControlCharacters } from "node:util";
import type { Engine } from "../core/model.ts";
import { ENGINE_WORDS } from "../core/vocabulary.ts";
import { formatDuration } from "./duration.ts";
import { type Palette, palette } from "./palette.ts";
import { printable, width } from "./printable.ts";
import type { RunReport } from "./run-report.ts";

/** Narrower terminals get a line for each thing that is said of a run. */
const NARROW = 60;

/** How a list of runs is written. */
export interface ListOptions {
  /** Width of the terminal. */
  readonly columns: number;
  readonly color: boolean;
  /** The current time, in milliseconds since the epoch. */
  readonly now: number;
}

/**
 * The headline of a run: what, which, how it ended, how long it took, where. One line, two where one is too wide; an id that
 * is wider than the terminal is not cut.
 */
export function headlineOf(
  report: RunReport,
  now: number,
  colors: Palette,
  columns: number,
): readonly string[] {
  const parts = [titleOf(report, colors), endingOf(report, now, colors)];
  const line = parts.join("  ");
  if (shownWidth(line) <= columns) return [line];
  return parts.flatMap((part) => (shownWidth(part) <= columns ? [part] : part.split("  ")));
}

/**
 * A list of runs, the first of them marked: a line each with its start and what it is to another one, two where one of
 * them is too wide, more on a narrow terminal.
 */
export function renderRunList(reports: readonly RunReport[], options: ListOptions): string {
  const colors = palette(options.color);
  const parts = reports.map((report, i): [string, ...string[]] => {
    const started = new Date(report.started).toISOString().slice(0, 19).replace("T", " ");
    const begin = `${i === 0 ? "→" : " "} ${started}`;
    const title = titleOf(report, colors);
    const ending = endingOf(report, options.now, colors);
    const relation = relationOf(report, reports, colors);
    if (options.columns >= NARROW) return [`${begin}  ${title}`, `${ending}${relation}`];
    const more = [title, ...ending.split("  "), relation.trim()];
    return [begin, ...more.filter((part) => part !== "")];
  });
  const lines = parts.map((part) => part.join("  "));
  return lines.every((line) => shownWidth(line) <= options.columns)
    ? lines.join("\n")
    : parts.map((part) => part.join("\n    ")).join("\n");
}

const RELATIONS: Readonly<Record<NonNullable<RunReport["relation"]>["kind"], string>> = {
  caller: "caller of",
  parent: "parent of",
  child: "child of",
  previous_run: "run before",
  next_run: "run after",
  signal_sender: "sent a signal to",
  update_sender: "sent an update to",
  first_run: "first run of the chain of",
  later_run: "later run of the chain of",
  root: "topmost run above",
  descendant: "somewhere below",
  started: "started by",
  linked: "linked with",
};

/** What something is to the run that led to it, in words: `child of order-1001`. */
export function relationText(
  relation: NonNullable<RunReport["relation"]>,
  reports: readonly RunReport[],
): string {
  const target = reports.find((report) => report.runId === relation.to);
  return `${RELATIONS[relation.kind]} ${printable(target?.workflowId ?? relation.to)}`;
}

function relationOf(report: RunReport, reports: readonly RunReport[], colors: Palette): string {
  return report.relation === undefined
    ? ""
    : `  ${colors.dim(relationText(report.relation, reports))}`;
}

function titleOf(report: RunReport, colors: Palette): string {
  return colors.bold(`${printable(report.type)} ${printable(report.workflowId)}`);
}

function endingOf(report: RunReport, now: number, colors: Palette): string {
  const isOpen = report.ended === undefined;
  if (isOpen && !report.hasStart)
    return `${colors.wait("end not known")}  ${engineTitle(report.engine)}`;
  const word = isOpen ? "still running" : report.outcome.replaceAll("_", " ");
  const paint = isOpen ? colors.wait : report.outcome === "completed" ? colors.good : colors.bad;
  const length = formatDuration((report.ended ?? now) - report.started);
  return `${paint(word)}  ${length}  ${engineTitle(report.engine)}`;
}

function engineTitle(engine: string): string {
  return Object.hasOwn(ENGINE_WORDS, engine)
    ? ENGINE_WORDS[engine as Engine].title
    : printable(engine);
}

/** Columns that a text takes on the terminal, its colours not counted. */
function shownWidth(text: string): number {
  return width(stripVTControlCharacters(text));
}
