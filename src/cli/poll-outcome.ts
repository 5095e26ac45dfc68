import { counted } from "../core/counted.ts";
import type { OtlpFile } from "../exporters/index.ts";
import type { PollerStats } from "../stepfunctions/index.ts";

/** How a poll went, beside the poller's own numbers. */
export interface PollEnding {
  /** File that the spans were written to. */
  readonly file: OtlpFile | undefined;
  /** It was one pass: nobody tries again what failed. */
  readonly once: boolean;
  /** The pass was not stopped before its end. */
  readonly isWhole: boolean;
}

/** What was done, in a line without a full stop. */
export function pollSummary(
  { closed, following, events }: PollerStats,
  file: OtlpFile | undefined,
): string {
  const where = file === undefined || events === 0 ? "" : `; spans are in ${file.path}`;
  return `${counted(closed, "execution")} ended, ${following} still open, ${counted(events, "event")} read${where}`;
}

/**
 * What was not done, a few words each; empty when all was. A poll that goes on tries again what failed, so of it only
 * what was lost counts; of a single pass everything that failed does.
 */
export function pollFailures(stats: PollerStats, { file, once, isWhole }: PollEnding): string[] {
  const lost = file?.lost() ?? 0;
  const losses: Counted[] = [[lost, `${counted(lost, "line")} of spans could not be written`]];
  const all = once ? [...losses, ...failuresOfPass(stats, isWhole)] : losses;
  return all.filter(([number]) => number > 0).map(([, words]) => words);
}

type Counted = readonly [number: number, words: string];

function failuresOfPass(stats: PollerStats, isWhole: boolean): Counted[] {
  const { apiErrors, gone, sinkRejections, checkpointErrors, faults } = stats;
  // The call about an execution that is gone has failed, too, and is told as what it means.
  const errors = Math.max(0, apiErrors - gone);
  return [
    [isWhole ? 0 : 1, "it was stopped before everything was read"],
    [errors, `${counted(errors, "call")} of AWS failed`],
    [gone, `${counted(gone, "execution")} did not exist`],
    [sinkRejections, `${counted(sinkRejections, "batch", "batches")} of spans could not be sent`],
    [checkpointErrors, `${counted(checkpointErrors, "call")} of the checkpoints' folder failed`],
    [faults, counted(faults, "unforeseen error")],
  ];
}
