import { DurascopeError } from "../core/errors.ts";
import { parseExecutionArn, parseStateMachineArn } from "./arn.ts";

/** What every call takes beside its input; the SDK's own request options fit. */
export interface CallOptions {
  /** Ends the call when it takes too long. */
  readonly abortSignal?: AbortSignal;
}

/** Input of GetExecutionHistory (https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html). */
export interface HistoryRequest {
  readonly executionArn: string;
  /** At most 1000. */
  readonly maxResults: number;
  readonly reverseOrder: boolean;
  readonly includeExecutionData: boolean;
  readonly nextToken?: string;
}

/** One page of a history. */
export interface HistoryPage {
  readonly events?: readonly object[] | undefined;
  readonly nextToken?: string | undefined;
}

/** Input of ListExecutions (https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html). */
export interface ListRequest {
  readonly stateMachineArn: string;
  /** At most 1000. */
  readonly maxResults: number;
  readonly statusFilter?: "RUNNING";
  readonly nextToken?: string;
}

/**
 * Input of DescribeExecution (https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html):
 * without the execution's input and output, which are payloads and need `kms:Decrypt` where they are encrypted.
 */
export interface DescribeRequest {
  readonly executionArn: string;
  readonly includedData?: "METADATA_ONLY";
}

/** One execution in a list. */
export interface ListedExecution {
  readonly executionArn?: string | undefined;
  readonly status?: string | undefined;
  readonly startDate?: Date | undefined;
  readonly redriveCount?: number | undefined;
}

/** One page of a list, newest start first. */
export interface ListPage {
  readonly executions?: readonly ListedExecution[] | undefined;
  readonly nextToken?: string | undefined;
}

/**
 * The three calls that the poller makes. The SDK's `SFN` class is one; so is any object with these methods, such as a
 * test's own.
 */
export interface StepFunctionsApi {
  getExecutionHistory(input: HistoryRequest, options?: CallOptions): Promise<HistoryPage>;
  listExecutions(input: ListRequest, options?: CallOptions): Promise<ListPage>;
  describeExecution(input: DescribeRequest, options?: CallOptions): Promise<ListedExecution>;
}

/** The SDK's `SFNClient`, by its shape: the SDK is an optional peer, so its types are not named here. */
export interface SdkClient {
  readonly send: (...input: never[]) => unknown;
}

/** What the option `client` takes. */
export type StepFunctionsClient = StepFunctionsApi | SdkClient;

type Send = (command: object, options?: CallOptions) => Promise<object>;

/**
 * The API behind a client. Without one the AWS SDK is loaded and makes one for each region that an ARN names, with the
 * credentials of the environment, and without retries of its own: every call must count against the budget.
 *
 * @throws DurascopeError `AWS_SDK_MISSING` when `@aws-sdk/client-sfn` is needed and not installed
 */
export async function openApi(client: StepFunctionsClient | undefined): Promise<StepFunctionsApi> {
  if (client !== undefined && "getExecutionHistory" in client) return client;
  const sdk = await loadSdk();
  if (client === undefined) return regionalApi((region) => new sdk.SFN({ maxAttempts: 1, region }));
  const send: Send = (command, options) =>
    (client.send as Send).call(client, command, ...(options === undefined ? [] : [options]));
  return {
    getExecutionHistory: (input, options) =>
      send(new sdk.GetExecutionHistoryCommand(input), options),
    listExecutions: (input, options) => send(new sdk.ListExecutionsCommand(input), options),
    describeExecution: (input, options) => send(new sdk.DescribeExecutionCommand(input), options),
  };
}

/** Sends each call to the region of its ARN: one of another region's does not exist for AWS. */
function regionalApi(open: (region: string) => StepFunctionsApi): StepFunctionsApi {
  const clients = new Map<string, StepFunctionsApi>();
  const of = (region = ""): StepFunctionsApi => {
    let client = clients.get(region);
    if (client === undefined) clients.set(region, (client = open(region)));
    return client;
  };
  return {
    getExecutionHistory: (input, options) =>
      of(parseExecutionArn(input.executionArn)?.region).getExecutionHistory(input, options),
    listExecutions: (input, options) =>
      of(parseStateMachineArn(input.stateMachineArn)?.region).listExecutions(input, options),
    describeExecution: (input, options) =>
      of(parseExecutionArn(input.executionArn)?.region).describeExecution(input, options),
  };
}

async function loadSdk(): Promise<typeof import("@aws-sdk/client-sfn")> {
  try {
    return await import("@aws-sdk/client-sfn");
  } catch (cause) {
    throw new DurascopeError(
      "AWS_SDK_MISSING",
      "StepFunctionsPoller needs the AWS SDK, which is not installed: run `npm install @aws-sdk/client-sfn`, or give the option `client`.",
      { cause },
    );
  }
}

/** Error names by which AWS says "too many calls" (the SDK's own list: @smithy/service-error-classification). */
const THROTTLES: ReadonlySet<string> = new Set([
  "BandwidthLimitExceeded",
  "KmsThrottlingException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestThrottledException",
  "SlowDown",
  "ThrottledException",
  "Throttling",
  "ThrottlingException",
  "TooManyRequests",
  "TooManyRequestsException",
]);

/** Name of an API's error; `Error` when it has none. Holds no payload. */
export function errorName(error: unknown): string {
  if (typeof error !== "object" || error === null) return "Error";
  const { name, code } = { name: "", code: "", ...named(error) };
  // A connection that fails is a mere `Error`, and its code says why: ECONNREFUSED.
  const text = name === "" || name === "Error" ? code : name;
  return text === "" ? "Error" : text.slice(0, 64);
}

function named(error: object): { name?: string; code?: string } {
  return {
    ...("name" in error && typeof error.name === "string" && { name: error.name }),
    ...("code" in error && typeof error.code === "string" && { code: error.code }),
  };
}

/** Whether an API's error says that there were too many calls. */
export function isThrottle(error: unknown): boolean {
  if (THROTTLES.has(errorName(error))) return true;
  if (typeof error !== "object" || error === null || !("$metadata" in error)) return false;
  const metadata = error.$metadata;
  return (
    typeof metadata === "object" &&
    metadata !== null &&
    "httpStatusCode" in metadata &&
    metadata.httpStatusCode === 429
  );
}
