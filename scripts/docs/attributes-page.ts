/**
 * Makes `docs/attributes.md` from the vocabulary and the ids of the code itself: `npm run docs`. A test fails when
 * the page is not what this gives.
 */
import { fileURLToPath } from "node:url";
import { runIds, runKey, type StateAttempt, stateAttemptKey } from "../../src/core/ids.ts";
import {
  ENGINE_WORDS,
  MAX_ATTRIBUTES,
  VOCABULARY,
  type VocabularyName,
} from "../../src/core/vocabulary.ts";
import { nodeSha256 } from "../../src/host/node-sha256.ts";
import { code, table } from "./attributes/markdown.ts";
import { metricsSections } from "./attributes/metrics-sections.ts";

/** Absolute path of the page. */
export const PAGE: string = fileURLToPath(new URL("../../docs/attributes.md", import.meta.url));

const RUN_ID = "01a21983-251d-70e8-975f-cb65871dd407";
const EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:orderSaga:order-1002";
const ENTERED = "2026-11-26T20:19:15.080Z";

/** Names in OpenTelemetry's draft for what the vocabulary calls otherwise (semantic-conventions pull request 2387). */
const DRAFT: Readonly<Partial<Record<VocabularyName, string>>> = {
  runId: "workflow.execution.id",
  outcome: "workflow.execution.outcome",
  type: "workflow.name",
};

function attributeTable(): string {
  const names = Object.keys(VOCABULARY) as VocabularyName[];
  return table(
    ["key", "type", "Temporal", "Step Functions", "OpenTelemetry's draft"],
    names.map((name) => {
      const { key, type, temporal, stepFunctions } = VOCABULARY[name];
      const draft = DRAFT[name];
      return [
        code(key),
        type,
        temporal,
        stepFunctions === temporal ? "the same" : stepFunctions,
        draft === undefined ? "" : code(draft),
      ];
    }),
  );
}

function customaryNames(): string {
  const { temporal, aws_step_functions: stepFunctions } = ENGINE_WORDS;
  const rows = [
    [temporal.idAlias, "Temporal", "workflow id, as Temporal's own SDKs and server call it"],
    [temporal.runIdAlias, "Temporal", "run id"],
    [temporal.activityIdAlias, "Temporal", "activity id, on steps that are activities"],
    [stepFunctions.runIdAlias, "Step Functions", "execution ARN"],
    ["error.type", "both", "type of the innermost failure"],
    ["error.message", "both", "the application's own message, at most 256 characters"],
    [
      "faas.invocation_id",
      "Step Functions",
      "Lambda's request id, where the history was read with execution data",
    ],
    ["faas.*, cloud.*", "Lambda's own spans", "function, version, cold start, region, account"],
    ["messaging.batch.message_count", "Lambda's own spans", "messages of a batch"],
    ["durascope.batch.failed_count", "Lambda's own spans", "messages of a batch that failed"],
    [
      "durascope.spans.undelivered",
      "Lambda's own spans",
      "spans before this one that were not delivered in time",
    ],
  ];
  return table(
    ["key", "where", "what"],
    rows.map(([key = "", where = "", what = ""]) => [code(key), where, what]),
  );
}

function spanTable(): string {
  const { temporal, aws_step_functions: stepFunctions } = ENGINE_WORDS;
  const both = (of: "stepKind" | "attemptKind"): string =>
    `${temporal[of]} on Temporal, ${stepFunctions[of]} on Step Functions`;
  return table(
    ["span", "name", "kind", "when it is exported"],
    [
      ["start", "`start <type>`", "PRODUCER", "by Temporal's client, at once"],
      ["run", "`<type>`", "INTERNAL; SERVER when it has a caller", "when the run closes"],
      ["started marker, 0 ms", "`<type> started`; `<type> redriven`", "INTERNAL", "at once"],
      ["step that is work", "its name", both("stepKind"), "at its end"],
      [
        "other step (parallel, map, iteration, signal, update)",
        "its name",
        "INTERNAL",
        "at its end",
      ],
      [
        "attempt, also when there is only one",
        "`<name> attempt <n>`",
        both("attemptKind"),
        "at its end: by Temporal's worker, by Step Functions' poller",
      ],
      ["wait", "`wait <name>`", "INTERNAL", "at its end"],
      ["waiting marker, 0 ms", "`waiting for <name>`", "INTERNAL", "at the wait's begin"],
      [
        "invocation of a Lambda function",
        "the function's name",
        "SERVER",
        "by the function, at its end",
      ],
    ],
  );
}

