import type { LogEvent } from "../projection/log-events.ts";
import type { Measurement } from "../projection/measurements.ts";
import type { SpanRecord } from "../projection/span-record.ts";
import { eventIdentity, measurementIdentity, type Notes } from "./notes.ts";
import { toldEndings } from "./told-endings.ts";

/** Takes what is sure. */
export type Emit = (spans: readonly SpanRecord[], notes: Notes) => void;

/** Spans of one activation with what goes with them, and what it takes back. */
export interface Telling extends Partial<Notes> {
  readonly runId: string;
  /** Length of the history that the activation stood on. */
  readonly historyLength: number;
  readonly spans: readonly SpanRecord[];
  /** Ids of spans that were told of before and never happened. */
  readonly discarded: readonly string[];
  /** Keys of the steps that those spans, and notes, were of. */
  readonly discardedKeys?: readonly string[];
  /** Ids of the spans, and keys of the steps, that only the run's end closed: where the run goes on they are open still. */
  readonly endedByRun?: readonly string[];
}

/** Holds back what workflow tasks said until it is sure enough. */
export interface ProvisionalSpans {
  tell(telling: Telling): void;
  /** Lets go of everything, e.g. when the worker stops. */
  flush(): void;
  /** Runs that have something held back. */
  readonly size: number;
}

/** Things of one run by their identity: what is told again replaces what was told. */
interface HeldThings<Thing> {
  /** Takes out those that have the identity of one of these. */
  without(things: readonly Thing[]): void;
  discard(isDiscarded: (thing: Thing) => boolean): void;
  put(things: readonly Thing[]): void;
  /** Takes all out, but gives none that tells of the run's end where the run goes on. */
  take(goesOn: boolean): Thing[];
}

interface Held {
  historyLength: number;
  readonly spans: HeldThings<SpanRecord>;
  readonly measurements: HeldThings<Measurement>;
  readonly events: HeldThings<LogEvent>;
  /** What only the run's end closed, by its span's id and by its step's key. */
  readonly endedByRun: Set<string>;
  timer: NodeJS.Timeout;
}

/** Most runs held at a time; the oldest is let go of early, which costs exactness and never a span. */
const MOST_RUNS = 10_000;

/**
 * Makes the buffer of provisional spans: they are emitted when a later workflow task of the same run follows, or after
 * `settle` ms of silence, whichever comes first, and with them what was measured and logged. What is told again before
 * that replaces what was told: a task that fails is retried, and a query may make the worker run ahead of the task. The
 * end of a run is counted and logged once, also where its span is emitted again after that.
 */
export function provisionalSpans(emit: Emit, settle: number): ProvisionalSpans {
  const held = new Map<string, Held>();
  const endings = toldEndings();

  function release(runId: string, { spans, measurements, events }: Held, goesOn: boolean): void {
    const sure = spans.take(goesOn);
    const taken = { measurements: measurements.take(goesOn), events: events.take(goesOn) };
    const notes = endings.unheard(runId, taken);
    endings.remember(runId, notes);
    if (sure.length + notes.measurements.length + notes.events.length > 0) emit(sure, notes);
  }

  function letGo(runId: string): void {
    const run = held.get(runId);
    if (run === undefined) return;
    held.delete(runId);
    clearTimeout(run.timer);
    release(runId, run, false);
  }

  function later(runId: string): NodeJS.Timeout {
    // Held spans must not keep a process alive that has nothing else to do: it flushes when the worker stops.
    return setTimeout(() => letGo(runId), settle).unref();
  }

  function hold(runId: string, historyLength: number): Held {
    const [oldest] = held.size >= MOST_RUNS ? held.keys() : [];
    if (oldest !== undefined) letGo(oldest);
    const endedByRun = new Set<string>();
    const run: Held = {
      historyLength,
      endedByRun,
      spans: heldThings(
        (span) => span.spanId,
        (span) => span.role === "run" || endedByRun.has(span.spanId),
      ),
      measurements: heldThings(
        measurementIdentity,
        ({ instrument, key }) =>
          instrument === "closed" || instrument === "duration" || endedByRun.has(key),
      ),
      events: heldThings(
        eventIdentity,
        ({ name, key }) =>
          name === "workflow.run.closed" || (name !== "workflow.wait.begun" && endedByRun.has(key)),
      ),
      timer: later(runId),
    };
    held.set(runId, run);
    return run;
  }

  return {
    tell(telling) {
      const { runId, historyLength, spans, measurements = [], events = [] } = telling;
      const run = held.get(runId) ?? hold(runId, historyLength);
      const keys = telling.discardedKeys ?? [];
      run.spans.discard(({ spanId }) => telling.discarded.includes(spanId));
      run.measurements.discard(({ key }) => keys.includes(key));
      run.events.discard(({ key }) => keys.includes(key));
      run.spans.without(spans);
      run.measurements.without(measurements);
      run.events.without(events);
      // A run that goes on was not closed: the task that said so has failed.
      if (historyLength > run.historyLength) {
        release(runId, run, true);
        run.endedByRun.clear();
      }
      for (const ended of telling.endedByRun ?? []) run.endedByRun.add(ended);
      run.spans.put(spans);
      run.measurements.put(measurements);
      run.events.put(events);
      run.historyLength = Math.max(run.historyLength, historyLength);
      clearTimeout(run.timer);
      run.timer = later(runId);
    },
    flush() {
      for (const runId of held.keys()) letGo(runId);
    },
    get size() {
      return held.size;
    },
  };
}

function heldThings<Thing>(
  identityOf: (thing: Thing) => string,
  tellsOfEnd: (thing: Thing) => boolean,
): HeldThings<Thing> {
  const things = new Map<string, Thing>();
  return {
    without(others) {
      for (const thing of others) things.delete(identityOf(thing));
    },
    discard(isDiscarded) {
      for (const [id, thing] of things) if (isDiscarded(thing)) things.delete(id);
    },
    put(others) {
      for (const thing of others) things.set(identityOf(thing), thing);
    },
    take(goesOn) {
      const all = [...things.values()];
      things.clear();
      return goesOn ? all.filter((thing) => !tellsOfEnd(thing)) : all;
    },
  };
}
