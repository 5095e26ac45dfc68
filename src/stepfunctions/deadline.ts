/** What takes longer is given up: a call, a hand-over, a checkpoint; in milliseconds. */
const DEADLINE_MS = 30_000;

/** Runs something that must answer in time. Rejects after 30 s; the signal then fires, for whoever listens to it. */
export async function withDeadline<Answer>(
  run: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`no answer within ${DEADLINE_MS / 1000} s`);
      reject(error);
      controller.abort(error);
    }, DEADLINE_MS);
  });
  try {
    return await Promise.race([run(controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}
