/**
 * From the stack to something that runs: the CloudFormation template, and the plain state machine.
 *
 * `cdk deploy --app "node examples/order-saga/stepfunctions/synth.ts"` deploys the stack to AWS.
 * Locally the very same template becomes a definition in Amazon States Language, by filling in the
 * ARNs that CloudFormation would fill in: what is tested is what is deployed.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { App } from "aws-cdk-lib";
import { Code } from "aws-cdk-lib/aws-lambda";
import { buildSync } from "esbuild";
import { OrderSagaStack } from "./stack.ts";

/** The part of a CloudFormation template that this file reads. */
export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
}

/** One resource of a template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

/** The account and the region that ARNs name. */
export interface Account {
  readonly account: string;
  readonly region: string;
}

/** A state machine as CreateStateMachine takes it. */
export interface PlainStateMachine {
  readonly name: string;
  /** Amazon States Language, as JSON text. */
  readonly definition: string;
}

/** The account of a local endpoint: the one that AWS uses in its own examples. */
export const LOCAL_ACCOUNT: Account = { account: "123456789012", region: "us-east-1" };

/** Synthesises the stack in this process, in a temporary folder that is gone afterwards. */
export function orderSagaTemplate(): Template {
  return inTemporaryFolder((folder) => {
    const app = new App({ outdir: join(folder, "cdk.out") });
    const stack = addStack(app, folder);
    const template: Template = app.synth().getStackArtifact(stack.artifactId).template;
    return template;
  });
}

/**
 * The template's state machine with plain ARNs instead of CloudFormation's functions.
 *
 * Throws when the template has no state machine, or says something that it does not know.
 */
export function plainStateMachine(
  template: Template,
  account: Account = LOCAL_ACCOUNT,
): PlainStateMachine {
  const machine = Object.values(template.Resources).find(
    (resource) => resource.Type === "AWS::StepFunctions::StateMachine",
  );
  if (machine === undefined) throw new Error("the template has no state machine");
  return {
    name: String(machine.Properties["StateMachineName"]),
    definition: resolveText(machine.Properties["DefinitionString"], template, account),
  };
}

/** Strings, `Fn::Join`, `Fn::GetAtt` of an ARN and `Ref` of the partition: all that CDK puts there. */
function resolveText(value: unknown, template: Template, account: Account): string {
  if (typeof value === "string") return value;
  const [name, argument]: readonly [name?: string, argument?: unknown] =
    Object.entries(value ?? {})[0] ?? [];
  if (name === "Fn::Join" && Array.isArray(argument)) {
    const separator = String(argument[0]);
    const parts: readonly unknown[] = argument[1];
    return parts.map((part) => resolveText(part, template, account)).join(separator);
  }
  if (name === "Fn::GetAtt" && Array.isArray(argument) && argument[1] === "Arn") {
    return functionArn(String(argument[0]), template, account);
  }
  if (name === "Ref" && argument === "AWS::Partition") return "aws";
  throw new Error(`the template uses an unknown function: ${JSON.stringify(value)}`);
}

function functionArn(id: string, template: Template, { account, region }: Account): string {
  const resource = template.Resources[id];
  if (resource?.Type !== "AWS::Lambda::Function") throw new Error(`${id} is no Lambda function`);
  return `arn:aws:lambda:${region}:${account}:function:${String(resource.Properties["FunctionName"])}`;
}

/** Adds the stack with its handlers bundled; synthesis copies the bundle out of the folder. */
function addStack(app: App, folder: string): OrderSagaStack {
  const bundle = join(folder, "handlers");
  bundleHandlers(bundle);
  return new OrderSagaStack(app, "OrderSaga", { code: Code.fromAsset(bundle) });
}

/** Writes the handlers with all that they import into the folder, as the one file `index.js`. */
export function bundleHandlers(folder: string): void {
  buildSync({
    entryPoints: [fileURLToPath(new URL("handlers.ts", import.meta.url))],
    outfile: join(folder, "index.js"),
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
  });
}

function inTemporaryFolder<Result>(use: (folder: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), "order-saga-"));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  inTemporaryFolder((folder) => {
    // The CDK command line says in its environment where the result has to go.
    const app = new App();
    addStack(app, folder);
    app.synth();
  });
}
