import { type Environment, isDisabled } from "../host/disabled.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";

/** Whether Node.js is new enough, and whether something switches everything off. */
export function runtimeFindings(nodeVersion: string, environment: Environment): Finding[] {
  const [major = 0, minor = 0] = nodeVersion.split(".").map(Number);
  const isOld = major < 22 || (major === 22 && minor < 15);
  const node = isOld
    ? failed("node", `Node.js ${nodeVersion} is too old`, "Install Node.js 22.15 or newer.")
    : ok("node", `Node.js ${nodeVersion}`);
  return [node, ...switches(environment)];
}

function switches(environment: Environment): Finding[] {
  if (isDisabled(environment)) {
    const name =
      environment["DURASCOPE_DISABLED"]?.trim().toLowerCase() === "true"
        ? "DURASCOPE_DISABLED"
        : "OTEL_SDK_DISABLED";
    return [
      warning(
        "disabled",
        `${name}=true turns all of durascope off`,
        `Unset ${name} to turn it on.`,
      ),
    ];
  }
  if (environment["OTEL_TRACES_EXPORTER"]?.trim() === "none") {
    return [
      warning(
        "disabled",
        "OTEL_TRACES_EXPORTER=none keeps durascope from exporting by OTEL_EXPORTER_OTLP_ENDPOINT",
        "Unset OTEL_TRACES_EXPORTER, or start an OpenTelemetry SDK in the process.",
      ),
    ];
  }
  return [];
}
