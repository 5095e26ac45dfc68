import { BAR_SIGNS, colorBar, type Palette } from "./palette.ts";
import type { BarPart, BarState } from "./run-report.ts";
import type { TimeScale } from "./time-scale.ts";

/** Which state wins where two share a cell: failures are what people look for. */
const WEIGHT: Readonly<Record<BarState, number>> = {
  around: 0,
  idle: 1,
  waited: 2,
  worked: 3,
  failed: 4,
};

/** Sign of a folded gap in a bar. */
export const FOLD_SIGN = "⋯";

interface Cell {
  readonly state: BarState;
  readonly folded?: boolean;
}

/** A bar of exactly so many columns. Every part takes one column at least, and what fills most of a folded gap shows it. */
export function bar(
  parts: readonly BarPart[],
  scale: TimeScale,
  columns: number,
  colors: Palette,
): string {
  const cells: (Cell | undefined)[] = Array.from({ length: columns });
  for (const part of parts.toSorted((a, b) => WEIGHT[a.state] - WEIGHT[b.state])) {
    const [from, to] = range(part, scale, columns);
    for (let i = from; i < to; i += 1) cells[i] = { state: part.state };
    for (const gap of scale.folded) {
      const shared = Math.min(part.end, gap.end) - Math.max(part.start, gap.start);
      if (shared < (gap.end - gap.start) / 2) continue;
      const middle = Math.floor(((scale.place(gap.start) + scale.place(gap.end)) / 2) * columns);
      if (middle >= from && middle < to) cells[middle] = { state: part.state, folded: true };
    }
  }
  return paint(cells, colors);
}

function range(part: BarPart, scale: TimeScale, columns: number): [number, number] {
  const from = Math.min(columns - 1, Math.floor(scale.place(part.start) * columns));
  const to = Math.round(scale.place(part.end) * columns);
  return [from, Math.min(columns, Math.max(to, from + 1))];
}

function paint(cells: readonly (Cell | undefined)[], colors: Palette): string {
  let text = "";
  for (let i = 0; i < cells.length; ) {
    const state = cells[i]?.state;
    let signs = "";
    for (; i < cells.length && cells[i]?.state === state; i += 1) {
      const cell = cells[i];
      signs += cell === undefined ? " " : cell.folded === true ? FOLD_SIGN : BAR_SIGNS[cell.state];
    }
    text += colorBar(signs, state, colors);
  }
  return text;
}
