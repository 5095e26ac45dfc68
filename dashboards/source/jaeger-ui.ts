/** Links from the tags of spans in Jaeger's UI to where the same run can be seen. */
import { ENGINE_WORDS, VOCABULARY } from "../../src/core/vocabulary.ts";
import { UID } from "./link.ts";

/** A link beside a tag; `#{key}` stands for the value of a tag (https://www.jaegertracing.io/docs/latest/frontend-ui/#link-patterns). */
export interface LinkPattern {
  readonly type: "tags";
  readonly key: string;
  readonly url: string;
  readonly text: string;
}

const TEMPORAL_UI = "http://localhost:8233";
const GRAFANA = "http://localhost:3000";

const tag = (key: string): string => `#{${key}}`;

/** Jaeger's own search for a tag. Its search page takes tags as a JSON text. */
function search(key: string): string {
  const tags = `%7B%22${key}%22%3A%22${tag(key)}%22%7D`;
  return `/search?service=__all_services__&tags=${tags}&lookback=2d&limit=50`;
}

const { id, namespace, runId, rootId } = VOCABULARY;
const temporalRun = ENGINE_WORDS.temporal.runIdAlias;
const executionArn = ENGINE_WORDS.aws_step_functions.runIdAlias;

/**
 * Jaeger's file of UI settings (`jaeger_query.ui.config_file`). A link appears where a span has its key, so each engine's
 * console hangs on the name that only that engine's spans have.
 */
export function jaegerUi(): { readonly linkPatterns: readonly LinkPattern[] } {
  return {
    linkPatterns: [
      { type: "tags", key: id.key, url: search(id.key), text: `All traces of ${tag(id.key)}` },
      {
        type: "tags",
        key: id.key,
        url: `${GRAFANA}/d/${UID.find}?var-id=${tag(id.key)}`,
        text: `${tag(id.key)} in Grafana, with its log lines`,
      },
      {
        type: "tags",
        key: rootId.key,
        url: search(rootId.key),
        text: `All runs under ${tag(rootId.key)}`,
      },
      {
        type: "tags",
        key: temporalRun,
        url: `${TEMPORAL_UI}/namespaces/${tag(namespace.key)}/workflows/${tag(id.key)}/${tag(runId.key)}/history`,
        text: `History of ${tag(id.key)} in the Temporal UI`,
      },
      {
        type: "tags",
        key: executionArn,
        url: `https://console.aws.amazon.com/states/home#/v2/executions/details/${tag(executionArn)}`,
        text: `${tag(id.key)} in the AWS console`,
      },
    ],
  };
}
