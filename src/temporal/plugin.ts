import { warningLog } from "../core/result.ts";
import { isDisabled } from "../host/disabled.ts";
import { property } from "../host/property.ts";
import { activityAttempt } from "./activity-tracing.ts";
import { clientInterceptor } from "./client-tracing.ts";
import { datadogSide } from "./datadog-side.ts";
import { projectFacts, type RunInfo } from "./facts-projection.ts";
import { type ProvisionalSpans, provisionalSpans } from "./provisional-spans.ts";
import { holdsRecorder, recorderModule } from "./recorder-module.ts";
import type { ActivityInfo } from "./running-activity.ts";
import { checkOptions, type WorkflowTracingOptions } from "./tracing-options.ts";
import { type RunFacts, SINK } from "./workflow/run-facts.ts";
import { stepHeader } from "./workflow/step-header.ts";
import { workflowTelemetry } from "./workflow-telemetry.ts";

/**
 * The plugin: one plain object for workers, clients, bundles and replays, on the connection or beside it. Its hooks
 * give back the options that they were given with what is needed added, and act once however often it is registered.
 */
export interface WorkflowTracing {
  readonly name: "durascope";
  configureClient<Options extends object>(options: Options): Options;
  configureConnection<Options extends object>(options: Options): Options;
  configureNativeConnection<Options extends object>(options: Options): Options;
  configureWorker<Options extends object>(options: Options): Options;
  configureReplayWorker<Options extends object>(options: Options): Options;
  configureBundler<Options extends object>(options: Options): Options;
  runWorker<Worker>(worker: Worker, next: (worker: Worker) => Promise<void>): Promise<void>;
  /** Emits what is held back and waits for the span processor. A client's process calls it before it ends. */
  flush(): Promise<void>;
}

/** Marks what the plugin added, so that a second registration adds nothing. */
const MARK = Symbol.for("durascope.temporal");
const DEFAULT_SETTLE_MS = 2000;

/** Modules of recorders that this process has handed out: two in one workflow would tell everything twice. */
const RECORDERS = new Set<string>();

/**
 * Traces workflows, activities and clients of Temporal: runs, steps, waits and attempts become spans with derived ids.
 *
 * No argument is needed, and it is safe where nothing runs yet (at build time). It touches no promise of a workflow, so
 * it can be turned on and off at any time: histories recorded without it replay with it, and the other way round. On
 * replay nothing is emitted again. With `DURASCOPE_DISABLED=true` it records nothing.
 *
 * @throws DurascopeError `TRACING_OPTION` for an option that is unknown
 */
