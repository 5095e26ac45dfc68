import { DurascopeError } from "../core/errors.ts";
import type { FailureMessages } from "../core/failure-text.ts";
import type { SpanProcessor } from "../host/readable-span.ts";

/** Options of `withWorkflow`; none is needed. */
export interface WithWorkflowOptions {
  /** Takes the spans, instead of the application's global OpenTelemetry SDK or the exporter of our own. */
  readonly spanProcessor?: SpanProcessor;
  /** Writes each span as one line of OTLP JSON on standard output, for a log subscription or an extension. */
  readonly output?: "stdout";
  /** What becomes of the messages of errors. @default "keep", cut to 256 characters */
  readonly failureMessages?: FailureMessages;
  /** Most milliseconds that a response waits for its span's delivery. @default 50 */
  readonly flushTimeoutMs?: number;
  /** Takes a warning, once a kind, when spans cannot be delivered. @default process.emitWarning */
  readonly onWarning?: (message: string) => void;
}

const KNOWN: readonly string[] = [
  "spanProcessor",
  "output",
  "failureMessages",
  "flushTimeoutMs",
  "onWarning",
] satisfies (keyof WithWorkflowOptions)[];

/** Throws a {@link DurascopeError} that names the first option that is unknown. */
export function checkOptions(options: WithWorkflowOptions): void {
  for (const name of Object.keys(options)) {
    if (!KNOWN.includes(name)) {
      throw new DurascopeError(
        "LAMBDA_OPTION",
        `withWorkflow has no option "${name}"; it has ${KNOWN.join(", ")}`,
      );
    }
  }
}