function temporalVectors(): string {
  const ids = runIds("temporal", RUN_ID, nodeSha256);
  const spans = [
    ["the run", runKey(0)],
    ["its started marker", `${runKey(0)}/started`],
    ["an activity", "activity:1"],
    ["an activity's id, used again", "activity:1~2"],
    ["a timer", "timer:3"],
    ["its waiting marker", "timer:3/waiting"],
    ["a signal", "event:12"],
    ["an update", "update:u-1"],
    ["a child workflow", "child:order-1"],
    ["the client's start", "start"],
  ].map(([what = "", key = ""]) => [what, code(key), code(ids.span(key))]);
  const attempts = [
    ["first attempt of the activity", "activity:1#1"],
    ["second attempt", "activity:1#2"],
    ["a local activity's attempt", "local:2#1"],
  ].map(([what = "", key = ""]) => [what, code(key), code(ids.attempt(key))]);
  return [
    `Run id ${code(RUN_ID)}, trace id ${code(ids.traceId)}:`,
    table(["what", "key", "span id"], [...spans, ...attempts]),
  ].join("\n\n");
}

function stepFunctionsVectors(): string {
  const ids = runIds("aws_step_functions", EXECUTION, nodeSha256);
  const spans = [
    ["the run", runKey(0)],
    ["its started marker", `${runKey(0)}/started`],
    ["the run, redriven once", runKey(1)],
    ["its started marker", `${runKey(1)}/started`],
    ["a state", "state/2"],
    ["a Map's iteration", "iteration/9"],
    ["a wait", "wait/11"],
    ["its waiting marker", "wait/11/waiting"],
  ].map(([what = "", key = ""]) => [what, code(key), code(ids.span(key))]);
  const first = { state: "chargeCard", enteredTime: ENTERED, retry: 0, redrive: 0 };
  const attempts: readonly (readonly [string, StateAttempt])[] = [
    ["a first attempt", first],
    ["its first retry", { ...first, retry: 1 }],
    ["the first attempt after a redrive", { ...first, redrive: 1 }],
    ["in a Map's iteration 0", { ...first, mapIndex: 0 }],
    [
      "in iteration 7, after a redrive, second retry",
      { ...first, retry: 2, redrive: 1, mapIndex: 7 },
    ],
  ];
  return [
    `Execution ${code(EXECUTION)}, trace id ${code(ids.traceId)}:`,
    table(["what", "key", "span id"], spans),
    `Attempts of ${code(first.state)}, entered at ${code(ENTERED)}:`,
    table(
      ["what", "key", "span id"],
      attempts.map(([what, attempt]) => {
        const key = stateAttemptKey(attempt);
        return [what, code(key), code(ids.attempt(key))];
      }),
    ),
  ].join("\n\n");
}

