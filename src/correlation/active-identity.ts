import { AsyncLocalStorage } from "node:async_hooks";
import type { StepIdentity } from "../core/identity.ts";
import { withActiveSpan } from "../host/opentelemetry-global.ts";
import type { SpanIds } from "./span-ids.ts";

/** The step that some code runs for, and the span that stands for this try of it. */
export interface ActiveIdentity extends StepIdentity, SpanIds {}

/** One storage for all copies of this package: an application may load both its ES module and its CommonJS form. */
const STORAGE: unique symbol = Symbol.for("durascope.active-identity.1");

const shared: typeof globalThis & { [STORAGE]?: AsyncLocalStorage<ActiveIdentity> } = globalThis;

const storage: AsyncLocalStorage<ActiveIdentity> = (shared[STORAGE] ??= new AsyncLocalStorage());

/**
 * Runs `run` for a step: {@link activeIdentity} gives it, log lines carry its ids, and spans that the application
 * makes with OpenTelemetry become children of its span. All of it holds for what `run` starts asynchronously, too.
 * The result, or what `run` throws, is passed on unchanged.
 */
export function runWithIdentity<Value>(identity: ActiveIdentity, run: () => Value): Value {
  return storage.run(identity, () => withActiveSpan(identity.traceId, identity.spanId, run));
}

/** The step that the calling code runs for; undefined outside of one. */
export function activeIdentity(): ActiveIdentity | undefined {
  return storage.getStore();
}
