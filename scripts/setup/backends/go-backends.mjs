import { buildGoPrograms, executable } from "./go.mjs";

/**
 * @param {{ name: string, product: string, version: string, recipe: import("./go.mjs").GoRecipe }} options
 * @returns {import("./installation.mjs").Backend}
 */
function goBackend({ name, product, version, recipe }) {
  const programs = Object.keys(recipe.packages);
  return {
    name,
    title: `${product} ${version} (Go)`,
    version,
    recipe,
    programs: Object.fromEntries(programs.map((program) => [program, executable(program)])),
    make: (folder) => buildGoPrograms(recipe, folder),
  };
}

/** Jaeger 1.76.0, which is Jaeger 2.13: the newest that is published as a Go module. */
export const jaeger = goBackend({
  name: "jaeger",
  product: "Jaeger",
  version: "1.76.0",
  recipe: {
    module: "github.com/jaegertracing/jaeger",
    version: "v1.76.0",
    sum: "h1:sWCOOF1dr+NL0PLil7mFo3BqqQL8k4WiM7aguFbc14g=",
    packages: { jaeger: "github.com/jaegertracing/jaeger/cmd/jaeger" },
  },
});

/** Prometheus 3.16, whose module counts its minor versions as 0.3xx. Service discovery is left out, and promtool, which needs it: both are most of the build. */
export const prometheus3 = goBackend({
  name: "prometheus3",
  product: "Prometheus",
  version: "3.16.0",
  recipe: {
    module: "github.com/prometheus/prometheus",
    version: "v0.316.0",
    sum: "h1:f1GRFerhTMKQma+awCoC9T820ecWeGSdF+xAlMHzZzM=",
    packages: { prometheus: "github.com/prometheus/prometheus/cmd/prometheus" },
    tags: "remove_all_sd",
  },
});

/** Docker compose, for what needs no Docker engine: checking a file and showing it resolved. */
export const compose = goBackend({
  name: "compose",
  product: "docker compose",
  version: "2.40.3",
  recipe: {
    module: "github.com/docker/compose/v2",
    version: "v2.40.3",
    sum: "h1:XeYkQu1svDtyfZPv5nTwFryQ25ZJMkIlc4pz9HalMPI=",
    packages: { "docker-compose": "github.com/docker/compose/v2/cmd" },
  },
});
