import { isDurascopeError } from "../core/errors.ts";
import type { NamedBackend } from "../doctor/backend-check.ts";
import { examine } from "../doctor/examine.ts";
import { type Finding, failed, ok, sentences, warning } from "../doctor/finding.ts";
import { INSTRUMENTATION_SCOPE } from "../host/instrumentation-scope.ts";
import { palette, wantsColor } from "../report/palette.ts";
import { printable, wrap } from "../report/printable.ts";
import type { BackendId } from "../telemetry/backend-limits.ts";
import { CommandFailure, EXIT } from "./failure.ts";
import { backendOf, type ChosenBackend, choiceOf } from "./lookup/backend.ts";
import { type CommandIo, columnsOf, write } from "./output.ts";

/** Options of `durascope doctor`, as the command line gives them. */
export interface DoctorOptions {
  readonly json?: boolean;
  /** The backend that the spans end up in. */
  readonly backend?: BackendId;
  /** ARN of a state machine whose calls are tried. */
  readonly stateMachineArn?: string;
  /** The same, by an older name. */
  readonly stateMachine?: string;
}

/** Version of the shape that `--json` prints. */
const SCHEMA = "durascope.doctor/1";

/** How long the backend of a lookup may take to answer, in ms. */
const PATIENCE = 10_000;

/** An id that no run has. */
const NO_ID = "durascope-doctor-asks-whether-you-answer";

/**
 * `durascope doctor`: says what of the set-up works, and what the backend does with late spans. Fails with a
 * {@link CommandFailure} of exit code 1 when something does not work.
 */
export async function doctor(options: DoctorOptions, io: CommandIo): Promise<void> {
  const { backend, stateMachineArn = options.stateMachine } = options;
  const lookup = await lookupFinding(io);
  const found = await examine({
    environment: io.environment,
    folder: process.cwd(),
    nodeVersion: process.versions.node,
    now: io.now,
    ...(lookup.asked !== undefined && { asked: lookup.asked }),
    ...(backend !== undefined && { backend }),
    ...(stateMachineArn !== undefined && { stateMachineArn }),
  });
  const version = ok("durascope", `durascope ${INSTRUMENTATION_SCOPE.version}`);
  const findings = [version, ...found, lookup.finding];
  const failures = findings.filter(({ status }) => status === "failed").length;
  const text =
    options.json === true
      ? JSON.stringify({ schema: SCHEMA, ok: failures === 0, findings }, undefined, 2)
      : findings.flatMap((finding) => lines(finding, io)).join("\n");
  await write(io.stdout, `${text}\n`);
  if (failures > 0)
    throw new CommandFailure(
      EXIT.failed,
      failures === 1 ? "one thing does not work." : `${failures} things do not work.`,
    );
}

/** The backend that `durascope lookup` asks here, and whether it answers. */
async function lookupFinding(
  io: CommandIo,
): Promise<{ readonly asked?: NamedBackend; readonly finding: Finding }> {
  const surroundings = io.fetch && { request: io.fetch };
  let asked: NamedBackend | undefined;
  let chosen: ChosenBackend;
  try {
    const choice = await choiceOf({}, io.environment, surroundings);
    // A file holds late spans as any others; what stands behind the endpoint it does not tell.
    if (choice !== undefined && choice.kind !== "file")
      asked = { id: choice.kind, by: choice.chosenBy };
    chosen = await backendOf(choice, {}, io.environment);
  } catch (error) {
    return { ...(asked !== undefined && { asked }), finding: lacking(error) };
  }
  return { ...(asked !== undefined && { asked }), finding: await answers(chosen) };
}

async function answers({ backend, chosenBy, kind }: ChosenBackend): Promise<Finding> {
  const isFile = kind === "file";
  const asks = `lookup asks ${isFile ? `the ${backend.name}` : backend.name} (${chosenBy})`;
  const signal = AbortSignal.timeout(PATIENCE);
  try {
    // A file may take long to read: that it is there is enough.
    await (isFile
      ? backend.fetch([], { id: NO_ID }, signal)
      : backend.search({ id: NO_ID }, signal));
    return ok("lookup", `${asks}, which ${isFile ? "is there" : "answers"}`);
  } catch (error) {
    const reason = isDurascopeError(error)
      ? error.message
      : `It has not answered within ${PATIENCE / 1000} s.`;
    return failed("lookup", `${asks}, and that fails`, reason);
  }
}

/** What a set-up that cannot be asked lacks, and what to do. */
function lacking(error: unknown): Finding {
  const { text, hint } = sentences(error instanceof Error ? error.message : "unknown reason.");
  const own = error instanceof CommandFailure ? error.hint : undefined;
  return warning("lookup", `lookup cannot ask: ${text}`, own ?? (hint || "See docs/lookup.md."));
}

/** A finding as people read it: a sign, the text, and below it what to do. */
function lines({ status, text, hint = "" }: Finding, io: CommandIo): string[] {
  const { good, bad, wait, dim } = palette(wantsColor(io.environment, io.stdout.isTTY === true));
  const sign = { ok: good("✓"), warning: wait("!"), failed: bad("✗") }[status];
  const columns = columnsOf(io) - 2;
  const [first = "", ...rest] = wrap(printable(text, 2000), columns);
  const hints = hint === "" ? [] : wrap(printable(hint, 2000), columns);
  return [
    `${sign} ${first}`,
    ...rest.map((line) => `  ${line}`),
    ...hints.map((line) => `  ${dim(line)}`),
  ];
}
