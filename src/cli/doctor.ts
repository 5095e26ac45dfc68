import { examine } from "../doctor/examine.ts";
import type { Finding } from "../doctor/finding.ts";
import { palette, wantsColor } from "../report/palette.ts";
import { CommandFailure, EXIT } from "./failure.ts";
import { localBackend } from "./local-backends.ts";
import { type CommandIo, write } from "./output.ts";

/** Options of `durascope doctor`, as the command line gives them. */
export interface DoctorOptions {
  readonly json?: boolean;
  /** ARN of a state machine whose calls are tried. */
  readonly stateMachine?: string;
}

/** Version of the shape that `--json` prints. */
const SCHEMA = "durascope.doctor/1";

/**
 * `durascope doctor`: says what of the set-up works, and what the backend does with late spans. Fails with a
 * {@link CommandFailure} of exit code 1 when something does not work.
 */
export async function doctor(options: DoctorOptions, io: CommandIo): Promise<void> {
  const findings = await examine({
    environment: io.environment,
    folder: process.cwd(),
    nodeVersion: process.versions.node,
    now: io.now,
    backendBeside: async (endpoint) => (await localBackend(endpoint, io.fetch))?.kind,
    ...(options.stateMachine !== undefined && { stateMachineArn: options.stateMachine }),
  });
  const failures = findings.filter(({ status }) => status === "failed").length;
  const text =
    options.json === true
      ? JSON.stringify({ schema: SCHEMA, ok: failures === 0, findings }, undefined, 2)
      : findings.map((finding) => lines(finding, io)).join("\n");
  await write(io.stdout, `${text}\n`);
  if (failures > 0)
    throw new CommandFailure(
      EXIT.failed,
      failures === 1 ? "one thing does not work." : `${failures} things do not work.`,
    );
}

function lines({ status, text, hint }: Finding, io: CommandIo): string {
  const { good, bad, wait, dim } = palette(wantsColor(io.environment, io.stdout.isTTY === true));
  const sign = { ok: good("✓"), warning: wait("!"), failed: bad("✗") }[status];
  return hint === undefined || hint === "" ? `${sign} ${text}` : `${sign} ${text}\n  ${dim(hint)}`;
}
