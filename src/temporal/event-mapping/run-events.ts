import { businessKeys } from "../../core/business-keys.ts";
import type { RunClosed, RunStarted } from "../../core/event.ts";
import type { Failure, RunLink, RunOutcome } from "../../core/model.ts";
import type { Mutable } from "../../core/open-trace.ts";
import { integer, message, payloadValue, payloadValues, text } from "../workflow/proto-value.ts";
import { headerLink } from "../workflow/trace-header.ts";
import {
  type Arrival,
  type Emit,
  type Handler,
  type HandlerTable,
  type MappingContext,
  toldFailure,
} from "./context.ts";

/** Begin and end of the run, and its workflow tasks. */
export const RUN_EVENTS: HandlerTable = {
  WorkflowExecutionStarted: runStarted,
  WorkflowExecutionCompleted: runClosed("completed"),
  WorkflowExecutionFailed: runClosed("failed"),
  WorkflowExecutionTimedOut: runClosed("timed_out", { type: "Timeout" }),
  WorkflowExecutionCanceled: runClosed("cancelled"),
  WorkflowExecutionTerminated: runClosed("terminated", { type: "Terminated" }),
  WorkflowExecutionContinuedAsNew: runClosed("continued_as_new"),
  WorkflowTaskCompleted: taskCompleted,
  WorkflowTaskFailed: taskFaulted("workflow task failed"),
  WorkflowTaskTimedOut: taskFaulted("workflow task timed out"),
};

function runStarted(arrival: Arrival, context: MappingContext, emit: Emit): void {
  const { id, at, attributes } = arrival;
  const parentId = text(message(attributes["parentWorkflowExecution"])["workflowId"]);
  const rootId = text(message(attributes["rootWorkflowExecution"])["workflowId"]);
  const taskQueue = text(message(attributes["taskQueue"])["name"]);
  const firstRunId = text(attributes["firstExecutionRunId"]);
  const started: Mutable<RunStarted> = {
    type: "run.started",
    at,
    seq: id,
    workflowType: text(message(attributes["workflowType"])["name"]) ?? "workflow",
    links: backwardLinks(arrival, context),
    attributes: businessKeys(
      context.options.businessKeys,
      () => ({
        input: payloadValue(firstPayload(attributes["input"])),
        memo: payloadValues(message(attributes["memo"])["fields"]),
        searchAttributes: payloadValues(message(attributes["searchAttributes"])["indexedFields"]),
      }),
      context.warnings,
    ),
  };
  if (firstRunId !== undefined) started.firstRunId = firstRunId;
  if (taskQueue !== undefined) started.taskQueue = taskQueue;
  if (parentId !== undefined) started.parentWorkflowId = parentId;
  if (rootId !== undefined && rootId !== context.identity.workflowId)
    started.rootWorkflowId = rootId;
  emit(started);
}

/** What a run points back at: its caller's span, its parent, the run that it continues. */
function backwardLinks({ attributes }: Arrival, context: MappingContext): readonly RunLink[] {
  const caller = headerLink(message(attributes["header"])["fields"], "caller");
  const links: RunLink[] = caller === undefined ? [] : [caller];
  const parent = message(attributes["parentWorkflowExecution"]);
  const parentId = text(parent["workflowId"]);
  const parentRun = text(parent["runId"]);
  if (parentRun !== undefined) {
    links.push({
      relation: "parent",
      engine: "temporal",
      runId: parentRun,
      key: `child:${context.identity.workflowId}`,
      ...(parentId !== undefined && { workflowId: parentId }),
    });
  }
  const previous = text(attributes["continuedExecutionRunId"]);
  if (previous !== undefined)
    links.push({ relation: "previous_run", engine: "temporal", runId: previous });
  return links;
}

/** @param failure what the engine's word for the end means, where the event holds no failure of its own */
function runClosed(outcome: RunOutcome, failure?: Failure): Handler {
  return ({ id, at, attributes }, context, emit) => {
    const closed: Mutable<RunClosed> = { type: "run.closed", at, seq: id, outcome };
    const told = failure ?? toldFailure(attributes["failure"], context);
    if (told !== undefined) closed.failure = told;
    const next = text(attributes["newExecutionRunId"]);
    if (next !== undefined)
      closed.links = [{ relation: "next_run", engine: "temporal", runId: next }];
    emit(closed);
  };
}

/** The commands that follow it in the history belong to this task: what came in before it may have ended their waits. */
function taskCompleted({ id }: Arrival, { state }: MappingContext): void {
  state.task = id;
  if (state.resolver !== undefined) delete state.resolver;
  if (state.pendingResolver === undefined) return;
  state.resolver = state.pendingResolver;
  delete state.pendingResolver;
}

const LONGEST_CAUSE = 64;

function taskFaulted(fallback: string): Handler {
  return ({ id, at, attributes }, _context, emit) => {
    const number = integer(attributes["cause"]);
    const cause = number === undefined ? text(attributes["cause"]) : `cause ${number}`;
    emit({ type: "task.faulted", at, seq: id, cause: causeInWords(cause ?? fallback) });
  };
}

/** `WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND` and `UnhandledCommand` as `unhandled command`. */
function causeInWords(cause: string): string {
  return cause
    .slice(0, LONGEST_CAUSE)
    .replace(/^WORKFLOW_TASK_FAILED_CAUSE_/, "")
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replaceAll("_", " ");
}

function firstPayload(payloads: unknown): unknown {
  const list = message(payloads)["payloads"];
  return Array.isArray(list) ? list[0] : undefined;
}
