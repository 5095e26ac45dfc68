import type { Palette } from "./palette.ts";
import type { ReportRow } from "./run-report.ts";

/** Sign before a row's name, and its colour. */
export interface RowSign {
  readonly sign: string;
  readonly paint: (text: string) => string;
}

/** The sign of a row: how it ended, or that it waits, or that it undoes something. */
export function signOf(row: ReportRow, colors: Palette): RowSign {
  const isFault =
    row.failure !== undefined || row.outcome === "failed" || row.outcome === "timed_out";
  if (row.compensates !== undefined)
    return { sign: "↩", paint: isFault ? colors.bad : colors.undo };
  if (row.kind === "wait")
    return { sign: "◌", paint: row.outcome === "failed" ? colors.bad : colors.wait };
  if (isFault) return { sign: "✗", paint: colors.bad };
  if (row.end === undefined) return { sign: "…", paint: colors.wait };
  if (row.kind === "span") return { sign: "·", paint: colors.dim };
  if (row.kind === "message") return { sign: "→", paint: colors.dim };
  return row.outcome === "completed"
    ? { sign: "✓", paint: colors.good }
    : { sign: "⊘", paint: colors.dim };
}

/** What is to be said of a row beside its name, its time and its bar; empty when nothing is. */
export function noteOf(row: ReportRow): string {
  const words: string[] = [];
  if (row.kind === "wait") words.push(waitNote(row));
  if (row.compensates !== undefined) words.push(undoNote(row));
  if (row.attempts > 1) words.push(`${row.attempts} attempts`);
  if (row.failure !== undefined && !hasInnerFailure(row)) words.push(failureNote(row.failure));
  else if (
    row.kind !== "wait" &&
    row.end !== undefined &&
    !["completed", "failed"].includes(row.outcome)
  ) {
    words.push(row.outcome.replaceAll("_", " "));
  }
  if (row.kind === "message") words.push("from outside");
  if (row.kind === "span" && row.service !== undefined) words.push(row.service);
  return words.filter((word) => word !== "").join("; ");
}

function undoNote(row: ReportRow): string {
  const names = row.compensates ?? [];
  const verb = row.outcome === "completed" ? "undid" : "was to undo";
  return names.length === 0 ? "nothing to undo" : `${verb} ${names.join(", ")}`;
}

/** A failed container says nothing that what failed inside it does not say better. */
function hasInnerFailure(row: ReportRow): boolean {
  return (
    row.kind === "group" &&
    row.children.some((child) => child.failure !== undefined || hasInnerFailure(child))
  );
}

function failureNote(failure: NonNullable<ReportRow["failure"]>): string {
  return failure.message === undefined ? failure.type : `${failure.type}: ${failure.message}`;
}

function waitNote(row: ReportRow): string {
  const { wait } = row;
  switch (wait?.outcome) {
    case "resolved":
      return wait.resolvedBy === undefined ? "answered" : `answered by ${wait.resolvedBy}`;
    case "elapsed":
      return wait.kind === "timer" ? "time ran out" : "nobody answered";
    case "failed":
      return "refused";
    case undefined:
      return wait?.deadline === undefined
        ? "waiting"
        : `waiting until ${new Date(wait.deadline).toISOString().slice(0, 19).replace("T", " ")} UTC`;
    case "cancelled":
    case "abandoned":
      break;
  }
  return wait.outcome;
}
