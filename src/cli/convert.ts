import type { Readable } from "node:stream";
import type { Engine, WorkflowTrace } from "../core/model.ts";
import type { ParseError, Result, Warning } from "../core/result.ts";
import type { TraceOptions } from "../core/trace-options.ts";
import { ENGINE_WORDS } from "../core/vocabulary.ts";
import { openOtlpFile } from "../exporters/otlp-file.ts";
import { nodeSha256 } from "../host/node-sha256.ts";
import type { SpanRecord } from "../projection/span-record.ts";
import { projectSpans } from "../projection/spans.ts";
import { printable } from "../report/printable.ts";
import { encodeSpans } from "../telemetry/otlp/otlp-json.ts";
import { CommandFailure, EXIT, usageFailure } from "./failure.ts";
import { readJsonFile } from "./json-file.ts";
import { type CommandIo, write } from "./output.ts";
import {
  type RecordedHistory,
  recogniseHistory,
  type UntimedEvent,
  untimedEvents,
} from "./recorded-history.ts";

/** Options of `durascope convert`, as the command line gives them. */
export interface ConvertOptions {
  readonly from?: "temporal" | "stepfunctions";
  readonly workflowId?: string;
  readonly runId?: string;
  readonly namespace?: string;
  readonly executionArn?: string;
  readonly out?: string;
  readonly send?: boolean;
  readonly spool?: string;
  readonly serviceName?: string;
  readonly compensates?: Readonly<Record<string, readonly string[]>>;
  readonly waits?: Readonly<Record<string, string>>;
}

const ENGINES: Readonly<Record<"temporal" | "stepfunctions", Engine>> = {
  temporal: "temporal",
  stepfunctions: "aws_step_functions",
};

const SPANS_A_LINE = 500;

/**
 * `durascope convert`: one recorded history into OTLP JSON lines, on the standard output or appended to a file, or sent.
 * What was odd in the history is said on the standard error. Fails with a {@link CommandFailure}.
 */
export async function convert(
  path: string,
  options: ConvertOptions,
  io: CommandIo & { readonly stdin: Readable },
): Promise<void> {
  checkTarget(options);
  const document = await readJsonFile(path, io.stdin);
  const engine = options.from === undefined ? undefined : ENGINES[options.from];
  const history = recogniseHistory(document, engine);
  if (history === "no events") {
    throw new CommandFailure(
      EXIT.failed,
      `${path} holds no list of events.`,
      "A history is { events: [...] }, { history: { events: [...] } } or the bare list.",
    );
  }
  if (history === "unknown engine") {
    throw new CommandFailure(
      EXIT.failed,
      `The events of ${path} are of neither Temporal nor Step Functions.`,
      "Say which it is with --from, if it is one of them.",
    );
  }
  checkOptions(path, history.engine, options);
  const result = await traceOf(history, options);
  if (!result.ok) {
    const reason = reasonOf(result.error, history);
    throw new CommandFailure(
      EXIT.failed,
      `${path} cannot be converted: ${reason}.`,
      pageWarning(history),
    );
  }
  await report(io, [...notesOf(history, options), ...result.warnings.map(warningText)]);
  await deliver(result.value, options, io);
}

function checkTarget({ out, send, spool }: ConvertOptions): void {
  if (send === true && out !== undefined)
    throw usageFailure("--out writes a file, and --send sends. Give one of them.");
  if (spool !== undefined && send !== true)
    throw usageFailure("--spool keeps what --send cannot send. Give --send, too.");
}

/** Options that say which run a history is of, by the engine whose runs they name. */
const IDENTITY_OPTIONS = {
  temporal: { workflowId: "--workflow-id", runId: "--run-id", namespace: "--namespace" },
  aws_step_functions: { executionArn: "--execution-arn" },
} as const;

/** Refuses options that name a run of the other engine: they would have no effect. */
function checkOptions(path: string, engine: Engine, options: ConvertOptions): void {
  const other = engine === "temporal" ? "aws_step_functions" : "temporal";
  const given = Object.entries(IDENTITY_OPTIONS[other])
    .filter(([name]) => Object.hasOwn(options, name))
    .map(([, option]) => option);
  if (given.length === 0) return;
  throw usageFailure(
    `${given.join(", ")}: only for a history of ${ENGINE_WORDS[other].title}, and that of ${path} is of ${ENGINE_WORDS[engine].title}.`,
    `Name its run with ${Object.values(IDENTITY_OPTIONS[engine]).join(", ")}, or its engine with --from.`,
  );
}

/** Why there is no trace. An event whose time cannot be read is passed over, and without the first one there is no start. */
function reasonOf({ code, message }: ParseError, history: RecordedHistory): string {
  if (code !== "history_without_start") return message;
  const first = untimedEvents(history).find(({ id }) => id === 1);
  return first === undefined ? message : untimedText(first);
}

