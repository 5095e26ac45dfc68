import pico from "picocolors";
import type { BarState } from "./run-report.ts";

/** Colours of a report; each gives its text back as it is when colours are off. */
export interface Palette {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly wait: (text: string) => string;
  readonly undo: (text: string) => string;
}

/** The palette, with or without colours. */
export function palette(color: boolean): Palette {
  const colors = pico.createColors(color);
  return {
    bold: colors.bold,
    dim: colors.dim,
    good: colors.green,
    bad: colors.red,
    wait: colors.yellow,
    undo: colors.magenta,
  };
}

/** Sign of each state in a bar: they differ without colours too. */
export const BAR_SIGNS: Readonly<Record<BarState, string>> = {
  worked: "█",
  failed: "▓",
  waited: "░",
  idle: "·",
  around: "─",
};

/** Which colour each state has in a bar. */
const BAR_COLORS: Readonly<Record<BarState, keyof Palette>> = {
  worked: "good",
  failed: "bad",
  waited: "wait",
  idle: "dim",
  around: "dim",
};

/** Colours a run of equal signs of a bar. */
export function colorBar(text: string, state: BarState | undefined, colors: Palette): string {
  return state === undefined ? text : colors[BAR_COLORS[state]](text);
}

/**
 * Whether to use colours: a terminal that wants them (https://no-color.org, https://force-color.org). `TERM=dumb` and an
 * output that is no terminal do not.
 */
export function wantsColor(
  environment: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if ((environment["NO_COLOR"] ?? "") !== "") return false;
  const forced = environment["FORCE_COLOR"] ?? "";
  if (forced !== "") return forced !== "0" && forced !== "false";
  return isTerminal && environment["TERM"] !== "dumb";
}
