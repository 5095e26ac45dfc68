import protobuf from "protobufjs";

/** The messages of OTLP that spans need (https://github.com/open-telemetry/opentelemetry-proto), with their field numbers. */
const PROTO = `
syntax = "proto3";
message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
message ExportTraceServiceResponse { PartialSuccess partial_success = 1; }
message PartialSuccess { int64 rejected_spans = 1; string error_message = 2; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
message Scope { string name = 1; string version = 2; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9;
  repeated Event events = 11; repeated Link links = 13; Status status = 15;
}
message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
message Link { bytes trace_id = 1; bytes span_id = 2; repeated KeyValue attributes = 4; }
message Status { string message = 2; int32 code = 3; }
message KeyValue { string key = 1; AnyValue value = 2; }
message ArrayValue { repeated AnyValue values = 1; }
message AnyValue {
  oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5; }
}`;

const { root } = protobuf.parse(PROTO);

/** An export request in protobuf as the JSON of OTLP: ids as hex, 64-bit integers as text. */
export function requestFromProtobuf(body: Uint8Array): unknown {
  const type = root.lookupType("ExportTraceServiceRequest");
  const plain = type.toObject(type.decode(body), { longs: String, bytes: String });
  return JSON.parse(JSON.stringify(plain), (key, value: unknown) =>
    /^(trace|span|parentSpan)Id$/.test(key)
      ? Buffer.from(String(value), "base64").toString("hex")
      : value,
  );
}

/** An answer with a partial success, in protobuf. */
export function partialSuccessInProtobuf(rejectedSpans: number, errorMessage: string): Uint8Array {
  const type = root.lookupType("ExportTraceServiceResponse");
  return type.encode(type.create({ partialSuccess: { rejectedSpans, errorMessage } })).finish();
}