function untimedText({ id, time }: UntimedEvent): string {
  return time === undefined
    ? `event ${id} has no time`
    : `the time of event ${id} cannot be read: ${printable(time, 60)}`;
}

const CONCLUDED = {
  workflowId: "The workflow id was taken from the first event.",
  runId: "The run id was taken from the first event, as for a run that was not reset.",
} as const;

function notesOf(history: RecordedHistory, options: ConvertOptions): readonly string[] {
  const concluded = history.concluded.filter((name) => options[name] === undefined);
  const notes: string[] = concluded.map((name) => CONCLUDED[name]);
  const [untimed, ...others] = untimedEvents(history);
  if (untimed !== undefined) {
    const more = others.length > 0 ? ` (and ${others.length} more like it)` : "";
    notes.push(`Warning: ${untimedText(untimed)}${more}.`);
  }
  const page = pageWarning(history);
  return page === undefined ? notes : [...notes, page];
}

function pageWarning({ nextPage }: RecordedHistory): string | undefined {
  return nextPage === undefined
    ? undefined
    : `Warning: ${nextPage} stands beside the events: this is one page of the history, and those after it are missing.`;
}

async function traceOf(
  history: RecordedHistory,
  options: ConvertOptions,
): Promise<Result<WorkflowTrace>> {
  const traceOptions: TraceOptions = {
    ...(options.compensates !== undefined && { compensates: options.compensates }),
    ...(options.waits !== undefined && { waits: options.waits }),
  };
  if (history.engine === "temporal") {
    const workflowId = options.workflowId ?? history.workflowId;
    const runId = options.runId ?? history.runId;
    const namespace = options.namespace ?? history.namespace ?? "default";
    if (workflowId === undefined || runId === undefined) {
      throw usageFailure(
        `The history does not say its own ${workflowId === undefined ? "workflow id" : "run id"}.`,
        "Give the run with --workflow-id, --run-id and --namespace: a run that was reset does not hold its own run id.",
      );
    }
    const { traceFromHistory } = await import("../temporal/history.ts");
    return traceFromHistory(
      { events: history.events },
      { workflowId, runId, namespace },
      traceOptions,
    );
  }
  const executionArn = options.executionArn ?? history.executionArn;
  if (executionArn === undefined) {
    throw usageFailure(
      "A history of Step Functions does not hold its own ARN.",
      "Give it with --execution-arn arn:aws:states:...",
    );
  }
  const { traceFromHistory } = await import("../stepfunctions/history.ts");
  return traceFromHistory(history.events, { executionArn }, traceOptions);
}

async function deliver(
  trace: WorkflowTrace,
  options: ConvertOptions,
  io: CommandIo,
): Promise<void> {
  const spans = projectSpans(trace, nodeSha256);
  const serviceName = options.serviceName ?? trace.type;
  if (options.send === true) {
    const { sendSpans } = await import("./send-spans.ts");
    const { spool } = options;
    const told = await sendSpans(spans, { serviceName, ...(spool && { spool }) }, io);
    await report(io, [`${trace.type} ${trace.workflowId}: ${told}`]);
    return;
  }
  const resource = { "service.name": serviceName };
  const groups = portions(spans).map((portion) => [{ resource, spans: portion }]);
  if (options.out === undefined) {
    await write(io.stdout, groups.map((group) => `${encodeSpans(group)}\n`).join(""));
    return;
  }
  let reason: string | undefined;
  const file = openOtlpFile(options.out, { onError: (error) => (reason = error.message) });
  await Promise.all(groups.map((group) => file.writeSpans(group)));
  await file.close();
  if (file.lost() > 0) {
    throw new CommandFailure(EXIT.failed, `${options.out} could not be written: ${reason}.`);
  }
  await report(io, [
    `${spans.length} spans of ${trace.type} ${trace.workflowId} written to ${options.out}.`,
  ]);
}

function portions(spans: readonly SpanRecord[]): SpanRecord[][] {
  const lines: SpanRecord[][] = [];
  for (let i = 0; i < spans.length; i += SPANS_A_LINE) lines.push(spans.slice(i, i + SPANS_A_LINE));
  return lines;
}

function warningText(warning: Warning): string {
  return `Warning: ${warning.message}${warning.count > 1 ? ` (${warning.count} times)` : ""}.`;
}

async function report(io: CommandIo, lines: readonly string[]): Promise<void> {
  // Ids and names are the history's: nothing in them may move the terminal.
  const text = lines.map((line) => `${printable(line, 2000)}\n`).join("");
  if (text !== "") await write(io.stderr, text);
}
