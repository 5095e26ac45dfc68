import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";

/** One point of an instrument. */
export interface MemoryPoint {
  readonly name: string;
  readonly labels: Readonly<Record<string, unknown>>;
  /** The value; of a histogram how many values it holds. */
  readonly value: number;
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

/** A MeterProvider whose instruments a test can read. */
export interface MemoryMetrics {
  readonly provider: MeterProvider;
  /** All points, as they are now. */
  readonly points: () => Promise<readonly MemoryPoint[]>;
  /** Values by the instrument's name and the values of its labels: `workflow.started temporal orderSaga`. */
  readonly values: () => Promise<Readonly<Record<string, number>>>;
}

/** Makes a provider that keeps its metrics in memory. */
export function memoryMetrics(): MemoryMetrics {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  async function points(): Promise<readonly MemoryPoint[]> {
    exporter.reset();
    await provider.forceFlush();
    const scopes = exporter.getMetrics().at(-1)?.scopeMetrics ?? [];
    const metrics = scopes.flatMap((scope) => scope.metrics);
    return metrics.flatMap(({ descriptor, dataPoints }) =>
      dataPoints.map(({ attributes, value }) => pointOf(descriptor.name, attributes, value)),
    );
  }
  return {
    provider,
    points,
    async values() {
      const entries = (await points()).map(({ name, labels, value }): [string, number] => [
        [name, ...Object.values(labels)].join(" "),
        value,
      ]);
      return Object.fromEntries(entries);
    },
  };
}

function pointOf(name: string, labels: MemoryPoint["labels"], value: unknown): MemoryPoint {
  if (typeof value === "number") return { name, labels, value };
  const { count, buckets } = value as { count: number; buckets?: { boundaries: number[] } };
  return {
    name,
    labels,
    value: count,
    ...(buckets !== undefined && { buckets: buckets.boundaries }),
  };
}
