export type {
  OtlpAttributes,
  OtlpLog,
  OtlpOrigin,
  OtlpSpan,
  OtlpValue,
} from "../telemetry/otlp-model.ts";
