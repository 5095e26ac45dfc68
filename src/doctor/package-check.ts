import { type Finding, failed, ok, warning } from "./finding.ts";
import { type InstalledPackage, installedPackage, majorMinor } from "./installed-package.ts";

const API = "@opentelemetry/api";

/** Packages that durascope works beside, and the oldest versions that its tests run with, as major and minor. */
const OLDEST: readonly (readonly [name: string, major: number, minor: number])[] = [
  ["@temporalio/worker", 1, 23],
  ["@temporalio/client", 1, 23],
  ["@aws-sdk/client-sfn", 3, 0],
  ["pino", 9, 0],
];

/** SDKs by name: that of 3.x, and that of 2.x (which 3.x has, too). */
const SDKS = ["@opentelemetry/sdk-trace", "@opentelemetry/sdk-trace-base"] as const;

/** Packages that bring an SDK along, which need not lie where the application's own code would look for it. */
const BRING_SDK = [
  "@opentelemetry/sdk-node",
  "@opentelemetry/sdk-trace-node",
  "@opentelemetry/auto-instrumentations-node",
] as const;

/** What code in `folder` would load: versions, and sets of packages that do not go together. */
export function packageFindings(folder: string): Finding[] {
  const api = installedPackage(API, folder);
  return [...openTelemetry(api, sdksOf(folder)), ...datadog(folder, api), ...ages(folder)];
}

/** Every copy of an SDK that the application would load, by its own code or by what brings it along. */
function sdksOf(folder: string): InstalledPackage[] {
  const found = new Map<string, InstalledPackage>();
  const look = (place: string): void => {
    const sdk = SDKS.map((name) => installedPackage(name, place)).find((it) => it !== undefined);
    if (sdk !== undefined) found.set(sdk.path, sdk);
  };
  const seen = new Set<string>();
  const follow = (place: string): void => {
    look(place);
    for (const name of BRING_SDK) {
      const bringer = installedPackage(name, place);
      if (bringer === undefined || seen.has(bringer.path)) continue;
      seen.add(bringer.path);
      follow(bringer.path);
    }
  };
  follow(folder);
  return [...found.values()];
}

function openTelemetry(
  api: InstalledPackage | undefined,
  sdks: readonly InstalledPackage[],
): Finding[] {
  if (api === undefined && sdks.length === 0)
    return [ok("api_pair", "no OpenTelemetry API is installed; durascope needs none")];
  if (api === undefined)
    return sdks.map((sdk) => {
      const own = installedPackage(API, sdk.path);
      return own === undefined
        ? failed(
            "api_pair",
            `${sdk.name} ${sdk.version} is installed without ${API}`,
            `Install ${PAIRS}.`,
          )
        : pair(own, sdk, own);
    });
  const [major, minor] = majorMinor(api.version);
  if (major !== 1 || minor < 9)
    return [failed("api_pair", `${API} ${api.version} is not supported`, `Install ${PAIRS}.`)];
  if (sdks.length === 0)
    return [ok("api_pair", `${API} ${api.version}, without an SDK's tracing package`)];
  return sdks.map((sdk) => pair(api, sdk, installedPackage(API, sdk.path)));
}

const PAIRS = `${API} 1.9 with SDK 2.x, or 1.10 with SDK 3.x`;

/** A provider that is registered through one minor version is invisible to code that loads a later one; not the other way round. */
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
      `the application loads ${API} ${api.version} and its SDK (${sdk.name} ${sdk.version}) ${seenBySdk.version}, so spans that the application makes are empty`,
      `Install ${API}@${seenBySdk.version} in the application, or the SDK that goes with ${api.version}.`,
    );
  // What the SDK loads is what it has to go with; the application may load an older one.
  const [, own] = majorMinor(seenBySdk?.version ?? api.version);
  if (sdkMajor < 2 || (sdkMajor >= 3 ? own < 10 : own !== 9))
    return warning(
      "api_pair",
      `${both} is no pair that OpenTelemetry releases together`,
      `Install ${PAIRS}.`,
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
    if (found === undefined) return [];
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
