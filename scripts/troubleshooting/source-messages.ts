/** The errors and warnings of the code, read out of the code itself. */
import { readFileSync } from "node:fs";
import { type Expression, parseSync, Visitor } from "oxc-parser";

/** One error or warning as the source has it. */
export interface SourceMessage {
  /** Stable code, `LOOKUP_FILE_MISSING`; empty where a warning has none. */
  readonly code: string;
  /** The message, with `…` for what is put in at run time. */
  readonly message: string;
  /** `error` is thrown, `warning` is told. */
  readonly kind: "error" | "warning";
}

const CODE = /^[A-Z]+(?:_[A-Z]+)+$/;
/** By which warnings are limited: `put_off`. */
const KIND = /^[a-z]+(?:_[a-z]+)*$/;
/** Functions that tell a warning. */
const WARNERS = /^(?:warn|emitWarning|onWarning|warnOnce)$/;

/**
 * The messages of one source: what stands beside a code in any call (`new DurascopeError("CODE", ...)`, and what wraps
 * it), and what is given to a function that warns. A message that is put together elsewhere is not seen.
 *
 * @param path - path of a TypeScript file
 */
export function sourceMessages(path: string): SourceMessage[] {
  const { program } = parseSync(path, readFileSync(path, "utf8"));
  const constants = new Map<string, Expression>();
  const messages: SourceMessage[] = [];
  new Visitor({
    VariableDeclarator({ id, init }) {
      if (id.type === "Identifier" && init !== null) constants.set(id.name, init);
    },
  }).visit(program);
  const take = (
    callee: Expression | { readonly type: "Super" },
    args: readonly unknown[],
  ): void => {
    const [first, second] = args as readonly (Expression | undefined)[];
    if (first === undefined) return;
    const code = first.type === "Literal" && typeof first.value === "string" ? first.value : "";
    if (CODE.test(code)) {
      for (const message of textsOf(second, constants))
        messages.push({ code, message, kind: "error" });
    } else if (WARNERS.test(nameOf(callee))) {
      // Some are told with their kind first, by which they are limited.
      const hasKind = KIND.test(code) && second !== undefined;
      for (const message of textsOf(hasKind ? second : first, constants)) {
        messages.push({ code: hasKind ? "" : codeIn(second), message, kind: "warning" });
      }
    }
  };
  new Visitor({
    NewExpression: (node) => take(node.callee, node.arguments),
    CallExpression: (node) => take(node.callee, node.arguments),
  }).visit(program);
  return messages;
}

function nameOf(callee: Expression | { readonly type: "Super" }): string {
  if (callee.type === "Identifier") return callee.name;
  if (callee.type === "MemberExpression" && callee.property.type === "Identifier")
    return callee.property.name;
  return "";
}

/** `{ code: "..." }` beside a warning. */
function codeIn(options: Expression | undefined): string {
  if (options?.type !== "ObjectExpression") return "";
  for (const property of options.properties) {
    if (property.type !== "Property" || property.key.type !== "Identifier") continue;
    const { value } = property;
    if (property.key.name === "code" && value.type === "Literal") return String(value.value);
  }
  return "";
}

/** The texts that an expression may give; none where it is not text. */
function textsOf(
  node: Expression | undefined,
  constants: ReadonlyMap<string, Expression>,
): string[] {
  if (node?.type === "Literal") return typeof node.value === "string" ? [node.value] : [];
  if (node?.type === "BinaryExpression") {
    const left = node.left.type === "PrivateIdentifier" ? [] : putIn(node.left, constants);
    return left.flatMap((text) => putIn(node.right, constants).map((more) => `${text}${more}`));
  }
  if (node?.type === "ConditionalExpression")
    return [...textsOf(node.consequent, constants), ...textsOf(node.alternate, constants)];
  if (node?.type === "Identifier") {
    const constant = constants.get(node.name);
    return constant?.type === "Identifier" ? [] : textsOf(constant, constants);
  }
  if (node?.type !== "TemplateLiteral") return [];
  let texts = [node.quasis[0]?.value.cooked ?? ""];
  for (const [index, quasi] of node.quasis.slice(1).entries()) {
    const put = putIn(node.expressions[index], constants);
    texts = texts.flatMap((text) =>
      put.map((value) => `${text}${value}${quasi.value.cooked ?? ""}`),
    );
  }
  return texts;
}

function putIn(node: Expression | undefined, constants: ReadonlyMap<string, Expression>): string[] {
  const texts = node?.type === "ConditionalExpression" ? [] : textsOf(node, constants);
  return texts.length > 0 ? texts : ["…"];
}
