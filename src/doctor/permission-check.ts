import { isDurascopeError } from "../core/errors.ts";
import {
  type CallOptions,
  errorName,
  openApi,
  type StepFunctionsApi,
  type StepFunctionsClient,
} from "../stepfunctions/step-functions-api.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";

const CALL = "permissions";

/**
 * Makes each call of the poller once, for one state machine, and reads nothing of the answers but an ARN. Never rejects.
 */
export async function permissionFindings(
  stateMachineArn: string,
  client?: StepFunctionsClient,
): Promise<Finding[]> {
  let api: StepFunctionsApi;
  try {
    api = await openApi(client);
  } catch (error) {
    const reason = isDurascopeError(error) ? error.message : errorName(error);
    return [failed(CALL, "the AWS client cannot be made", reason)];
  }
  const list = await attempt("states:ListExecutions", () =>
    api.listExecutions({ stateMachineArn, maxResults: 1 }, patience()),
  );
  const executionArn = list.answer?.executions?.[0]?.executionArn;
  if (list.answer === undefined) return [list.finding];
  if (executionArn === undefined)
    return [
      list.finding,
      warning(
        CALL,
        "states:GetExecutionHistory and states:DescribeExecution were not tried, since there is no execution yet",
        "Start one, and ask again.",
      ),
    ];
  const [history, described] = await Promise.all([
    attempt("states:GetExecutionHistory", () =>
      api.getExecutionHistory(
        { executionArn, maxResults: 1, reverseOrder: false, includeExecutionData: false },
        patience(),
      ),
    ),
    attempt("states:DescribeExecution", () =>
      api.describeExecution({ executionArn, includedData: "METADATA_ONLY" }, patience()),
    ),
  ]);
  return [list.finding, history.finding, described.finding];
}

async function attempt<Answer>(
  action: string,
  call: () => Promise<Answer>,
): Promise<{ readonly finding: Finding; readonly answer?: Answer }> {
  try {
    const answer = await call();
    return { finding: ok(CALL, `${action} is allowed`), answer };
  } catch (error) {
    const name = errorName(error);
    return { finding: failed(CALL, `${action} failed (${name})`, hintOf(name, action)) };
  }
}

const PATIENCE_MS = 10_000;

function patience(): CallOptions {
  return { abortSignal: AbortSignal.timeout(PATIENCE_MS) };
}

function hintOf(name: string, action: string): string {
  if (name.startsWith("AccessDenied"))
    return `Allow ${action} in the policy of the poller's role (docs/production.md).`;
  if (/Credentials|Token|UnrecognizedClient|Signature/.test(name))
    return "AWS takes no credentials of this process: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or log in anew.";
  if (name === "StateMachineDoesNotExist" || name === "InvalidArn")
    return "Check the ARN: account, region and name have to be right.";
  if (name === "StateMachineTypeNotSupported")
    return "It is an Express state machine, whose executions have no history to read.";
  return "Check that AWS can be reached from here (AWS_ENDPOINT_URL_SFN, a proxy), and the ARN, and the credentials of this process.";
}
