/** A subpath of `exports` in package.json. */
export interface Subpath {
  readonly specifier: string;
  /** Runs in the workflow isolate, and is CommonJS only: `import` gets the CommonJS file too. */
  readonly isolate: boolean;
  /** The other packages that it loads: these and no more. */
  readonly loads: readonly string[];
}

/** Every subpath that holds code, with what it may load. */
export const SUBPATHS: readonly Subpath[] = [
  { specifier: "durascope", isolate: false, loads: [] },
  { specifier: "durascope/temporal", isolate: false, loads: [] },
  { specifier: "durascope/stepfunctions", isolate: false, loads: [] },
  { specifier: "durascope/lambda", isolate: false, loads: [] },
  { specifier: "durascope/correlation", isolate: false, loads: [] },
  { specifier: "durascope/exporters", isolate: false, loads: ["picocolors"] },
  {
    specifier: "durascope/temporal/workflow",
    isolate: true,
    loads: ["@noble/hashes", "@temporalio/workflow"],
  },
  {
    specifier: "durascope/temporal/workflow/interceptors",
    isolate: true,
    loads: ["@noble/hashes", "@temporalio/workflow"],
  },
];
