import type { Metered, WorkflowMeter } from "./meter.ts";
import type { SpanSink } from "./span-sink.ts";

const INSTRUMENTS_OF = {
  exported: "spansExported",
  late: "spansLate",
  lost: "spansDropped",
} as const;

/** A sink whose counts also go to the metrics `durascope.spans.*`. */
export function countedSpans(sink: SpanSink, meter: WorkflowMeter): SpanSink {
  const told = { exported: 0, late: 0, lost: 0 };

  function tell(): void {
    const { exported, late, dropped, failures } = sink.counts();
    const now = { exported, late, lost: dropped + failures };
    const values: Metered[] = [];
    for (const name of ["exported", "late", "lost"] as const) {
      const value = now[name] - told[name];
      // A counter cannot fall; a sink's may, when an exporter is found that counts by itself.
      if (value <= 0) continue;
      told[name] = now[name];
      values.push({ instrument: INSTRUMENTS_OF[name], value, labels: {} });
    }
    meter.record(values);
  }

  return {
    emit(spans) {
      sink.emit(spans);
      tell();
    },
    async flush() {
      const outcome = await sink.flush();
      tell();
      return outcome;
    },
    async shutdown() {
      await sink.shutdown();
      tell();
    },
    counts: () => sink.counts(),
  };
}
