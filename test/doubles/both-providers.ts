import type {
  Meter,
  MeterProvider,
  MetricObserver,
} from "../../src/telemetry/application-providers.ts";

/** A MeterProvider that tells two others the same, so that one run can be measured by two routes. */
export function bothProviders(first: MeterProvider, second: MeterProvider): MeterProvider {
  return {
    getMeter: (name, version) =>
      bothMeters(first.getMeter(name, version), second.getMeter(name, version)),
  };
}

function bothMeters(first: Meter, second: Meter): Meter {
  const ofFirst = new Map<object, object>();
  const ofSecond = new Map<object, object>();
  return {
    createCounter(name, options) {
      const counters = [first.createCounter(name, options), second.createCounter(name, options)];
      return {
        add(value, labels) {
          for (const counter of counters) counter.add(value, labels);
        },
      };
    },
    createHistogram(name, options) {
      const histograms = [
        first.createHistogram(name, options),
        second.createHistogram(name, options),
      ];
      return {
        record(value, labels) {
          for (const histogram of histograms) histogram.record(value, labels);
        },
      };
    },
    createObservableGauge(name, options) {
      const gauge = { name };
      ofFirst.set(gauge, first.createObservableGauge(name, options));
      ofSecond.set(gauge, second.createObservableGauge(name, options));
      return gauge;
    },
    addBatchObservableCallback(callback, instruments) {
      for (const [meter, gauges] of [
        [first, ofFirst],
        [second, ofSecond],
      ] as const) {
        meter.addBatchObservableCallback(
          (observer) => callback(translated(observer, gauges)),
          instruments.map((gauge) => gauges.get(gauge) ?? gauge),
        );
      }
    },
  };
}

/** The observer of one of the two, told of the gauges that stand for both. */
function translated(observer: MetricObserver, gauges: ReadonlyMap<object, object>): MetricObserver {
  return {
    observe(gauge, value, labels) {
      observer.observe(gauges.get(gauge) ?? gauge, value, labels);
    },
  };
}
