import { isDurascopeError } from "../core/errors.ts";
import {
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
    api.listExecutions({ stateMachineArn, maxResults: 1 }),
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
      api.getExecutionHistory({
        executionArn,
        maxResults: 1,
        reverseOrder: false,
        includeExecutionData: false,
      }),
    ),
    attempt("states:DescribeExecution", () =>
      api.describeExecution({ executionArn, includedData: "METADATA_ONLY" }),
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
    const hint = name.startsWith("AccessDenied")
      ? `Allow ${action} in the policy of the poller's role (docs/production.md).`
      : "Check the ARN, the region and the credentials of this process.";
    return { finding: failed(CALL, `${action} failed (${name})`, hint) };
  }
}
