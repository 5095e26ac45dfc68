import { randomBytes, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { DurascopeError } from "../core/errors.ts";
import { deferred } from "./deferred.ts";

/** The part of Lambda's context object that handlers get here, under AWS's names. */
export interface LambdaContext {
  readonly awsRequestId: string;
  readonly functionName: string;
  readonly functionVersion: "$LATEST";
  readonly invokedFunctionArn: string;
  readonly memoryLimitInMB: string;
  readonly xRayTraceId: string;
  /** Milliseconds until the invocation's timeout. */
  getRemainingTimeInMillis(): number;
}

/** A Node handler as Lambda calls it; a rejection becomes a function error. */
export type LambdaHandler = (event: unknown, context: LambdaContext) => unknown;

/** A running Lambda Invoke endpoint. */
export interface LambdaEndpoint {
  /** URL for the `endpoint` option of an AWS client, and for `startStepFunctionsEndpoint`. */
  readonly endpoint: string;
  /** Stops taking invocations and resolves when the listener is closed. May be called again. */
  readonly stop: () => Promise<void>;
}

/** Options of {@link startLambdaEndpoint}. */
export interface LambdaEndpointOptions {
  /** Timeout of an invocation in milliseconds; after it the invocation fails with `Sandbox.Timedout`. @default 30000 */
  readonly timeoutMs?: number;
  /** Name or address to listen on; another than the default lets other machines invoke the functions. @default "127.0.0.1" */
  readonly host?: string;
  /** @default a free one */
  readonly port?: number;
  /** Account and region of the functions' ARNs. */
  readonly account?: string;
  readonly region?: string;
}

/** AWS's limit on the payload of a synchronous invocation, in bytes, request and response alike. */
const payloadLimit = 6 * 1024 * 1024;

const invokePath = /^\/2015-03-31\/functions\/([^/?]+)\/invocations(?:\?.*)?$/u;

/**
 * Serves the Lambda Invoke API, on 127.0.0.1 by default, and runs Node handlers in this process, by
 * function name: requests may name a function by name, ARN, or ARN with a version.
 *
 * A handler that throws gives a function error as AWS does: status 200, `X-Amz-Function-Error`, and
 * `{ errorType, errorMessage }`, the type being the error's `name`. Stack traces are left out.
 */
export async function startLambdaEndpoint(
  handlers: Readonly<Record<string, LambdaHandler>>,
  options: LambdaEndpointOptions = {},
): Promise<LambdaEndpoint> {
  const functions = new Map(Object.entries(handlers));
  const host = options.host ?? "127.0.0.1";
  const server = createServer((request, response) => {
    void serve(functions, options, request, response).catch(() => response.destroy());
  });
  // Longer than an AWS client keeps a connection: closing first races with its next request.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port: options.port ?? 0 }, () => resolve());
  });
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new DurascopeError("ENGINE_NO_PORT", `The Lambda endpoint got no port on ${host}.`);
  }
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    return stopped;
  };
  return { endpoint: `http://${host}:${address.port}`, stop };
}

async function serve(
  functions: ReadonlyMap<string, LambdaHandler>,
  options: LambdaEndpointOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const reference = invokePath.exec(request.url ?? "")?.[1];
  if (request.method !== "POST" || reference === undefined) {
    return refuse(response, 404, "UnknownOperationException", "Only Invoke is served here.");
  }
  const body = await readBody(request);
  if (body === undefined) {
    return refuse(
      response,
      413,
      "RequestTooLargeException",
      `${payloadLimit} byte payload is the limit.`,
    );
  }
  const context = contextFor(functionName(reference), request, options);
  const handler = functions.get(context.functionName);
  if (handler === undefined) {
    const message = `Function not found: ${context.invokedFunctionArn}`;
    return refuse(response, 404, "ResourceNotFoundException", message);
  }
  let event: unknown;
  try {
    event = body.length === 0 ? {} : JSON.parse(body.toString("utf8"));
  } catch {
    return refuse(
      response,
      400,
      "InvalidRequestContentException",
      "The payload is not valid JSON.",
    );
  }
  const result = await invoke(handler, event, context, options.timeoutMs ?? defaultTimeoutMs);
  response.writeHead(200, {
    "content-type": "application/json",
    "x-amzn-requestid": context.awsRequestId,
    "x-amzn-trace-id": context.xRayTraceId,
    "x-amz-executed-version": context.functionVersion,
    ...(result.failed && { "x-amz-function-error": "Unhandled" }),
  });
  response.end(result.payload);
}

