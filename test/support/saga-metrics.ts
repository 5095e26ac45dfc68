/** The order saga on both engines, measured, and the measurements in real Prometheuses by both routes. */
import { setTimeout as sleep } from "node:timers/promises";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  PeriodicExportingMetricReader,
  MeterProvider as SdkMeterProvider,
} from "@opentelemetry/sdk-metrics";
import { startLoad } from "../../examples/order-saga/load/load.ts";
import { createLog } from "../../examples/order-saga/shared/log.ts";
import { scenarios } from "../../examples/order-saga/shared/scenarios.ts";
import { prometheusEndpoint } from "../../src/exporters/prometheus-endpoint.ts";
import { type RunningPrometheus, startPrometheus } from "../backends/prometheus.ts";
import { bothProviders } from "../doubles/both-providers.ts";
import { ruleFiles } from "./dashboard-files.ts";
import { answerOf } from "./prometheus-answers.ts";

/** The saga's metrics in Prometheus; orders that nobody answers are still open. */
export interface MeasuredSaga {
  /** Debian's Prometheus, which scrapes OpenTelemetry's Prometheus exporter. */
  readonly scraped: RunningPrometheus;
  /** Prometheus 3, which got the same by OTLP under the instruments' own names; undefined when it was not asked for. */
  readonly pushed?: RunningPrometheus;
  /** When the first order was started, in seconds since the epoch. */
  readonly since: number;
  stop(): Promise<void>;
}

/** How much is played, and where it goes. */
export interface MeasureOptions {
  /** Each plays all scenarios, an order that is cancelled and one that stays open, on both engines. */
  readonly rounds: number;
  /** Whether a Prometheus 3 gets the metrics too. */
  readonly push: boolean;
}

/** Scenarios, and the order that is cancelled. */
const CLOSED_A_ROUND = scenarios.length + 1;

/** Starts engines and Prometheuses, plays, and resolves once all of it can be asked for. */
export async function measureSaga({ rounds, push }: MeasureOptions): Promise<MeasuredSaga> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(stops.map((end) => end()));
  };
  try {
    const page = await prometheusEndpoint({ port: 0, serviceName: "order-saga" });
    stops.push(() => page.shutdown());
    const pushed = push ? await startPrometheus({ release: "3", otlp: true }) : undefined;
    const pushing =
      pushed?.otlpMetricsUrl === undefined ? undefined : pusher(pushed.otlpMetricsUrl);
    if (pushed !== undefined) stops.push(() => pushed.stop());
    if (pushing !== undefined) stops.push(() => pushing.shutdown().catch(() => undefined));
    const scraped = await startPrometheus({
      scrape: [{ job: "order-saga", address: new URL(page.url).host }],
      rules: ruleFiles(),
    });
    stops.push(() => scraped.stop());
    const load = await startLoad({
      engines: ["temporal", "stepfunctions"],
      log: createLog({ write: () => undefined }),
      meterProvider:
        pushing === undefined ? page.meterProvider : bothProviders(page.meterProvider, pushing),
      spanProcessor: { onEnd: () => undefined },
      onError(error) {
        throw error;
      },
    });
    stops.push(() => load.stop());
    const since = Math.floor(Date.now() / 1000);
    for (let round = 0; round < rounds; round += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one round after the other, so that counters rise
      await load.round();
    }
    const all = [scraped, ...(pushed === undefined ? [] : [pushed])];
    await Promise.all(all.map(({ url }) => hasClosed(url, 2 * rounds * CLOSED_A_ROUND)));
    return { scraped, ...(pushed === undefined ? {} : { pushed }), since, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Pushes every second; a service elsewhere would do so every minute. */
function pusher(url: string): SdkMeterProvider {
  const exporter = new OTLPMetricExporter({ url });
  return new SdkMeterProvider({
    resource: resourceFromAttributes({ "service.name": "order-saga", "service.instance.id": "1" }),
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1000 })],
  });
}

const PATIENCE_MS = 60_000;

/** Resolves once a Prometheus knows of as many closed runs. */
async function hasClosed(url: string, count: number): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  let seen = 0;
  while (seen < count) {
    // oxlint-disable-next-line no-await-in-loop -- each look decides whether there is another
    const [total] = await answerOf(url, "sum(workflow_closed_total)");
    seen = Number(total?.value?.[1] ?? 0);
    if (Date.now() > deadline) throw new Error(`${url} knows of ${seen} closed runs, not ${count}`);
    // oxlint-disable-next-line no-await-in-loop -- the pause between two looks
    await sleep(500);
  }
}
