/** Every query of every panel, variable and alert, asked of real Prometheuses that know the saga on both real engines. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingBackend, withReason } from "../backends/installed.ts";
import type { RunningPrometheus } from "../backends/prometheus.ts";
import {
  type AskedQuery,
  filledIn,
  labelQueries,
  panelQueries,
  ruleQueries,
} from "../support/dashboard-queries.ts";
import {
  type AnsweredSeries,
  answerOf,
  evaluatedRules,
  formatted,
  labelValues,
} from "../support/prometheus-answers.ts";
import { type MeasuredSaga, measureSaga } from "../support/saga-metrics.ts";

const missing = missingBackend("prometheus");
const missing3 = missingBackend("prometheus3");

const inPromql = ({ language }: AskedQuery): boolean => language === "promql";
const panels = panelQueries().filter(inPromql);
const rules = ruleQueries();

/** Panels that stay empty or at zero, and why. */
const CALM: Readonly<Record<string, string>> = {
  "durascope-overview / Stuck / A": "no order is older than an hour",
  "durascope-overview / Spans lost / A": "the span processor takes everything",
  "durascope-bridge / Spans lost / A": "the span processor takes everything",
  "durascope-bridge / Spans late / A": "every span is handed over within seconds",
  "durascope-bridge / Spans late or lost / A": "every span is handed over within seconds",
  "durascope-bridge / Spans late or lost / B": "the span processor takes everything",
  "durascope-bridge / Calls throttled / A": "the local endpoint has no quota",
  "durascope-bridge / Unknown events / A": "all events of the saga are known",
  "durascope-bridge / History events / B": "all events of the saga are known",
  "durascope-bridge / Runs not tracked / A": "a few orders are open, not thousands",
  "durascope-bridge / Poller's lag / A": "the poller keeps up with a few orders",
};

const ROUNDS = 2;

/** What the rounds must add up to, over both engines (examples/order-saga/shared/scenarios.ts, load/load.ts). */
const TOTALS: Readonly<Record<string, number>> = {
  "durascope-sagas / The saga's funnel / A": ROUNDS * 2 * 9,
  "durascope-sagas / The saga's funnel / B": ROUNDS * 2 * 8,
  // approved, fulfilled, rejected, expired
  "durascope-sagas / The saga's funnel / C": ROUNDS * 2 * 4,
  // declined, undeliverable, refund-fails; on Step Functions the stopped one, too
  "durascope-overview / Failed / A": ROUNDS * (3 + 4),
  // declined, rejected, expired, undeliverable; on Temporal the cancelled one, too
  "durascope-overview / Compensated / A": ROUNDS * (5 + 4),
  "durascope-overview / Compensation failed / A": ROUNDS * 2,
  "durascope-overview / Open runs / A": ROUNDS * 2,
  "durascope-overview / Waiting / A": ROUNDS * 2,
};

let saga: MeasuredSaga;

const START_MS = 240_000;

beforeAll(async () => {
  if (missing !== undefined) return;
  saga = await measureSaga({ rounds: ROUNDS, push: missing3 === undefined });
}, START_MS);

afterAll(() => saga?.stop());

/** What Grafana would get for the time since the first order. */
function answer(url: string, { text, instant }: AskedQuery): Promise<readonly AnsweredSeries[]> {
  const graph = { start: saga.since, end: Math.floor(Date.now() / 1000), step: 5 };
  return answerOf(url, filledIn(text), instant ? undefined : graph);
}

/** The numbers in an answer; of nothing by nothing PromQL makes NaN, which is none. */
function numbersIn(series: readonly AnsweredSeries[]): number[] {
  return series
    .flatMap(({ value, values }) => values ?? (value === undefined ? [] : [value]))
    .map(([, text]) => Number(text))
    .filter((number) => !Number.isNaN(number));
}

function totalsOf(prometheus: RunningPrometheus | undefined): Promise<[string, number][]> {
  const asked = panels.filter(({ where }) => where in TOTALS);
  return Promise.all(
    asked.map(async (query) => {
      const [total = Number.NaN] = numbersIn(await answer(prometheus?.url ?? "", query));
      return [query.where, total] as [string, number];
    }),
  );
}

