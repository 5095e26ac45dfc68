import { SFN, SFNClient } from "@aws-sdk/client-sfn";
import { afterEach, describe, expect, test, vi } from "vitest";
import { errorName, isThrottle, openApi, type StepFunctionsApi } from "./step-functions-api.ts";

afterEach(() => {
  vi.doUnmock("@aws-sdk/client-sfn");
  vi.unstubAllEnvs();
});

describe("the API behind a client", () => {
  test("an object with the three methods is taken as it is; the SDK's SFN is one", async () => {
    const own: StepFunctionsApi = {
      getExecutionHistory: () => Promise.resolve({}),
      listExecutions: () => Promise.resolve({}),
      describeExecution: () => Promise.resolve({}),
    };
    const sfn = new SFN({ region: "us-east-1" });
    expect(await openApi(own)).toBe(own);
    expect(await openApi(sfn)).toBe(sfn);
    sfn.destroy();
  });

  test("an SFNClient is sent the commands", async () => {
    const client = new SFNClient({ region: "us-east-1" });
    const sent: string[] = [];
    client.send = (async (command: object) => {
      sent.push(command.constructor.name);
      return {};
    }) as typeof client.send;
    const api = await openApi(client);
    const executionArn = "arn:aws:states:us-east-1:123456789012:execution:m:e";
    await api.getExecutionHistory({
      executionArn,
      maxResults: 1,
      reverseOrder: true,
      includeExecutionData: false,
    });
    await api.listExecutions({ stateMachineArn: "m", maxResults: 1 });
    await api.describeExecution({ executionArn });
    client.destroy();

    expect(sent).toEqual([
      "GetExecutionHistoryCommand",
      "ListExecutionsCommand",
      "DescribeExecutionCommand",
    ]);
  });

  test("without a client the SDK makes one a region, as the ARNs say, which do not retry by themselves", async () => {
    const made: object[] = [];
    const asked: string[] = [];
    class Client {
      readonly #region: string;
      constructor(options: { region: string }) {
        made.push(options);
        this.#region = options.region;
      }
      async listExecutions(): Promise<object> {
        asked.push(this.#region);
        return {};
      }
    }
    vi.doMock("@aws-sdk/client-sfn", () => ({ SFN: Client }));
    vi.stubEnv("AWS_REGION", "us-west-2");
    const api = await openApi(undefined);
    for (const region of ["eu-west-1", "us-east-1", "eu-west-1"]) {
      const stateMachineArn = `arn:aws:states:${region}:123456789012:stateMachine:m`;
      // oxlint-disable-next-line no-await-in-loop -- in this order
      await api.listExecutions({ stateMachineArn, maxResults: 1 });
    }
    expect(asked).toEqual(["eu-west-1", "us-east-1", "eu-west-1"]);
    expect(made).toEqual([
      { maxAttempts: 1, region: "eu-west-1" },
      { maxAttempts: 1, region: "us-east-1" },
    ]);
  });

  test("without the SDK the error says what to install", async () => {
    vi.doMock("@aws-sdk/client-sfn", () => {
      throw new Error("Cannot find package '@aws-sdk/client-sfn'");
    });
    await expect(openApi(undefined)).rejects.toMatchObject({
      code: "AWS_SDK_MISSING",
      message: expect.stringContaining("npm install @aws-sdk/client-sfn"),
    });
  });
});

describe("errors of the API", () => {
  test.each([
    "ThrottlingException",
    "TooManyRequestsException",
    "Throttling",
    "KmsThrottlingException",
  ])("%s means too many calls", (name) => {
    expect(isThrottle(Object.assign(new Error("no"), { name }))).toBe(true);
  });

  test("a status of 429 means it, too; other errors, and what is none, do not", () => {
    expect(isThrottle({ $metadata: { httpStatusCode: 429 } })).toBe(true);
    for (const other of [
      new Error("no"),
      { $metadata: { httpStatusCode: 500 } },
      { $metadata: null },
      null,
      undefined,
      "429",
    ]) {
      expect(isThrottle(other)).toBe(false);
    }
  });

  test("a name is text of at most 64 characters, whatever was thrown", () => {
    expect(errorName(Object.assign(new Error("no"), { name: "x".repeat(100) }))).toHaveLength(64);
    expect(errorName(Object.assign(new Error("no"), { code: "ECONNREFUSED" }))).toBe(
      "ECONNREFUSED",
    );
    expect(errorName("a text")).toBe("Error");
    for (const other of [null, "text", { name: 7 }, { name: "" }])
      expect(errorName(other)).toBe("Error");
  });
});
