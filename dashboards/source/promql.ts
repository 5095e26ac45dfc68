/**
 * PromQL, built from pieces. All of it takes and gives text: Prometheus' own grammar checks the results in a test.
 */

/** The whole time range of a dashboard. */
export const WHOLE_RANGE = "$__range";

/**
 * How often something happened in the window before now, a series each; to be added up by {@link sumBy}.
 *
 * `increase()` alone does not see the first event of a series: a counter that appears with the value 1 never rose. The first
 * failed compensation of a workflow type is just such a series, and the one that matters most. So a series that was not there
 * in the hour before the window counts with its whole value; the hour bridges outages of Prometheus itself, after which
 * everything would look new. It counts, too, when it is gone by now: a process that is replaced, as each deployment does it,
 * takes its series with it.
 */
export function events(selector: string, window: string): string {
  return `${firstSeenWithin(window, selector)} or increase(${selector}[${window}])`;
}

/**
 * How often something happened in each bar of a graph, a series each; to be added up by {@link sumBy}.
 *
 * `increase()` over the width of a bar ends at the bar's last scrape: what rises from there to the first one of the next bar is
 * in neither. Grafana's `$__rate_interval` is one scrape wider, so what it covers ends where the next bar's begins. A rate by
 * the second times the seconds of a bar is then just the difference of the two scrapes: whole numbers, each event once.
 */
export function eventsEachBar(selector: string): string {
  return `${firstSeenWithin("$__interval", selector)} or ${perSecond(selector)} * ($__interval_ms / 1000)`;
}

function firstSeenWithin(window: string, selector: string): string {
  return `(max_over_time(${selector}[${window}]) unless last_over_time(${selector}[1h] offset ${window}))`;
}

/** Adds up, leaving these labels. */
export function sumBy(labels: readonly string[], expression: string): string {
  return aggregate("sum", labels, expression);
}

/** The highest value, leaving these labels. */
export function maxBy(labels: readonly string[], expression: string): string {
  return aggregate("max", labels, expression);
}

function aggregate(operator: "sum" | "max", labels: readonly string[], expression: string): string {
  return labels.length === 0
    ? `${operator}(${expression})`
    : `${operator} by (${labels.join(", ")}) (${expression})`;
}

/**
 * A quantile of a classic histogram over the window.
 *
 * @param buckets selector of the `_bucket` series
 * @param labels what stays apart
 */
export function quantile(
  q: number,
  buckets: string,
  window: string,
  labels: readonly string[] = [],
): string {
  return `histogram_quantile(${q}, ${sumBy(["le", ...labels], events(buckets, window))})`;
}

/** Mean of a histogram over the window: its sum by its count. */
export function mean(
  sum: string,
  count: string,
  window: string,
  labels: readonly string[] = [],
): string {
  return `${sumBy(labels, events(sum, window))} / (${sumBy(labels, events(count, window))} > 0)`;
}

/** How often a second, as a line: Grafana chooses a window that is wide enough for the scrape interval. */
export function perSecond(selector: string): string {
  return `rate(${selector}[$__rate_interval])`;
}

/**
 * Zero instead of nothing, where `present` had series in the time range: where even those are missing nothing is known, and
 * a panel must not say that all is well.
 */
export function orZero(total: string, present: string): string {
  return `${total} or 0 * ${sumBy([], `last_over_time(${present}[${WHOLE_RANGE}])`)}`;
}

/**
 * Part by whole, for the same labels: 0 where the part never was, nothing where the whole is 0, since 0 of 0 is no ratio.
 */
export function ratio(part: string, whole: string): string {
  return `(${part} or 0 * ${whole}) / (${whole} > 0)`;
}

/** The highest `count` of an expression. */
export function top(count: number, expression: string): string {
  return `topk(${count}, ${expression})`;
}
