import type { Metered, WorkflowMeter } from "./meter.ts";
import type { SpanSink } from "./span-sink.ts";

const INSTRUMENTS_OF = {
  exported: "spansExported",
  late: "spansLate",
  lost: "spansDropped",
} as const;

/**
 * Nothing exported, late or lost so far. Told by a process that starts, so that its series are there before its first span:
 * one that has nothing to do must not look like one that is gone.
 */
export const NO_SPANS_YET: readonly Metered[] = Object.values(INSTRUMENTS_OF).map((instrument) => ({
  instrument,
  value: 0,
  labels: {},
}));

/** Whether whoever gives spans gives them again when a flush says that they were not exported. */
export type AfterFailure = "given again" | "lost";

/** How often counts are told while no spans come, in milliseconds: a spool is sent, or overflows, by itself. */
const TELL_EVERY_MS = 15_000;

/**
 * A sink whose counts also go to the metrics `durascope.spans.*`, at once and every 15 s. A flush that failed loses nothing
 * where its spans are given again; where they are not, those count as lost that an exporter of ours could not deliver.
 */
export function countedSpans(
  sink: SpanSink,
  meter: WorkflowMeter,
  afterFailure: AfterFailure,
): SpanSink {
  const told = { exported: 0, late: 0, lost: 0 };

  function tell(): void {
    if (!meter.enabled()) return;
    const { exported, late, dropped, failed } = sink.counts();
    const lost = afterFailure === "lost" ? dropped + failed : dropped;
    const now = { exported, late, lost };
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

  // It keeps no process alive.
  const telling = setInterval(tell, TELL_EVERY_MS).unref();

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
      clearInterval(telling);
      await sink.shutdown();
      tell();
    },
    counts: () => sink.counts(),
  };
}
