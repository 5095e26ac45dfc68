import { within } from "../../host/within.ts";

/** What takes longer is given up: a call, a hand-over, a checkpoint; in milliseconds. */
const DEADLINE_MS = 30_000;

/** Runs something that must answer in time. Rejects after 30 s; the signal then fires, for whoever listens to it. */
export async function withDeadline<Answer>(
  run: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const controller = new AbortController();
  const answered = run(controller.signal).then((answer) => ({ answer }));
  const done = await within(DEADLINE_MS, answered);
  if (done !== undefined) return done.answer;
  const error = new Error(`no answer within ${DEADLINE_MS / 1000} s`);
  controller.abort(error);
  throw error;
}
