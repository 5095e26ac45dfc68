import { eventIdentity, measurementIdentity, type Notes } from "./notes.ts";

/** Remembers what was told of runs when they ended, for as long as it may be told again. */
export interface ToldEndings {
  /** Remembers the notes, if they say that the run has ended. */
  remember(runId: string, notes: Notes): void;
  /** The notes without those that were told when the run ended. */
  unheard(runId: string, notes: Notes): Notes;
}

/** Most runs that are remembered; the one that ended first is forgotten first. */
const MOST_RUNS = 2000;

/**
 * Makes a memory of runs that ended. Where the server does not take the answer of a run's last workflow task in time (a
 * machine that is very busy), the task is played again, as late as a time-out of workflow tasks after what was held back has
 * been let go of (10 s by default). A span that is told again has its id; a count and a log line have to be left out.
 */
export function toldEndings(): ToldEndings {
  const told = new Map<string, ReadonlySet<string>>();
  return {
    remember(runId, { measurements, events }) {
      const ends =
        measurements.some(({ instrument }) => instrument === "closed") ||
        events.some(({ name }) => name === "workflow.run.closed");
      if (!ends) return;
      const [oldest] = told.size >= MOST_RUNS ? told.keys() : [];
      if (oldest !== undefined) told.delete(oldest);
      told.set(
        runId,
        new Set([...measurements.map(measurementIdentity), ...events.map(eventIdentity)]),
      );
    },
    unheard(runId, notes) {
      const heard = told.get(runId);
      if (heard === undefined) return notes;
      return {
        measurements: notes.measurements.filter((one) => !heard.has(measurementIdentity(one))),
        events: notes.events.filter((one) => !heard.has(eventIdentity(one))),
      };
    },
  };
}
