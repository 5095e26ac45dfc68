import type { CommandIo } from "./output.ts";

/** How long people wait without being told for what, in ms. */
const AFTER = 2000;

/**
 * Says on a terminal's standard error what is waited for, when it takes long, and takes that away again at the end. Gives what
 * the work gives.
 */
export async function withWaitingNote<Value>(
  { stderr }: Pick<CommandIo, "stderr">,
  text: string,
  work: () => Promise<Value>,
  after: number = AFTER,
): Promise<Value> {
  if (stderr.isTTY !== true) return work();
  let isSaid = false;
  const timer = setTimeout(() => {
    isSaid = true;
    stderr.write(text);
  }, after);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    // To the line's beginning, and nothing of it left (ECMA-48: EL).
    if (isSaid) stderr.write("\r\u001b[2K");
  }
}
