/** How series look: one outcome has one colour everywhere. */
import type { Look } from "./panel.ts";

const COLOURS: Readonly<Record<string, string>> = {
  completed: "green",
  resolved: "green",
  ok: "green",
  continued_as_new: "blue",
  elapsed: "orange",
  throttled: "orange",
  cancelled: "super-light-yellow",
  abandoned: "purple",
  timed_out: "dark-orange",
  terminated: "dark-purple",
  aborted: "dark-yellow",
  failed: "red",
  error: "red",
};

/** Colours of series that are named by an outcome. */
export const OUTCOME_COLOURS: readonly Look[] = Object.entries(COLOURS).map(([name, color]) => ({
  name,
  properties: [{ id: "color", value: { mode: "fixed", fixedColor: color } }],
}));

/** A column of a table in this unit, green, amber or red by its value where `red` is given. */
export function column(name: string, unit: string, red?: number): Look {
  const properties = [
    { id: "unit", value: unit },
    ...(unit === "short" ? [{ id: "decimals", value: 0 }] : []),
  ];
  if (red === undefined) return { name, properties };
  const steps = [
    { color: "text", value: null },
    { color: "red", value: red },
  ];
  return {
    name,
    properties: [
      ...properties,
      { id: "thresholds", value: { mode: "absolute", steps } },
      { id: "custom.cellOptions", value: { type: "color-text" } },
    ],
  };
}