const defaultTimeoutMs = 30_000;

interface InvocationResult {
  readonly failed: boolean;
  /** JSON text. */
  readonly payload: string;
}

async function invoke(
  handler: LambdaHandler,
  event: unknown,
  context: LambdaContext,
  timeoutMs: number,
): Promise<InvocationResult> {
  const { promise: timedOut, resolve: timeOut } = deferred<InvocationResult>();
  const timer = setTimeout(() => {
    const seconds = (timeoutMs / 1000).toFixed(2);
    timeOut(
      failure(
        "Sandbox.Timedout",
        `RequestId: ${context.awsRequestId} Error: Task timed out after ${seconds} seconds`,
      ),
    );
  }, timeoutMs);
  try {
    return await Promise.race([run(handler, event, context), timedOut]);
  } finally {
    clearTimeout(timer);
  }
}

async function run(
  handler: LambdaHandler,
  event: unknown,
  context: LambdaContext,
): Promise<InvocationResult> {
  try {
    const payload = JSON.stringify(await handler(event, context)) ?? "null";
    if (Buffer.byteLength(payload) <= payloadLimit) return { failed: false, payload };
    return failure(
      "Function.ResponseSizeTooLarge",
      `Response payload size exceeded maximum allowed payload size (${payloadLimit} bytes).`,
    );
  } catch (error) {
    // Node's runtime client reports a thrown value that is no Error by its type.
    if (!(error instanceof Error)) return failure(typeof error, String(error));
    return failure(error.name, error.message);
  }
}

function failure(errorType: string, errorMessage: string): InvocationResult {
  return { failed: true, payload: JSON.stringify({ errorType, errorMessage, trace: [] }) };
}

function contextFor(
  functionNameValue: string,
  request: IncomingMessage,
  options: LambdaEndpointOptions,
): LambdaContext {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const deadline = Date.now() + timeoutMs;
  const header = request.headers["x-amzn-trace-id"];
  const account = options.account ?? "123456789012";
  const region = options.region ?? "us-east-1";
  return {
    awsRequestId: randomUUID(),
    functionName: functionNameValue,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:${region}:${account}:function:${functionNameValue}`,
    memoryLimitInMB: "128",
    xRayTraceId: typeof header === "string" ? header : newXRayTraceId(),
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

/** The function's name in a reference: `name`, `name:alias`, `arn:aws:lambda:region:account:function:name[:alias]`. */
function functionName(reference: string): string {
  const decoded = decodeURIComponent(reference);
  const afterArn = decoded.split(":function:").at(-1) ?? decoded;
  return afterArn.split(":")[0] ?? afterArn;
}

function newXRayTraceId(): string {
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  return `Root=1-${seconds}-${randomBytes(12).toString("hex")};Parent=${randomBytes(8).toString("hex")};Sampled=1`;
}

/** The request's body; undefined when it is longer than AWS takes. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    // The rest is read and dropped, so that the client gets the answer and no broken connection.
    if (length <= payloadLimit) chunks.push(bytes);
  }
  return length <= payloadLimit ? Buffer.concat(chunks) : undefined;
}

function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  response.writeHead(status, { "content-type": "application/json", "x-amzn-errortype": type });
  response.end(JSON.stringify({ Type: "User", Message: message, message }));
}
