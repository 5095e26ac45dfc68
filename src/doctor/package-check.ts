import { type Finding, failed, ok, warning } from "./finding.ts";
import {
  type InstalledPackage,
  installedPackage,
  majorMinor,
  packageSeenBy,
} from "./installed-package.ts";

const API = "@opentelemetry/api";

/** Packages that durascope works beside, and the oldest versions that its tests run with, as major and minor. */
const OLDEST: readonly (readonly [string, number, number])[] = [
  ["@temporalio/worker", 1, 23],
  ["@temporalio/client", 1, 23],
  ["@aws-sdk/client-sfn", 3, 0],
  ["pino", 9, 0],
  ["dd-trace", 5, 0],
];

/** SDKs by name: that of 2.x, and that of 3.x (which 2.x has, too). */
const SDKS = ["@opentelemetry/sdk-trace", "@opentelemetry/sdk-trace-base"] as const;

/** What code in `folder` would load: versions, and sets of packages that do not go together. */
export function packageFindings(folder: string): Finding[] {
  const sdk = SDKS.map((name) => installedPackage(name, folder)).find((it) => it !== undefined);
  const api = installedPackage(API, folder);
  return [...openTelemetry(api, sdk), ...datadog(folder, api), ...ages(folder)];
}

function openTelemetry(
  api: InstalledPackage | undefined,
  sdk: InstalledPackage | undefined,
): Finding[] {
  if (api === undefined)
    return [ok("api_pair", "no OpenTelemetry API is installed; durascope needs none")];
  const [major, minor] = majorMinor(api.version);
  if (major !== 1 || minor < 9)
    return [
      failed(
        "api_pair",
        `${API} ${api.version} is not supported`,
        `Install ${API} 1.9 with SDK 2.x, or 1.10 with SDK 3.x.`,
      ),
    ];
  if (sdk === undefined)
    return [ok("api_pair", `${API} ${api.version}, without an SDK's tracing package`)];
  return [pair(api, sdk, packageSeenBy(API, sdk))];
}

/** A provider that is registered through one minor version is invisible to code that loads a later one. */
function pair(
  api: InstalledPackage,
  sdk: InstalledPackage,
  seenBySdk: InstalledPackage | undefined,
): Finding {
  const both = `${API} ${api.version} with ${sdk.name} ${sdk.version}`;
  const [, minor] = majorMinor(api.version);
  const [sdkMajor] = majorMinor(sdk.version);
  if (seenBySdk !== undefined && majorMinor(seenBySdk.version)[1] < minor)
    return failed(
      "api_pair",
      `the application loads ${API} ${api.version} and its SDK ${seenBySdk.version}, so spans that the application makes are empty`,
      `Install ${API}@${seenBySdk.version} in the application, or the SDK that goes with ${api.version}.`,
    );
  const wanted = sdkMajor >= 3 ? 10 : 9;
  if (sdkMajor < 2 || (sdkMajor >= 3 ? minor < wanted : minor !== wanted))
    return warning(
      "api_pair",
      `${both} is no pair that OpenTelemetry releases together`,
      `Install ${API} 1.9 with SDK 2.x, or 1.10 with SDK 3.x.`,
    );
  return ok("api_pair", both);
}

function datadog(folder: string, api: InstalledPackage | undefined): Finding[] {
  const tracer = installedPackage("dd-trace", folder);
  if (tracer === undefined) return [];
  const [, minor] = majorMinor(api?.version ?? "1.9");
  if (minor >= 10)
    return [
      warning(
        "dd_trace",
        `dd-trace ${tracer.version} registers its TracerProvider by ${API} 1.9, and the application has ${api?.version}: OpenTelemetry spans through it have ids of zeros`,
        `Install ${API}@1.9 where you use dd-trace's TracerProvider; its own spans are not concerned. See docs/datadog.md.`,
      ),
    ];
  return [
    ok(
      "dd_trace",
      `dd-trace ${tracer.version}: hand its tracer over to join its traces (docs/datadog.md)`,
    ),
  ];
}

function ages(folder: string): Finding[] {
  return OLDEST.flatMap(([name, major, minor]): Finding[] => {
    const found = installedPackage(name, folder);
    if (found === undefined || name === "dd-trace") return [];
    const [ownMajor, ownMinor] = majorMinor(found.version);
    const isOld = ownMajor < major || (ownMajor === major && ownMinor < minor);
    return [
      isOld
        ? failed(
            "package",
            `${name} ${found.version} is older than what durascope is tested with`,
            `Install ${name} ${major}.${minor} or newer.`,
          )
        : ok("package", `${name} ${found.version}`),
    ];
  });
}
