import type { Clock } from "../core/ports.ts";
import type { Environment } from "../host/disabled.ts";
import type { StepFunctionsClient } from "../stepfunctions/step-functions-api.ts";
import type { BackendId } from "../telemetry/backend-limits.ts";
import { backendFinding, type NamedBackend } from "./backend-check.ts";
import { endpointFindings } from "./endpoint-check.ts";
import type { Finding } from "./finding.ts";
import { packageFindings } from "./package-check.ts";
import { permissionFindings } from "./permission-check.ts";
import { runtimeFindings } from "./runtime-check.ts";
import { spoolFindings } from "./spool-check.ts";

/** What is examined. */
export interface Examined {
  readonly environment: Environment;
  /** Folder of the application: its packages are looked at. */
  readonly folder: string;
  /** As `process.versions.node`. */
  readonly nodeVersion: string;
  readonly now: Clock;
  /** The backend that the spans end up in, as people name it. */
  readonly backend?: BackendId;
  /** The backend that a lookup asks. */
  readonly asked?: NamedBackend;
  /** Also try the poller's calls, for this state machine. */
  readonly stateMachineArn?: string;
  /** Makes those calls. @default the AWS SDK's, with the credentials of the environment */
  readonly client?: StepFunctionsClient;
}

/** All findings, in the order in which they are told. Sends one request without spans; changes nothing. Never rejects. */
export async function examine(it: Examined): Promise<Finding[]> {
  const [endpoint, spool, permissions] = await Promise.all([
    endpointFindings(it.environment, it.now),
    spoolFindings(it.environment),
    it.stateMachineArn === undefined
      ? Promise.resolve([])
      : permissionFindings(it.stateMachineArn, it.client),
  ]);
  return [
    ...runtimeFindings(it.nodeVersion, it.environment),
    ...packageFindings(it.folder),
    ...endpoint.findings,
    ...spool,
    backendFinding(endpoint.url, it.backend, it.asked),
    ...permissions,
  ];
}
