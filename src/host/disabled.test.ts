import { expect, test } from "vitest";
import { isDisabled } from "./disabled.ts";
import { environmentAttributes } from "./resource.ts";

test.each([
  [{ DURASCOPE_DISABLED: "true" }, true],
  [{ OTEL_SDK_DISABLED: " TRUE " }, true],
  [{ DURASCOPE_DISABLED: "1" }, false],
  [{ DURASCOPE_DISABLED: "" }, false],
  [{}, false],
])("%j switches off: %s", (environment, expected) => {
  expect(isDisabled(environment)).toBe(expected);
});

test.each([
  [{}, { "service.name": "fallback" }],
  [{ OTEL_SERVICE_NAME: "own" }, { "service.name": "own" }],
  [
    { OTEL_RESOURCE_ATTRIBUTES: "service.name=listed, team = a%2Cb ,broken" },
    { "service.name": "listed", team: "a,b" },
  ],
  [
    { OTEL_SERVICE_NAME: "own", OTEL_RESOURCE_ATTRIBUTES: "service.name=listed" },
    { "service.name": "own" },
  ],
  [{ OTEL_RESOURCE_ATTRIBUTES: "team=%zz,a=b" }, { "service.name": "fallback" }],
])("resource attributes of %j", (environment, expected) => {
  expect(environmentAttributes(environment, "fallback")).toEqual(expected);
});
