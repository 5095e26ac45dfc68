import type { Step, WorkflowTrace } from "../core/model.ts";
import {
  type NeutralStep,
  type NeutralTree,
  neutralTreeWithSources,
  renderNeutralTree,
} from "../core/neutral-tree.ts";
import { ENGINE_WORDS } from "../core/vocabulary.ts";
import { formatDuration } from "./duration.ts";
import { type Palette, palette } from "./palette.ts";
import { cut, printable, width } from "./printable.ts";

/** How a comparison is written. */
export interface ComparisonOptions {
  /** Width of the terminal. @default 100 */
  readonly columns?: number;
  /** @default false */
  readonly color?: boolean;
}

interface Column {
  readonly title: string;
  readonly trace: WorkflowTrace;
  readonly tree: NeutralTree;
  readonly sources: ReadonlyMap<NeutralStep, Step>;
}

const TIME_COLUMNS = 14;

/** Whether runs have the same neutral tree: same steps, nesting, order, attempts, outcomes, failures and compensations. */
export function sameShape(traces: readonly WorkflowTrace[]): boolean {
  const shapes = new Set(
    traces.map((trace) => renderNeutralTree(neutralTreeWithSources(trace).tree)),
  );
  return shapes.size <= 1;
}

/**
 * Runs of the same workflow on several engines as one tree with each engine's times beside it. Runs whose shapes differ
 * are written one below the other, each with its own times. Ends without a line break.
 */
export function renderComparison(
  traces: readonly WorkflowTrace[],
  options: ComparisonOptions = {},
): string {
  const colors = palette(options.color ?? false);
  const columns = Math.max(60, options.columns ?? 100);
  const all = traces.map(columnOf);
  const tables = sameShape(traces) ? [all] : all.map((column) => [column]);
  return tables.map((table) => renderTable(table, columns, colors)).join("\n\n");
}

function columnOf(trace: WorkflowTrace): Column {
  return { title: ENGINE_WORDS[trace.engine].title, trace, ...neutralTreeWithSources(trace) };
}

function renderTable(table: readonly Column[], columns: number, colors: Palette): string {
  const [first] = table;
  if (first === undefined) return "";
  const left = columns - table.length * (TIME_COLUMNS + 1);
  const { trace, tree } = first;
  const paint =
    tree.outcome === "completed" ? colors.good : tree.outcome === "open" ? colors.wait : colors.bad;
  const failure = tree.failure === undefined ? "" : ` (${printable(tree.failure)})`;
  const title = [
    { text: `${printable(trace.type)} ${printable(trace.workflowId)}`, paint: colors.bold },
    { text: `${tree.outcome}${failure}`, paint },
  ];
  const titles = table.map((column) => colors.dim(column.title.padStart(TIME_COLUMNS)));
  const lengths = table.map((column) => lengthOf(column.trace.started, column.trace.ended));
  const lines = [
    line(title, titles, left),
    line([{ text: "whole run", paint: colors.dim }], lengths, left),
  ];
  const walk = (levels: readonly (readonly NeutralStep[])[], depth: number): void => {
    for (const [i, step] of (levels[0] ?? []).entries()) {
      const times = table.map((column, c) => timeOf(column, levels[c]?.[i]));
      lines.push(line(stepWords(step, depth, colors), times, left));
      walk(
        levels.map((steps) => steps[i]?.children ?? []),
        depth + 1,
      );
    }
  };
  walk(
    table.map((column) => column.tree.children),
    1,
  );
  return lines.join("\n");
}

interface Words {
  readonly text: string;
  readonly paint: (text: string) => string;
}

function stepWords(step: NeutralStep, depth: number, colors: Palette): Words[] {
  const isFault = step.failure !== undefined;
  const [sign, paint] = isFault
    ? (["✗", colors.bad] as const)
    : step.kind === "wait"
      ? (["◌", colors.wait] as const)
      : (["✓", colors.good] as const);
  const undo = step.compensates === undefined ? undefined : `undoes ${step.compensates.join(", ")}`;
  const notes = [
    step.kind === "wait" ? step.outcome : undefined,
    step.attempts > 1 ? `${step.attempts} attempts` : undefined,
    step.failure,
    undo,
  ].filter((note) => note !== undefined);
  const head = step.compensates === undefined ? sign : "↩";
  return [
    {
      text: `${"  ".repeat(depth)}${head}`,
      paint: step.compensates === undefined || isFault ? paint : colors.undo,
    },
    { text: printable(step.name), paint: (text) => text },
    ...(notes.length === 0
      ? []
      : [{ text: printable(notes.join("; ")), paint: isFault ? paint : colors.dim }]),
  ];
}

/** Words on the left, cut to their columns, and times on the right. */
function line(words: readonly Words[], times: readonly string[], left: number): string {
  let used = 0;
  let text = "";
  for (const word of words) {
    const space = used === 0 ? 0 : 1;
    const shown = cut(word.text, Math.max(0, left - used - space));
    text += `${" ".repeat(space)}${word.paint(shown)}`;
    used += space + width(shown);
  }
  return `${text}${" ".repeat(Math.max(0, left - used))} ${times.join(" ")}`.trimEnd();
}

/** A delivery ends when it is delivered: what is waited for after it has a line of its own. */
function timeOf(column: Column, step: NeutralStep | undefined): string {
  const source = step === undefined ? undefined : column.sources.get(step);
  if (source === undefined) return lengthOf(0, undefined);
  const awaits = source.children.some((child) => child.wait?.kind === "task_token");
  const end = awaits ? (source.attempts.at(-1)?.ended ?? source.ended) : source.ended;
  return lengthOf(source.scheduled, end);
}

function lengthOf(start: number, end: number | undefined): string {
  return (end === undefined ? "-" : formatDuration(end - start)).padStart(TIME_COLUMNS);
}
