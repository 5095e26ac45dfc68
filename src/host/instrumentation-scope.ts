/** Name and version under which every span of this package is exported; a test holds the version against package.json. */
export const INSTRUMENTATION_SCOPE = { name: "durascope", version: "0.1.0" } as const;
