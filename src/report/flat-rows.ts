import { isFault } from "./fault.ts";
import type { BarPart, ReportRow } from "./run-report.ts";

/** A row of the tree as one line of a list. */
export interface FlatRow {
  readonly row: ReportRow;
  readonly depth: number;
  /** Place in the list of the row that it stands in; -1 at the top. */
  readonly parent: number;
  readonly parts: readonly BarPart[];
}

/** Rows in a place of the list that are left out. */
export interface LeftRows {
  readonly left: number;
  readonly depth: number;
}

/** A tree of rows as a list, each before what stands in it. What is open is drawn up to `now`, ms since the epoch. */
export function flatRows(rows: readonly ReportRow[], now: number): readonly FlatRow[] {
  const flat: FlatRow[] = [];
  const walk = (siblings: readonly ReportRow[], depth: number, parent: number): void => {
    for (const row of siblings) {
      flat.push({ row, depth, parent, parts: barParts(row, now) });
      walk(row.children, depth + 1, flat.length - 1);
    }
  };
  walk(rows, 0, -1);
  return flat;
}

/**
 * So many of the rows, in their order: what failed, is open or undoes something, with all that it stands in, and then the first
 * of the others.
 */
export function shownRows(rows: readonly FlatRow[], most: number): readonly (FlatRow | LeftRows)[] {
  if (rows.length <= most) return rows;
  const shown = new Set<number>();
  const show = (place: number): void => {
    for (let at = place; at >= 0 && !shown.has(at); at = rows[at]?.parent ?? -1) shown.add(at);
  };
  for (const [place, { row }] of rows.entries()) {
    if (shown.size >= most / 2) break;
    if (isTelling(row)) show(place);
  }
  for (let place = 0; place < rows.length && shown.size < most; place += 1) show(place);
  return withGaps(rows, shown);
}

function withGaps(
  rows: readonly FlatRow[],
  shown: ReadonlySet<number>,
): readonly (FlatRow | LeftRows)[] {
  const list: (FlatRow | LeftRows)[] = [];
  let first: FlatRow | undefined;
  let left = 0;
  const close = (): void => {
    if (first !== undefined) list.push({ left, depth: first.depth });
    first = undefined;
    left = 0;
  };
  for (const [place, row] of rows.entries()) {
    if (shown.has(place)) {
      close();
      list.push(row);
    } else {
      first ??= row;
      left += 1;
    }
  }
  close();
  return list;
}

/** Whether people look for such a row among thousands. */
function isTelling(row: ReportRow): boolean {
  const { failure, end, compensates } = row;
  return failure !== undefined || end === undefined || compensates !== undefined || isFault(row);
}

/** What is open is drawn up to now: a wait as waiting, a step as backing off since its last attempt. */
function barParts(row: ReportRow, now: number): readonly BarPart[] {
  if (row.end !== undefined) return row.parts;
  const from = row.parts.at(-1)?.end ?? row.start;
  return [
    ...row.parts,
    { start: from, end: Math.max(now, from), state: row.kind === "wait" ? "waited" : "idle" },
  ];
}
