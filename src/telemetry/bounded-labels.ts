import type { MetricLabels } from "./application-providers.ts";

/** Most different values of one label; what comes after them is told as {@link OTHER}. */
export const MOST_VALUES = 1000;

/** What a label says that has had as many values as it may. */
const OTHER = "other";

/** Longest value of a label, in characters. */
const LONGEST_VALUE = 256;

/** Gives labels whose values cannot grow without end. */
export type BoundLabels = (labels: MetricLabels) => MetricLabels;

/**
 * Makes the bound of the labels of one meter: each value is another series in everybody's backend, and names of steps,
 * types of errors and attributes of the user's choice may be drawn from ids by mistake. The first
 * {@link MOST_VALUES} values of a label are told as they are, later ones are folded into `other`, and that is said
 * once a label.
 */
export function boundLabels(warn: (message: string) => void): BoundLabels {
  const seen = new Map<string, Set<string>>();
  const full = new Set<string>();

  function bounded(key: string, value: string): string {
    let values = seen.get(key);
    if (values === undefined) seen.set(key, (values = new Set()));
    const text = value.slice(0, LONGEST_VALUE);
    if (values.has(text)) return text;
    if (values.size < MOST_VALUES) {
      values.add(text);
      return text;
    }
    if (!full.has(key)) {
      full.add(key);
      warn(
        `durascope: the metrics' label ${key} has had ${MOST_VALUES} values, so further ones are told as "${OTHER}": ` +
          "it may hold ids. Give it fewer values, or leave it out of metricAttributes",
      );
    }
    return OTHER;
  }

  return (labels) => {
    const result: Record<string, string> = {};
    for (const [key, value] of Object.entries(labels)) result[key] = bounded(key, value);
    return result;
  };
}
