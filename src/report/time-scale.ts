import type { BarPart } from "./run-report.ts";

/** A stretch of time in which nothing works; times in milliseconds since the epoch. */
export interface Gap {
  readonly start: number;
  readonly end: number;
}

/** Where moments stand on a line from 0 to 1. */
export interface TimeScale {
  /** Place of a moment, in milliseconds since the epoch; what lies outside is put to the nearer end. */
  place(time: number): number;
  /** Gaps that are drawn shorter than they were. */
  readonly folded: readonly Gap[];
}

/** How long a run worked and how long it waited, in milliseconds; what happens at the same time counts once. */
export function timesOf(
  start: number,
  end: number,
  parts: readonly BarPart[],
): { worked: number; waited: number } {
  const length = (states: readonly BarPart["state"][]): number =>
    unite(
      parts.filter((part) => states.includes(part.state)),
      start,
      end,
    ).reduce((sum, gap) => sum + gap.end - gap.start, 0);
  return { worked: length(["worked", "failed"]), waited: length(["waited"]) };
}

/** Idle gaps longer than all work together are folded, as soon as one of them is so by this factor. */
const FOLD_FROM = 12;

/**
 * The scale of a run from its start to its end. Idle gaps that are much longer than all work are folded, together to the
 * length of the work: a wait of three days leaves the bars of its neighbours readable.
 */
export function timeScale(start: number, end: number, parts: readonly BarPart[]): TimeScale {
  const busy = unite(
    parts.filter((part) => part.state === "worked" || part.state === "failed"),
    start,
    end,
  );
  const work = busy.reduce((sum, gap) => sum + gap.end - gap.start, 0);
  const gaps = gapsBetween(busy, start, end);
  const isFolding = work > 0 && gaps.some((gap) => gap.end - gap.start > FOLD_FROM * work);
  const folded = isFolding ? gaps.filter((gap) => gap.end - gap.start > work) : [];
  const foldedLength = folded.length === 0 ? 0 : work / folded.length;
  const cut = folded.reduce((sum, gap) => sum + (gap.end - gap.start) - foldedLength, 0);
  const total = Math.max(end - start - cut, Number.EPSILON);
  return {
    folded,
    place(time) {
      const at = Math.min(Math.max(time, start), end);
      let shortened = 0;
      for (const gap of folded) {
        if (at <= gap.start) break;
        const share = Math.min(1, (at - gap.start) / (gap.end - gap.start));
        shortened += share * (gap.end - gap.start - foldedLength);
      }
      return Math.min(1, (at - start - shortened) / total);
    },
  };
}

function unite(parts: readonly BarPart[], start: number, end: number): Gap[] {
  const sorted = parts
    .filter((part) => part.end > part.start)
    .toSorted((a, b) => a.start - b.start);
  const united: { start: number; end: number }[] = [];
  for (const part of sorted) {
    const from = Math.max(part.start, start);
    const to = Math.min(part.end, end);
    const last = united.at(-1);
    if (last !== undefined && from <= last.end) last.end = Math.max(last.end, to);
    else if (to > from) united.push({ start: from, end: to });
  }
  return united;
}

function gapsBetween(busy: readonly Gap[], start: number, end: number): Gap[] {
  const gaps: Gap[] = [];
  let from = start;
  for (const stretch of busy) {
    if (stretch.start > from) gaps.push({ start: from, end: stretch.start });
    from = stretch.end;
  }
  if (end > from) gaps.push({ start: from, end });
  return gaps;
}
