/** The part of Lambda's context object that is read (https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html). */
export interface LambdaContext {
  readonly awsRequestId?: string;
  readonly functionName?: string;
  readonly invokedFunctionArn?: string;
  readonly memoryLimitInMB?: string | number;
  readonly xRayTraceId?: string;
  /** Milliseconds until the invocation's timeout. */
  getRemainingTimeInMillis?(): number;
}

type Attributes = Record<string, string | number | boolean>;

/** Attributes of the function and of this invocation of it, under OpenTelemetry's names for FaaS and cloud resources. */
export function functionAttributes(context: LambdaContext, coldStart: boolean): Attributes {
  const arn = context.invokedFunctionArn;
  // arn:partition:lambda:region:account:function:name[:qualifier]
  const [, , service, region, account] = arn?.split(":") ?? [];
  const candidates: Readonly<Record<string, string | number | boolean | undefined>> = {
    "faas.coldstart": coldStart,
    "faas.invocation_id": context.awsRequestId,
    "faas.name": context.functionName,
    "faas.max_memory": Number(context.memoryLimitInMB) * 1_048_576 || undefined,
    "aws.lambda.invoked_arn": arn,
    "cloud.provider": service && "aws",
    "cloud.region": region,
    "cloud.account.id": account,
  };
  const attributes: Attributes = {};
  for (const [key, value] of Object.entries(candidates)) {
    if (value !== undefined) attributes[key] = value;
  }
  return attributes;
}
