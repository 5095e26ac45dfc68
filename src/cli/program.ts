import type { Readable } from "node:stream";
import { Command, Option } from "commander";
import { INSTRUMENTATION_SCOPE } from "../host/instrumentation-scope.ts";
import { BACKEND_LIMITS } from "../telemetry/backend-limits.ts";
import type { ConvertOptions } from "./convert.ts";
import type { DoctorOptions } from "./doctor.ts";
import type { LookupOptions } from "./lookup.ts";
import {
  aNumber,
  anExecutionArn,
  aPort,
  aStateMachineArn,
  compensation,
  executionArns,
  nonEmpty,
  repeated,
  seconds,
  stateMachineArns,
  waitName,
  wholeNumber,
} from "./option-values.ts";
import type { CommandIo } from "./output.ts";
import type { PollCommandOptions } from "./poll.ts";

/** What all commands together write to and read from. */
export type ProgramIo = CommandIo & { readonly stdin: Readable };

const MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:orderSaga";

/** The commands with their options and help. Each command's code is loaded when it is called. */
export function program(io: ProgramIo): Command {
  const durascope = new Command("durascope")
    .description("Shows what durable workflows did, on Temporal and AWS Step Functions.")
    .version(INSTRUMENTATION_SCOPE.version)
    .showHelpAfterError(
      "(durascope --help tells the commands, durascope <command> --help their options)",
    )
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: (text, writeError) => writeError(text.replace(/^error: /, "durascope: ")),
    })
    .addHelpText(
      "after",
      examples([
        ["durascope lookup order-1001", "what happened to an order, and why"],
        ["durascope convert history.json --out spans.otlp.jsonl", "a history as spans"],
        ["durascope doctor", "what keeps spans from arriving"],
      ]),
    )
    .exitOverride();
  addLookup(durascope, io);
  addConvert(durascope, io);
  addPoll(durascope, io);
  addDoctor(durascope, io);
  return durascope;
}

function addLookup(durascope: Command, io: CommandIo): void {
  durascope
    .command("lookup")
    .description("find a run and print what happened, and why")
    .argument(
      "<id>",
      "business key, workflow id, run id, execution name, execution ARN or trace id",
      nonEmpty,
    )
    .option(
      "--file <path>",
      "file of OTLP JSON lines with what it was rotated into, or a folder; may be repeated (default: $DURASCOPE_FILE, .durascope/demo.otlp.jsonl)",
      repeated,
    )
    .addOption(
      new Option(
        "--backend <name>",
        "what to ask (default: $DURASCOPE_BACKEND, else what the environment tells)",
      ).choices(["file", "jaeger", "tempo", "datadog"]),
    )
    .option("--url <url>", "address of the Jaeger or Tempo of --backend", nonEmpty)
    .option(
      "--key <attribute>",
      "business key to search by, may be repeated (default: $DURASCOPE_KEYS, order.id)",
      repeated,
    )
    .option(
      "--since <time>",
      "only runs that began since then: 90m, 12h, 7d, 2w, 2026-11-27",
      nonEmpty,
    )
    .option("--depth <n>", "how many links to follow to related runs (default: 2)", wholeNumber)
    .option(
      "--timeout <seconds>",
      "how long the whole lookup may take (default: 120, none for a file)",
      seconds,
    )
    .option("--logs <n>", "how many log lines to print of a run (default: 100)", wholeNumber)
    .option("--json", "print the same as data (docs/lookup-json.md)")
    .option("--all", "print the tree of every run that was found, not of the newest alone")
    .option("--open", "open the first page that shows more")
    .addHelpText(
      "after",
      examples([
        ["durascope lookup order-1001", "asks what the environment names"],
        ["durascope lookup order-1001 --backend jaeger --url http://localhost:16686", ""],
        ["durascope lookup order-1001 --file spans.otlp.jsonl --all", ""],
        ["durascope lookup order-1001 --json | jq -r '.runs[0].why'", ""],
      ]) +
        ends("0 found, 1 failed, 2 called wrongly, 3 nothing found, 4 backend cannot be asked") +
        "Backends are set by JAEGER_URL, TEMPO_URL, or DD_API_KEY, DD_APP_KEY and DD_SITE (docs/lookup.md).",
    )
    .action(async (id: string, options: LookupOptions) => {
      const { lookup } = await import("./lookup.ts");
      await lookup(id, options, io);
    });
}