export function workflowTracing(options: WorkflowTracingOptions = {}): WorkflowTracing {
  checkOptions(options);
  const off = isDisabled();
  const warnings = warningLog();
  const telemetry = workflowTelemetry(options);
  const held: ProvisionalSpans = provisionalSpans(
    telemetry.emit,
    options.settle ?? DEFAULT_SETTLE_MS,
  );
  const said = new Set<string>();

  /** Says each kind of trouble once: it may come with every workflow task. */
  function warnOnce(kind: string, message: string): void {
    if (said.has(kind)) return;
    said.add(kind);
    try {
      if (options.onWarning === undefined) process.emitWarning(message);
      else options.onWarning(message);
    } catch {
      // A logger that throws must not fail a workflow task.
    }
  }

  const datadog = datadogSide(options, warnOnce);

  const facts = {
    // Calls during replay tell what was told before.
    callDuringReplay: false,
    fn(info: RunInfo, told: RunFacts): void {
      try {
        if (!off) {
          held.tell(projectFacts(info, told, options, warnings, telemetry.wanted()));
          telemetry.follow(told);
        }
      } catch (error) {
        const name = error instanceof Error ? error.name : "a value";
        warnings.add("facts_not_projected", `facts of a run could not be told: ${name}`);
      }
      for (const { code, message } of warnings.list()) {
        warnOnce(code, `durascope: ${message} (${code})`);
      }
    },
  };

  const activityInterceptors = marked((context: { readonly info: ActivityInfo }) => {
    const attempt = activityAttempt(context.info, options, telemetry);
    const outbound = {
      getLogAttributes: withoutToken(() => ({ ...attempt?.fields, ...datadog.logIds() })),
    };
    if (attempt === undefined) return { outbound };
    return {
      outbound,
      inbound: {
        execute: <I extends { readonly headers?: unknown }>(
          input: I,
          next: (input: I) => Promise<unknown>,
        ) => attempt.run(() => datadog.around(() => next(input)), stepHeader(input.headers)),
      },
    };
  });

  function configured<Options extends object>(given: Options): Options {
    const worker = given as Options & WorkerShape;
    // The sink stays also when the plugin is off: a bundle with the recorder would warn at every call without it.
    // Of two plugins the first one counts, which is the worker's own: the SDK adds those of its connection after it.
    const sinks = { [SINK]: { facts }, ...worker.sinks };
    if (off) return { ...worker, sinks };
    if (property(sinks[SINK], "facts") !== facts) {
      warnOnce(
        "registered_twice",
        "durascope: two workflowTracing() are registered on one worker, so the options of the second one have no effect. " +
          "Make one, and give it to the connection or to the worker",
      );
    }
    const { interceptors } = worker;
    return {
      ...worker,
      sinks,
      interceptors: {
        ...interceptors,
        // Around all others, so that it sees the failure that the server gets, and their own log lines have the ids.
        activity: once(interceptors?.activity, (known) => [activityInterceptors, ...known]),
        ...(worker.workflowsPath !== undefined && {
          workflowModules: withModule(interceptors?.workflowModules),
        }),
      },
    };
  }

  function checkBundle({ workflowBundle }: WorkerShape): void {
    if (off || workflowBundle === undefined || holdsRecorder(workflowBundle)) return;
    warnOnce(
      "bundle_without_recorder",
      "durascope: the workflow bundle was made without the plugin, so workflows are not recorded (activities are). " +
        "Give the plugin to bundleWorkflowCode too: bundleWorkflowCode({ workflowsPath, plugins: [workflowTracing()] })",
    );
  }

  function withModule(modules: readonly string[] | undefined): string[] {
    const own = recorderModule(options);
    RECORDERS.add(own);
    const given = modules ?? [];
    return given.some((module) => RECORDERS.has(module)) ? [...given] : [...given, own];
  }

  return {
    name: "durascope",
    configureConnection: (given) => given,
    configureNativeConnection: (given) => given,
    configureClient(given) {
      if (off) return given;
      const client = given as typeof given & ClientShape;
      const interceptor = marked(
        clientInterceptor(
          () => client.namespace ?? "default",
          (spans) => telemetry.emit(spans),
          Date.now,
          () => datadog.caller(),
        ),
      );
      const known = client.interceptors?.workflow;
      if (known !== undefined && !Array.isArray(known)) {
        // The SDK takes either a list or its deprecated object of factories, and calls nothing of the one beside the other.
        warnOnce(
          "client_interceptors_deprecated",
          "durascope: the client's interceptors.workflow is the deprecated object { calls }, so starts and signals are not traced. Give a list of interceptors",
        );
        return given;
      }
      return {
        ...client,
        // Inside of all others: what they make active is the caller.
        interceptors: {
          ...client.interceptors,
          workflow: once(known, (others) => [...others, interceptor]),
        },
      };
    },
    configureWorker(given) {
      checkBundle(given);
      return configured(given);
    },
    // A replay tells nothing, so nothing is missing from it.
    configureReplayWorker: configured,
    configureBundler(given) {
      if (off) return given;
      const bundle = given as typeof given & {
        readonly workflowInterceptorModules?: readonly string[];
      };
      return {
        ...bundle,
        workflowInterceptorModules: withModule(bundle.workflowInterceptorModules),
      };
    },
    async runWorker(worker, next) {
      telemetry.workerStarted(worker);
      datadog.workerStarts();
      try {
        await next(worker);
      } finally {
        held.flush();
        telemetry.workerStopped(worker);
        await telemetry.flush();
      }
    },
    async flush() {
      held.flush();
      await telemetry.flush();
    },
  };
}

/** The parts of the SDK's WorkerOptions and ReplayWorkerOptions that are read or added to. */
interface WorkerShape {
  readonly sinks?: Readonly<Record<string, unknown>>;
  readonly workflowsPath?: string;
  readonly workflowBundle?: unknown;
  readonly interceptors?: {
    readonly activity?: readonly object[];
    readonly workflowModules?: readonly string[];
  };
}

/** The parts of the SDK's ClientOptions that are read or added to. */
interface ClientShape {
  readonly namespace?: string;
  readonly interceptors?: { readonly workflow?: unknown };
}

type LogAttributes = Readonly<Record<string, unknown>>;

/**
 * Adds fields to an activity's log lines, and takes the task token out, which the SDK puts on every one of them: whoever
 * holds it can complete the task.
 */
function withoutToken(fields: () => LogAttributes) {
  return (input: LogAttributes, next: (input: LogAttributes) => LogAttributes): LogAttributes => {
    const attributes: Record<string, unknown> = { ...fields(), ...input };
    delete attributes["taskToken"];
    return next(attributes);
  };
}

function marked<Value extends object>(value: Value): Value {
  return Object.assign(value, { [MARK]: true });
}

function once(
  known: readonly object[] = [],
  withOurs: (known: readonly object[]) => object[],
): object[] {
  return known.some((entry) => MARK in entry) ? [...known] : withOurs(known);
}
