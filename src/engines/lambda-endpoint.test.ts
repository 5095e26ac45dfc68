import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LambdaEndpoint, startLambdaEndpoint } from "./lambda-endpoint.ts";

class CardDeclined extends Error {
  override readonly name = "CardDeclined";
}

let lambda: LambdaEndpoint;

beforeAll(async () => {
  lambda = await startLambdaEndpoint(
    {
      describe: (event, context) => ({
        event,
        ...context,
        remaining: context.getRemainingTimeInMillis(),
      }),
      nothing: () => undefined,
      decline: () => Promise.reject(new CardDeclined("no funds")),
      throwText: () => {
        throw "text";
      },
      tooMuch: () => "x".repeat(6 * 1024 * 1024),
      hang: () => new Promise(() => undefined),
    },
    { timeoutMs: 200 },
  );
});

afterAll(async () => {
  await lambda.stop();
});

function invoke(reference: string, body = "{}", headers = {}): Promise<Response> {
  const path = `/2015-03-31/functions/${encodeURIComponent(reference)}/invocations`;
  return fetch(lambda.endpoint + path, { method: "POST", body, headers });
}

describe("an invocation", () => {
  it("gets the event and the context that AWS gives, and its own request id in the answer", async () => {
    const response = await invoke("describe", '{"a":1}', { "x-amzn-trace-id": "Root=1-2-3" });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-amz-function-error")).toBeNull();
    expect(response.headers.get("x-amz-executed-version")).toBe("$LATEST");
    const body = await response.json();
    expect(body).toMatchObject({
      event: { a: 1 },
      functionName: "describe",
      invokedFunctionArn: "arn:aws:lambda:us-east-1:123456789012:function:describe",
      xRayTraceId: "Root=1-2-3",
      awsRequestId: response.headers.get("x-amzn-requestid"),
    });
    expect(body).toHaveProperty("remaining", expect.any(Number));
  });

  it.each([
    "describe",
    "describe:live",
    "arn:aws:lambda:us-east-1:123456789012:function:describe",
    "arn:aws:lambda:us-east-1:123456789012:function:describe:$LATEST",
    "123456789012:function:describe",
  ])("names its function as %s", async (reference) => {
    const response = await invoke(reference);
    expect(await response.json()).toMatchObject({ functionName: "describe" });
  });

  it("that returns nothing answers null", async () => {
    expect(await (await invoke("nothing")).text()).toBe("null");
  });
});

describe("a function error", () => {
  it.each([
    ["decline", { errorType: "CardDeclined", errorMessage: "no funds", trace: [] }],
    ["throwText", { errorType: "string", errorMessage: "text", trace: [] }],
    ["hang", { errorType: "Sandbox.Timedout" }],
    ["tooMuch", { errorType: "Function.ResponseSizeTooLarge" }],
  ])("of %s has AWS's header and body", async (name, expected) => {
    const response = await invoke(name);
    expect(response.status).toBe(200);
    expect(response.headers.get("x-amz-function-error")).toBe("Unhandled");
    expect(await response.json()).toMatchObject(expected);
  });
});

describe("a request that is no invocation of a function here", () => {
  it.each([
    ["unknown", "{}", 404, "ResourceNotFoundException"],
    ["describe", "{", 400, "InvalidRequestContentException"],
    ["describe", " ".repeat(6 * 1024 * 1024 + 1), 413, "RequestTooLargeException"],
  ])("is refused (%s)", async (name, body, status, type) => {
    const response = await invoke(name, body);
    expect(response.status).toBe(status);
    expect(response.headers.get("x-amzn-errortype")).toBe(type);
  });

  it("is refused on another path", async () => {
    expect((await fetch(`${lambda.endpoint}/2015-03-31/functions`)).status).toBe(404);
  });
});

it("stops, and may be stopped again", async () => {
  const other = await startLambdaEndpoint({});
  await other.stop();
  await other.stop();
  await expect(fetch(other.endpoint)).rejects.toThrow("fetch failed");
});
