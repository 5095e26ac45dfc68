import { AsyncLocalStorage } from "node:async_hooks";

const STORAGE = Symbol.for("__temporal_activity_context_storage__");

/** Runs code as if in an activity with this `Info` and signal, told where Temporal's SDK tells it. */
export function runWithActivity<Value>(
  info: object,
  run: () => Value,
  cancellationSignal: AbortSignal = new AbortController().signal,
): Value {
  const known: unknown = Reflect.get(globalThis, STORAGE);
  const storage = known instanceof AsyncLocalStorage ? known : new AsyncLocalStorage();
  Reflect.set(globalThis, STORAGE, storage);
  return storage.run({ info, cancellationSignal }, run);
}
