const NAME = /^\d{15}-\d{6}-(\d{1,7})-[0-9a-f]{8}\.otlp$/;
const HIGHEST_SEQUENCE = 999_999;

/**
 * Names for the files of one writer's batches: time, a number for those of one millisecond, spans, writer. Names sort by age,
 * whichever process gave them, and those of one writer in the order in which it gave them, whatever its clock does.
 *
 * @param writer eight hex digits that no other process has
 * @param now milliseconds since the epoch
 */
export function batchNames(writer: string, now: () => number): (spans: number) => string {
  let lastTime = 0;
  let sequence = 0;
  return (spans) => {
    // A clock that is set back must not put new batches before old ones.
    let time = Math.max(lastTime, Math.round(now()));
    // One that stays behind for long must not make a number that names have no place for.
    if (time === lastTime && sequence === HIGHEST_SEQUENCE) time += 1;
    sequence = time === lastTime ? sequence + 1 : 0;
    lastTime = time;
    const parts = [String(time).padStart(15, "0"), String(sequence).padStart(6, "0"), spans];
    return `${parts.join("-")}-${writer}.otlp`;
  };
}

/** How many spans the batch of a file holds, by its name; undefined for a file that holds none. */
export function spansNamed(name: string): number | undefined {
  const spans = NAME.exec(name)?.[1];
  return spans === undefined ? undefined : Number(spans);
}
