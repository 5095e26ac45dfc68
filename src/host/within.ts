/**
 * What a promise resolves to, or undefined when that takes longer than `ms` milliseconds; rejects when the promise does
 * before. The promise itself goes on: whoever can stop it has to.
 */
export async function within<Value>(
  ms: number,
  promise: Promise<Value>,
): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await Promise.race([promise, bound]);
  } finally {
    clearTimeout(timer);
  }
}
