import { ENGINE_WORDS, VOCABULARY } from "../core/vocabulary.ts";
import type { OtlpAttributes } from "../telemetry/otlp/otlp-model.ts";

/** Attributes that name other runs than the one that carries them. */
const RELATIVES: ReadonlySet<string> = new Set([
  VOCABULARY.firstRunId.key,
  VOCABULARY.parentId.key,
  VOCABULARY.rootId.key,
]);

/** Attributes of the vocabulary that name a run. */
const IDENTITIES: ReadonlySet<string> = new Set([VOCABULARY.id.key, VOCABULARY.runId.key]);

/** Attributes whose values say what something is or how it went, not which run it is. */
const DESCRIPTIONS: ReadonlySet<string> = new Set([
  ...Object.values(VOCABULARY)
    .map((entry) => entry.key)
    .filter((key) => !RELATIVES.has(key) && !IDENTITIES.has(key)),
  ...Object.values(ENGINE_WORDS).flatMap((words) => words.activityIdAlias ?? []),
  "aws.lambda.invoked_arn",
  "messaging.batch.message_count",
  "service.name",
]);

/**
 * What OpenTelemetry's names for functions, clouds and failures begin with
 * (https://opentelemetry.io/docs/specs/semconv/registry/attributes/), and durascope's own remarks: durascope writes them with
 * values that are equal on the spans of many runs. No more than these, since a business key may well be a `process.id`.
 */
const SURROUNDINGS = /^(?:cloud|durascope|error|exception|faas)\./;

/** The one id among them: Lambda's request id is of one invocation, so of one run. */
const REQUEST_ID = "faas.invocation_id";

/**
 * Whether attributes carry an id: as the run's `own` (its workflow id, run id, ARN, a business key, the request id of
 * one of its invocations), as that of a `related` run (parent, root, first run of the chain), or not at all. Words such as
 * `completed` are no ids, nor is what names the process: a service, a function, a region, an account.
 */
export function matchOf(attributes: OtlpAttributes, id: string): "own" | "related" | undefined {
  let match: "related" | undefined;
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "object" || String(value) !== id || !mayHoldId(key)) continue;
    if (!RELATIVES.has(key)) return "own";
    match = "related";
  }
  return match;
}

/** Whether an attribute of this name may hold an id, rather than say what something is or how it went. */
export function mayHoldId(key: string): boolean {
  return key === REQUEST_ID || !(DESCRIPTIONS.has(key) || SURROUNDINGS.test(key));
}

/** An id as a trace id of 32 lower-case hex digits, left-padded with zeros (some backends drop them); undefined when it is none. */
export function traceIdOf(id: string): string | undefined {
  return /^[0-9a-f]{16,32}$/i.test(id) ? id.toLowerCase().padStart(32, "0") : undefined;
}

/**
 * The byte sequences that a JSON text with this text in it must hold one of: writers differ in what they escape
 * (Go's escapes `<`, `>` and `&`, some escape `/`, some everything beyond ASCII).
 */
export function escapedForms(text: string): readonly string[] {
  const plain = JSON.stringify(text).slice(1, -1);
  const goes = plain.replaceAll(/[<>&]/g, codePoint);
  const ascii = plain.replaceAll(/[^\u0020-\u007e]/g, codePoint);
  return [
    ...new Set([
      plain,
      goes,
      ascii,
      plain.replaceAll("/", "\\/"),
      upperEscapes(ascii),
      upperEscapes(goes),
    ]),
  ];
}

function codePoint(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function upperEscapes(text: string): string {
  return text.replaceAll(
    /\\u([0-9a-f]{4})/g,
    (_escape, digits: string) => `\\u${digits.toUpperCase()}`,
  );
}