/** The page as Markdown, computed anew. */
export function attributesPage(): string {
  return `<!-- Generated by \`npm run docs\` from src/core/vocabulary.ts, src/core/instruments.ts and src/core/ids.ts. Do not edit. -->

# Attributes, spans, log lines, metrics and ids

## Attributes

Every span of a run carries those that apply to it, and every log line of a step the same as flat fields. All are scalars;
a span has at most ${MAX_ATTRIBUTES}. What is not known is absent, never empty.

${attributeTable()}

OpenTelemetry has no convention for workflow engines yet
([issue 1688](https://github.com/open-telemetry/semantic-conventions/issues/1688),
[draft 2387](https://github.com/open-telemetry/semantic-conventions/pull/2387)). The last column is the draft's name for
the same thing, where it has one; the draft's own \`workflow.id\` and \`workflow.type\` speak of the definition and not of the run.

Beside them stand names that people already query:

${customaryNames()}

- **Business keys** (\`order.id\`) are whatever the option \`businessKeys\` picks: scalars, texts of at most 256 characters.
- **Log lines** carry \`trace_id\`, \`span_id\` and \`trace_flags\` too, in hex; \`dd.trace_id\` and \`dd.span_id\`, in decimal, with
  the option \`datadog\`; with \`ddTracer\` those of \`dd-trace\`'s active span ([datadog.md](datadog.md)).
- **Never recorded**: inputs, outputs, headers, memo, search attributes (but for what \`businessKeys\` picks), task tokens,
  credentials, stack traces, and AWS's own causes, which quote a state's input. \`failureMessages\` and \`identities\` decide about
  the messages and the identities.

## Spans

${spanTable()}

- **Status**: ERROR with \`error.type\` when something failed, timed out, was terminated or aborted; UNSET when it was
  cancelled or abandoned, and when the application marked its failure as benign. A wait is an error only when it was refused.
- **Events**: \`started\` when a worker or a child took a step up, \`back-off\` with \`backoff.ms\` before a retry,
  \`workflow task failed\` on the run.
- **Links** carry \`link.relation\`: \`caller\`, \`parent\`, \`child\`, \`previous_run\`, \`next_run\`, \`signal_sender\`,
  \`update_sender\`, \`compensates\` (from a compensation to the failed step that made it necessary), \`xray\` (a Lambda function's segment).
- **Choice, Pass, Succeed and Fail states** have a span only when they failed (docs/adr/0003-plumbing-states.md).
- A child whose recorded times lie outside its parent is moved into it; \`${VOCABULARY.rawStart.key}\` and
  \`${VOCABULARY.rawEnd.key}\` keep what was recorded.

${metricsSections()}

## Ids

Ids are derived, never drawn: same identity, same ids, in the worker, the Lambda function, the poller, the history reader,
after a restart, and in a program of your own. \`H(x)\` is SHA-256 of the UTF-8 text \`x\`; \`[a..b]\` are its bytes a (inclusive)
to b (exclusive), written as lower-case hex. An id that would be all zeros ends in 1 instead, since W3C Trace Context
forbids zeros.

### Temporal

\`\`\`text
trace id = H("temporal/" + run id)[0..16]
span id  = H("temporal/" + run id + "/" + key)[0..8]
\`\`\`

The keys are listed in ARCHITECTURE.md. The namespace is not hashed: run ids are unique.

${temporalVectors()}

### Step Functions

\`\`\`text
trace id        = H(execution ARN)[0..16], the top bit of each 8-byte half cleared
attempt's span  = H(execution ARN + "#" + key)[0..8], the top bit cleared
                  key = state + "#" + entered time [+ "#" + retry + "#" + redrive] [+ "#" + index]
any other span  = H(execution ARN + "#" + key)[0..8]
\`\`\`

- *entered time* is \`$$.State.EnteredTime\` as \`YYYY-MM-DDTHH:MM:SS.mmmZ\`, digits below the millisecond cut off.
- *retry* (\`$$.State.RetryCount\`) and *redrive* (\`$$.Execution.RedriveCount\`) are there when either is above 0.
- *index* is that of the innermost Map item (\`$$.Map.Item.Index\`), inside Maps only.
- A second attempt of one execution with the same key (nested Maps, in one millisecond) takes \`#~2\`, in the order of event ids.
- The span of a Lambda function's own invocation has the key \`<attempt's key>/invocation/<request id>\`, and is hashed as any
  other span.

Outside of Maps, a trace id and the ids of attempts equal those that Datadog's Lambda library derives from a context object
without \`RootExecutionId\`.

${stepFunctionsVectors()}
`;
}
