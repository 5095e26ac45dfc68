import { INSTRUMENTS, type InstrumentName } from "../core/instruments.ts";
import { type Environment, isDisabled } from "../host/disabled.ts";
import { INSTRUMENTATION_SCOPE } from "../host/instrumentation-scope.ts";
import {
  globalMeterProvider,
  type MeterProvider,
  type MetricLabels,
  type MetricOptions,
} from "./application-providers.ts";
import { boundLabels } from "./bounded-labels.ts";

/** A value for an instrument; what `measurementsOf` gives fits. */
export interface Metered {
  readonly instrument: InstrumentName;
  readonly value: number;
  readonly labels: MetricLabels;
}

/** How a {@link WorkflowMeter} finds its instruments. */
export interface MeterOptions {
  /** Makes the instruments. @default the application's global MeterProvider, as soon as there is one */
  readonly meterProvider?: MeterProvider;
  /** Takes warnings, each kind once. @default process.emitWarning */
  readonly onWarning?: (message: string) => void;
  /** @default process.env */
  readonly environment?: Environment;
}

/** Hands values to the application's OpenTelemetry metrics. Nothing that it does is thrown into the caller. */
export interface WorkflowMeter {
  /** Whether anything would take a value now: those that nothing takes need not be computed. */
  enabled(): boolean;
  /** Adds to counters, records in histograms; dropped while no MeterProvider is there. */
  record(values: readonly Metered[]): void;
  /** Looks for the MeterProvider, so that gauges are there before anything is recorded. */
  start(): void;
  /** Takes the gauges away: what this meter followed is followed no more. */
  close(): void;
}

/** What the gauges of a meter show now; asked each time that a reader collects. */
export type Gauges = () => readonly Metered[];

/** Instruments of one provider, and the meters whose gauges it shows. */
interface Bound {
  record(value: Metered, labels: MetricLabels): void;
  readonly gauges: Set<Gauges>;
}

/** OpenTelemetry knows an instrument by its name: all meters of a process share those of a provider. */
const boundTo = new WeakMap<MeterProvider, Bound>();

/** Gauges of which a process shows the greatest; of the others the sum of what its parts follow. */
const GREATEST: ReadonlySet<InstrumentName> = new Set(["openAgeMax", "pollerLag"]);

/**
 * Makes a meter over the application's MeterProvider, which may be registered later than this is made. Without one it does
 * nothing, and with `DURASCOPE_DISABLED=true` it does not even look.
 *
 * @param gauges gives what is open now
 */
export function workflowMeter(
  options: MeterOptions = {},
  gauges: Gauges = () => [],
): WorkflowMeter {
  if (isDisabled(options.environment)) {
    return {
      enabled: () => false,
      record: () => undefined,
      start: () => undefined,
      close: () => undefined,
    };
  }
  const bounded = boundLabels(options.onWarning ?? defaultWarning);
  const own: Gauges = () =>
    gauges().map(({ instrument, value, labels }) => ({
      instrument,
      value,
      labels: bounded(labels),
    }));
  let joined: Bound | undefined;
  let closed = false;

  const providerNow = (): MeterProvider | undefined =>
    options.meterProvider ?? globalMeterProvider();

  function bound(): Bound | undefined {
    const provider = providerNow();
    if (provider === undefined) return undefined;
    let found = boundTo.get(provider);
    if (found === undefined) boundTo.set(provider, (found = bind(provider)));
    if (joined !== found && !closed) {
      joined?.gauges.delete(own);
      found.gauges.add(own);
      joined = found;
    }
    return found;
  }

  return {
    enabled: () => providerNow() !== undefined,
    record(values) {
      if (values.length === 0) return;
      guarded(() => {
        const target = bound();
        if (target === undefined) return;
        for (const value of values) target.record(value, bounded(value.labels));
      });
    },
    start() {
      guarded(() => void bound());
    },
    close() {
      closed = true;
      joined?.gauges.delete(own);
    },
  };
}

function guarded(observe: () => void): void {
  try {
    observe();
  } catch {
    // A provider that throws costs the values, never the workflow that they tell of.
  }
}

function bind(provider: MeterProvider): Bound {
  const meter = provider.getMeter(INSTRUMENTATION_SCOPE.name, INSTRUMENTATION_SCOPE.version);
  const gauges = new Set<Gauges>();
  const sinks = new Map<InstrumentName, (value: number, labels: MetricLabels) => void>();
  const observed = new Map<InstrumentName, object>();
  const shown = new Map<string, Metered>();
  for (const key of Object.keys(INSTRUMENTS) as InstrumentName[]) {
    const { name, kind, unit, description, buckets } = INSTRUMENTS[key];
    const options: MetricOptions = { description, unit };
    if (kind === "gauge") {
      observed.set(key, meter.createObservableGauge(name, options));
    } else if (kind === "counter") {
      const counter = meter.createCounter(name, options);
      sinks.set(key, (value, labels) => counter.add(value, labels));
    } else {
      const histogram = meter.createHistogram(name, {
        ...options,
        advice: { explicitBucketBoundaries: [...(buckets ?? [])] },
      });
      sinks.set(key, (value, labels) => histogram.record(value, labels));
    }
  }
  meter.addBatchObservableCallback(
    (observer) => {
      for (const { instrument, value, labels } of withZeros(merged(gauges), shown)) {
        const gauge = observed.get(instrument);
        if (gauge !== undefined) observer.observe(gauge, value, labels);
      }
    },
    [...observed.values()],
  );
  return {
    gauges,
    record: ({ instrument, value }, labels) => sinks.get(instrument)?.(value, labels),
  };
}

/** Most points of gauges that are shown as 0 when nothing of theirs is open any more. */
const MOST_ZEROS = 10_000;

/**
 * Adds a 0 for every point that was shown before and is not there now: OpenTelemetry's SDK goes on telling the last
 * value of a point that nobody observes any more, and a run that is closed must not be shown as open for ever.
 */
function* withZeros(
  points: ReadonlyMap<string, Metered>,
  shown: Map<string, Metered>,
): Generator<Metered> {
  for (const [name, point] of points) {
    if (shown.size < MOST_ZEROS || shown.has(name)) shown.set(name, { ...point, value: 0 });
    yield point;
  }
  for (const [name, zero] of shown) if (!points.has(name)) yield zero;
}

/** What all meters of a process observe, one value an instrument and set of labels. */
function merged(gauges: Iterable<Gauges>): ReadonlyMap<string, Metered> {
  const points = new Map<string, { -readonly [Field in keyof Metered]: Metered[Field] }>();
  for (const gauge of gauges) {
    for (const { instrument, value, labels } of gauge()) {
      const name = `${instrument} ${JSON.stringify(labels)}`;
      const point = points.get(name);
      if (point === undefined) points.set(name, { instrument, value, labels });
      else if (GREATEST.has(instrument)) point.value = Math.max(point.value, value);
      else point.value += value;
    }
  }
  return points;
}

function defaultWarning(message: string): void {
  process.emitWarning(message, { code: "DURASCOPE_METRICS" });
}
