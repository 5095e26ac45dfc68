import { parser } from "@grafana/lezer-traceql";
import type { SyntaxNode } from "@lezer/common";

/** What a query may ask of a span: attributes by their keys. */
export interface SpanFields {
  readonly span: ReadonlyMap<string, unknown>;
  readonly resource: ReadonlyMap<string, unknown>;
}

/** Whether a span is one that a query asks for. */
export type SpanFilter = (fields: SpanFields) => boolean;

/** A query that Grafana's grammar does not accept, or that this evaluation does not know. */
export class TraceqlError extends Error {}

/**
 * Reads a TraceQL query by walking the tree that Grafana's own grammar gives, and evaluates it as Tempo does: texts equal
 * only texts, numbers only numbers. Knows one spanset filter of comparisons, `&&`, `||` and parentheses; throws a
 * {@link TraceqlError} on anything else, so that a query which means something else than it should is refused.
 */
export function spanFilter(query: string): SpanFilter {
  const tree = parser.parse(query);
  tree.iterate({
    enter(node) {
      if (node.type.isError)
        throw new TraceqlError(`parse error at col ${node.from + 1}: syntax error`);
    },
  });
  const filters = tree.topNode
    .getChild("SpansetPipelineExpression")
    ?.getChildren("SpansetPipeline");
  const [pipeline, ...more] = filters ?? [];
  const [filter, ...others] = childrenOf(pipeline);
  if (filter?.name !== "SpansetFilter" || others.length > 0 || more.length > 0)
    throw new TraceqlError("not one spanset filter");
  const [expression, ...rest] = childrenOf(filter);
  if (expression === undefined) return () => true;
  if (rest.length > 0) throw new TraceqlError("not one expression");
  return evaluation(expression, query);
}

/** The text that a string literal of the query stands for. */
export function literalText(literal: string): string {
  if (literal.startsWith("`")) return literal.slice(1, -1);
  return literal.slice(1, -1).replaceAll(/\\(["\\])/g, "$1");
}

function evaluation(node: SyntaxNode, query: string): SpanFilter {
  const [left, operator, right] = childrenOf(node);
  if (left !== undefined && operator === undefined) return evaluation(left, query);
  if (left === undefined || operator === undefined || right === undefined)
    throw new TraceqlError(`cannot be evaluated: ${textOf(node, query)}`);
  if (operator.name === "And" || operator.name === "Or") {
    const [a, b] = [evaluation(left, query), evaluation(right, query)];
    return operator.name === "And"
      ? (fields) => a(fields) && b(fields)
      : (fields) => a(fields) || b(fields);
  }
  return comparison(left, textOf(operator, query), right, query);
}

function comparison(
  left: SyntaxNode,
  operator: string,
  right: SyntaxNode,
  query: string,
): SpanFilter {
  const field = left.getChild("AttributeField");
  const identifier = field?.getChild("Identifier");
  if (field === null || !identifier)
    throw new TraceqlError(`cannot be compared: ${textOf(left, query)}`);
  const name = textOf(identifier, query);
  const key = name.startsWith('"') ? literalText(name) : name;
  const isWanted = valueFilter(operator, right, query);
  const isResource = field.getChild("Resource") !== null;
  const isSpan = field.getChild("Span") !== null;
  return ({ span, resource }) =>
    (!isResource && isWanted(span.get(key))) || (!isSpan && isWanted(resource.get(key)));
}

function valueFilter(
  operator: string,
  right: SyntaxNode,
  query: string,
): (value: unknown) => boolean {
  const text = textOf(right, query);
  const literal = right.getChild("Static")?.firstChild;
  if (literal?.name === "String") {
    const wanted = literalText(text);
    if (operator === "=") return (value) => value === wanted;
    if (operator === "=~") {
      const pattern = new RegExp(`^(?:${wanted})$`, "u");
      return (value) => typeof value === "string" && pattern.test(value);
    }
  }
  if (operator === "=" && /^-?\d+(?:\.\d+)?$/.test(text)) {
    const wanted = Number(text);
    return (value) => value === wanted;
  }
  throw new TraceqlError(`cannot be compared: ${operator} ${text}`);
}

function childrenOf(node: SyntaxNode | undefined): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node?.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
}

function textOf(node: SyntaxNode, query: string): string {
  return query.slice(node.from, node.to);
}
