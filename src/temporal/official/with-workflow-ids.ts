import { DurascopeError } from "../../core/errors.ts";
import type { FailureMessages } from "../../core/failure-text.ts";
import { property } from "../../host/property.ts";
import { SPAN_KINDS } from "../../host/readable-span.ts";
import { runningActivity } from "../running-activity.ts";
import { officialAttributes } from "./attributes.ts";
import { officialCopy } from "./copy.ts";
import { type OfficialSpan, officialSpan } from "./span.ts";

/** A span processor of OpenTelemetry's SDK 1, 2 or 3, by the shape that all of them have. */
export interface WrappedProcessor<Started, Context, Ended> {
  onStart(span: Started, parentContext: Context): void;
  onEnding?(span: Started): void;
  onEnd(span: Ended): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** What {@link withWorkflowIds} may be told; nothing needs to be. */
export interface WorkflowIdsOptions {
  /**
   * `vocabulary`: spans that the vocabulary has a name for get it (`orderSaga`, `chargeCard`, `chargeCard attempt 2`,
   * `start orderSaga`), so that lookup and dashboards tell them like durascope's own. `keep`: names stay (`RunWorkflow:orderSaga`).
   * @default "vocabulary"
   */
  readonly names?: "vocabulary" | "keep";
  /** Names of attributes that stay as they are: attributes of your own on workflow spans, or old names that are still queried. */
  readonly keepAttributes?: readonly string[];
  /** What becomes of the messages of failures. @default "keep", cut to 256 characters */
  readonly failureMessages?: FailureMessages;
}

/** How the names of the interceptors' spans of attempts begin. */
const ATTEMPT = "RunActivity:";

type Attributes = Readonly<Record<string, unknown>>;

const KNOWN: readonly string[] = [
  "names",
  "keepAttributes",
  "failureMessages",
] satisfies (keyof WorkflowIdsOptions)[];

/** What every span processor of OpenTelemetry's has; an SDK calls each, so one that is missing would fail the application. */
const METHODS = [
  "onStart",
  "onEnd",
  "forceFlush",
  "shutdown",
] as const satisfies (keyof WrappedProcessor<unknown, unknown, unknown>)[];

/** Most runs whose `ContinueAsNew` span came while that of the run itself is still to come. */
const MOST_CONTINUED = 1000;

/**
 * Wraps a span processor for those who trace with Temporal's own `@temporalio/interceptors-opentelemetry` (1.x and `-v2`):
 * their spans get the vocabulary's attributes in place of three spellings of one id, a span kind, and durascope's names;
 * everything else of `WorkflowInfo` (memo, search attributes, last result) and stack traces are taken out. Trace and span
 * ids, times, links and status stay, and so do spans of other instrumentations, untouched. Spans that workflow code makes
 * by itself come out of the isolate with all of `WorkflowInfo`, too: they keep name and kind, and are cleaned like theirs.
 *
 * ```ts
 * const spanProcessor = withWorkflowIds(new BatchSpanProcessor(exporter));
 * const provider = new NodeTracerProvider({ resource, spanProcessors: [spanProcessor] });
 * const plugin = new OpenTelemetryPlugin({ resource, spanProcessor });
 * ```
 *
 * A span of theirs that cannot be read is left out, not handed on with its payloads. Throws a `DurascopeError`
 * (`WORKFLOW_IDS_OPTION`) for an option that is unknown and for a processor that is none.
 */
export function withWorkflowIds<Started, Context, Ended>(
  processor: WrappedProcessor<Started, Context, Ended>,
  options: WorkflowIdsOptions = {},
): WrappedProcessor<Started, Context, Ended> {
  check(processor, options);
  const keep = new Set(options.keepAttributes);
  const { failureMessages } = options;
  const activities = new WeakMap<object, ReturnType<typeof runningActivity>>();
  const continued = new Set<unknown>();

  function rewritten(span: object, official: OfficialSpan): object {
    const runId = property(property(span, "attributes"), "runId");
    if (official.what === "ContinueAsNew" && continued.size < MOST_CONTINUED) continued.add(runId);
    const attributes = officialAttributes(span, official, {
      activity: activities.get(span),
      keep,
      failureMessages,
      continued: official.role === "run" && continued.delete(runId),
    });
    return {
      ...officialCopy(span, failureMessages),
      name: nameOf(span, official, attributes),
      kind: SPAN_KINDS.indexOf(kindOf(span, official)),
      attributes,
    };
  }

  function nameOf(span: object, official: OfficialSpan, attributes: Attributes): unknown {
    const given = property(span, "name");
    return options.names === "keep" ? given : (vocabularyName(official, attributes) ?? given);
  }

  /** The activity is known while its span begins and not while it ends, and the interceptors do not tell the attempt. */
  function noteActivity(span: unknown): void {
    try {
      // By its name alone: where the interceptors use a tracer of the application's, their ids come later.
      const name = property(span, "name");
      if (isObject(span) && typeof name === "string" && name.startsWith(ATTEMPT))
        activities.set(span, runningActivity());
    } catch {
      // A span that cannot be read begins all the same.
    }
  }

  /** What is handed on: the span itself where it is none of theirs; undefined where it cannot be read. */
  function handedOn<Span>(span: Span): Span | undefined {
    try {
      const official = isObject(span) ? officialSpan(span) : undefined;
      if (!isObject(span) || official === undefined) return span;
      const copy: object = rewritten(span, official);
      // The copy has all fields of the span that it was made of.
      return copy as typeof span;
    } catch {
      return undefined;
    }
  }

  return {
    onStart(span, parentContext) {
      noteActivity(span);
      processor.onStart(span, parentContext);
    },
    ...(typeof processor.onEnding === "function" && {
      onEnding: (span: Started) => processor.onEnding?.(span),
    }),
    onEnd(span) {
      const told = handedOn(span);
      if (told !== undefined) processor.onEnd(told);
    },
    forceFlush: () => processor.forceFlush(),
    shutdown: () => processor.shutdown(),
  };
}

function check(processor: unknown, options: WorkflowIdsOptions): void {
  const missing = METHODS.find((name) => typeof property(processor, name) !== "function");
  if (missing !== undefined) {
    throw new DurascopeError(
      "WORKFLOW_IDS_OPTION",
      `withWorkflowIds wraps a span processor, and this has no ${missing}: give it new BatchSpanProcessor(exporter)`,
    );
  }
  const unknown = Object.keys(options).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) {
    throw new DurascopeError(
      "WORKFLOW_IDS_OPTION",
      `withWorkflowIds has no option "${unknown}"; it has ${KNOWN.join(", ")}`,
    );
  }
}

/** The name by the vocabulary; undefined where the vocabulary has none, or not all of it is known. */
function vocabularyName(
  { role, subject }: OfficialSpan,
  attributes: Attributes,
): string | undefined {
  const attempt = attributes["workflow.step.attempt"];
  if (subject === "") return undefined;
  if (role === "run" || role === "step") return subject;
  if (role === "start") return `start ${subject}`;
  if (role === "attempt" && typeof attempt === "number") return `${subject} attempt ${attempt}`;
  return undefined;
}

function kindOf(span: object, { kind, role }: OfficialSpan): OfficialSpan["kind"] {
  const hasCaller =
    property(span, "parentSpanId") !== undefined ||
    property(property(span, "parentSpanContext"), "spanId") !== undefined;
  return role === "run" && hasCaller ? "SERVER" : kind;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