function addConvert(durascope: Command, io: ProgramIo): void {
  durascope
    .command("convert")
    .description("turn a recorded history of either engine into OTLP JSON lines")
    .argument(
      "<history.json>",
      "history as the engine's API or command line gives it; - for the standard input",
      nonEmpty,
    )
    .addOption(
      new Option("--from <engine>", "engine of the history (default: recognised)").choices([
        "temporal",
        "stepfunctions",
      ]),
    )
    .option("--workflow-id <id>", "Temporal: the run's workflow id", nonEmpty)
    .option("--run-id <id>", "Temporal: the run's own id", nonEmpty)
    .option("--namespace <name>", "Temporal: the run's namespace (default: default)", nonEmpty)
    .option("--execution-arn <arn>", "Step Functions: the execution's ARN", anExecutionArn)
    .option("--out <file>", "append to this file instead of the standard output", nonEmpty)
    .option("--send", "send to the endpoint of OTEL_EXPORTER_OTLP_* instead")
    .option(
      "--spool <folder>",
      "keep what cannot be sent there, for a later process (default: $DURASCOPE_SPOOL_DIR)",
      nonEmpty,
    )
    .option(
      "--service-name <name>",
      "service.name of the spans (default: the workflow's type)",
      nonEmpty,
    )
    .option(
      "--compensates <step=steps>",
      "which steps a step undoes: refund=reserveInventory,chargeCard; may be repeated",
      compensation,
    )
    .option(
      "--waits <step=name>",
      "name of the wait that a step opens: notifyReviewer=approval; may be repeated",
      waitName,
    )
    .addHelpText(
      "after",
      examples([
        [
          "temporal workflow show --workflow-id order-1001 --output json | durascope convert - --out spans.otlp.jsonl",
          "",
        ],
        ["durascope convert history.json --execution-arn arn:aws:states:… --send", ""],
      ]) + ends("0 done, 1 failed, 2 called wrongly"),
    )
    .action(async (path: string, options: ConvertOptions) => {
      const { convert } = await import("./convert.ts");
      await convert(path, options, io);
    });
}

function addPoll(durascope: Command, io: CommandIo): void {
  durascope
    .command("poll")
    .description("follow executions of Step Functions: spans, metrics and log lines of them")
    .option(
      "--state-machine-arn <arn>",
      "state machine to follow, may be repeated",
      stateMachineArns,
    )
    .option("--execution-arn <arn>", "execution to follow, may be repeated", executionArns)
    .option("--compensates <step=steps>", "as of convert; may be repeated", compensation)
    .option("--waits <step=name>", "as of convert; may be repeated", waitName)
    .option("--look-back <hours>", "follow what began since then too (default: 1)", aNumber)
    .option("--interval <seconds>", "pause between two looks at an execution (default: 2)", aNumber)
    .option("--calls-per-second <n>", "most calls of the API (default: 10)", aNumber)
    .option("--out <file>", "append spans to this file of OTLP JSON lines", nonEmpty)
    .option(
      "--spool <folder>",
      "keep spans there while the endpoint takes none (default: $DURASCOPE_SPOOL_DIR)",
      nonEmpty,
    )
    .option("--metrics-port <port>", "serve /metrics for Prometheus; 0 takes a free port", aPort)
    .option("--metrics-host <address>", "where to serve it (default: 127.0.0.1)", nonEmpty)
    .option(
      "--checkpoints <folder>",
      "keep there how far each execution is, for a restart (default: in memory)",
      nonEmpty,
    )
    .option("--once", "poll once and end")
    .addHelpText(
      "after",
      examples([
        [`durascope poll --state-machine-arn ${MACHINE} --metrics-port 9464`, ""],
        [`durascope poll --state-machine-arn ${MACHINE} --once --out spans.otlp.jsonl`, ""],
      ]) +
        ends("0 done or stopped by a signal, 1 failed or spans were lost, 2 called wrongly") +
        "Spans go to OTEL_EXPORTER_OTLP_ENDPOINT where no --out is given. Credentials are AWS's own settings, the region is that of the ARNs.",
    )
    .action(async (options: PollCommandOptions) => {
      const { poll } = await import("./poll.ts");
      await poll(options, io);
    });
}

function addDoctor(durascope: Command, io: CommandIo): void {
  durascope
    .command("doctor")
    .description(
      "check the set-up: endpoint, packages, spool, lookup, and what the backend does with late spans",
    )
    .addOption(
      new Option(
        "--backend <name>",
        "backend that the spans end up in (default: as the endpoint's host or the settings of lookup tell)",
      ).choices(BACKEND_LIMITS.map(({ id }) => id)),
    )
    .option(
      "--state-machine-arn <arn>",
      "also try the poller's calls to AWS, for this state machine",
      aStateMachineArn,
    )
    .addOption(new Option("--state-machine <arn>").argParser(aStateMachineArn).hideHelp())
    .option("--json", "print the same as data (schema durascope.doctor/1)")
    .addHelpText("after", ends("0 all works, 1 something does not, 2 called wrongly").trimEnd())
    .action(async (options: DoctorOptions) => {
      const { doctor } = await import("./doctor.ts");
      await doctor(options, io);
    });
}

/** Calls as people make them, with what each is for. */
function examples(calls: readonly (readonly [call: string, purpose: string])[]): string {
  const longest = Math.max(...calls.map(([call, purpose]) => (purpose === "" ? 0 : call.length)));
  const lines = calls.map(([call, purpose]) => `  ${call.padEnd(longest)}  ${purpose}`.trimEnd());
  return `\nExamples:\n${lines.join("\n")}\n`;
}

function ends(codes: string): string {
  return `\nEnds with ${codes}.\n`;
}