test("what is excused from having numbers is there", () => {
  const known = new Set(panels.map(({ where }) => where));
  expect(Object.keys(CALM).filter((where) => !known.has(where))).toEqual([]);
});

describe.skipIf(missing !== undefined)(
  `scraped by ${withReason("Debian's Prometheus", missing)}`,
  () => {
    test.each(panels.filter(({ where }) => !(where in CALM)))(
      "$where has numbers, not only zeros",
      async (query) => {
        const numbers = numbersIn(await answer(saga.scraped.url, query));
        expect(numbers.some((number) => number !== 0)).toBe(true);
      },
    );

    test.each(panels.filter(({ where }) => where in CALM))("$where is no error", async (query) => {
      await expect(answer(saga.scraped.url, query)).resolves.toBeInstanceOf(Array);
    });

    test("the totals are those of the scenarios", async () => {
      expect(Object.fromEntries(await totalsOf(saga.scraped))).toEqual(TOTALS);
    });

    test.each(rules)("$where is no error", async (query) => {
      await expect(answer(saga.scraped.url, query)).resolves.toBeInstanceOf(Array);
    });

    test.each([...panels, ...rules])("$where has arguments of the right kind", async ({ text }) => {
      await expect(formatted(saga.scraped.url, filledIn(text))).resolves.not.toBe("");
    });

    test.each(labelQueries())("$where has something to choose", async ({ series, label }) => {
      const values = await labelValues(saga.scraped.url, label, filledIn(series));
      expect(values).not.toEqual([]);
    });

    test("every rule is evaluated, and the refund that failed is told on both engines", async () => {
      const { url } = saga.scraped;
      const health = async (): Promise<string[]> =>
        (await evaluatedRules(url)).map((rule) => `${rule.name} ${rule.health}`);
      await expect
        .poll(health, { timeout: 30_000 })
        .toEqual(expect.arrayContaining(rules.map(({ where }) => `${where} ok`)));
      const fires = `count by (workflow_engine, workflow_step_name) (ALERTS{alertname="DurascopeCompensationFailed", alertstate="firing"})`;
      const firing = async (): Promise<unknown> =>
        new Set((await answerOf(url, fires)).map(({ metric }) => metric));
      await expect.poll(firing, { timeout: 30_000 }).toEqual(
        new Set([
          { workflow_engine: "temporal", workflow_step_name: "refund" },
          { workflow_engine: "aws_step_functions", workflow_step_name: "refund" },
        ]),
      );
    });
  },
);

describe.skipIf((missing ?? missing3) !== undefined)(
  `pushed by OTLP into ${withReason("Prometheus 3", missing ?? missing3)}`,
  () => {
    test.each(panels)("$where has the same series as by the scrape", async (query) => {
      const [scraped, pushed] = await Promise.all(
        [saga.scraped, saga.pushed].map((prometheus) => answer(prometheus?.url ?? "", query)),
      );
      expect(labelsOf(pushed)).toEqual(labelsOf(scraped));
    });

    test("the totals are those of the scenarios", async () => {
      expect(Object.fromEntries(await totalsOf(saga.pushed))).toEqual(TOTALS);
    });

    test.each(labelQueries())("$where offers the same", async ({ series, label }) => {
      const [scraped, pushed] = await Promise.all(
        [saga.scraped, saga.pushed].map((prometheus) =>
          labelValues(prometheus?.url ?? "", label, filledIn(series)),
        ),
      );
      expect(pushed).toEqual(scraped);
    });
  },
);

/** Labels of all series; the bounds of buckets are written `1` by one release and `1.0` by the other. */
function labelsOf(series: readonly AnsweredSeries[] | undefined): string[] {
  const lines = (series ?? []).map(({ metric: { le, ...labels } }) =>
    JSON.stringify({ ...labels, ...(le === undefined ? {} : { le: Number(le) }) }),
  );
  return lines.toSorted((one, other) => one.localeCompare(other));
}
