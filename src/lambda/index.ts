export type { WithWorkflowOptions } from "./options.ts";
export { type LambdaHandler, withWorkflow } from "./with-workflow.ts";
