/** What is to be said of each error, and of a warning where its text is not enough, by code or text. Markdown. */
export const REMEDIES: Readonly<Record<string, string>> = {
  LOOKUP_UNREACHABLE:
    "Nothing listens at the backend's query address, or a firewall is between. The query port is not the port that takes spans: Jaeger answers at 16686, Tempo at 3200.",
  LOOKUP_REFUSED:
    "The backend wants other credentials than it was given. They are read from the variable that the message names, and never printed.",
  LOOKUP_NOT_FOUND:
    "Another program than the expected one answers there, or it is served under a path: `JAEGER_URL=http://host/jaeger`.",
  LOOKUP_BAD_REQUEST:
    "The backend did not understand the question. [compatibility.md](compatibility.md) names the versions that are tested.",
  LOOKUP_FAILED:
    "The backend failed several times in a row. The question was asked again with pauses before this was said.",
  LOOKUP_RATE_LIMITED:
    "Datadog's span search takes 300 requests an hour. One lookup takes a few; a loop over orders is better made over a file of spans.",
  LOOKUP_TIMED_OUT:
    "A search over a long time is slow in every backend. `--since 2d` narrows it; an id that a trace id is computed from (run id, ARN) is fetched without any search.",
  LOOKUP_REDIRECTED:
    "Often a login page in front of the backend. Give the address behind it, or the header that the login sets.",
  LOOKUP_BAD_ANSWER: "What answered is no such backend, or a proxy cut its answer off.",
  LOOKUP_BAD_ADDRESS: "An address has a scheme: `http://127.0.0.1:16686`, not `127.0.0.1:16686`.",
  LOOKUP_BAD_CREDENTIALS:
    "A line break at the end of a secret that was read from a file is the usual cause.",
  LOOKUP_DATADOG_SITE:
    "Keys are sent to Datadog's own hosts alone. The site is the part of the address after `app.`: `datadoghq.eu`, `us5.datadoghq.com`.",
  LOOKUP_DATADOG_KEYS:
    "An API key sends data, an application key reads it: lookup needs both. The application key's scopes are `apm_read` and `logs_read_data`.",
  LOOKUP_FILE_MISSING:
    "`npm run demo` leaves `.durascope/demo.otlp.jsonl`; a collector's `file` exporter writes such a file, too.",
  LOOKUP_FILE_UNREADABLE: "It is a pipe or a device, or this user may not read it.",
  OTLP_ENDPOINT:
    "The endpoint has a scheme and no path; `/v1/traces` is added. A path of your own goes into `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`.",
  OTLP_HEADER: "Headers are a list of `name=value`, separated by commas, values percent-encoded.",
  OTLP_PROTOCOL: "gRPC has a port of its own (4317). Durascope speaks HTTP (4318).",
  OTLP_CERTIFICATE: "The files are read once, when the exporter is made.",
  OTLP_PROTOBUF_MISSING:
    "JSON needs no package. Protobuf is smaller on the wire, and the only thing that some intakes take.",
  OTLP_LOGS_MISSING: "Only for log lines by OTLP; spans need no package.",
  OTLP_METRICS_MISSING: "Only for metrics by OTLP; spans need no package.",
  OTEL_PACKAGES_MIXED:
    "`npm ls @opentelemetry/api` shows who brings which version: the packages of one line ask for the same API.",
  PROMETHEUS_MISSING:
    "The endpoint is OpenTelemetry's own, so that its format is Prometheus's own.",
  PROMETHEUS_PORT: "Another process has the port, or this user may not take it.",
  LONGEST_SPAN:
    "It is for backends that refuse long spans ([sampling.md](sampling.md#runs-that-are-longer-than-the-backend-takes)). Leave it out, and all spans are sent as they are.",
  SPOOL_OPTION: "The bound is in bytes: `DURASCOPE_SPOOL_MAX_BYTES=268435456` is 256 MiB.",
  SPOOL_FOLDER:
    "The folder must be on a disk that lasts: a container's own disk goes with the container.",
  OTLP_FILE_OPTION: "Rotation keeps the newest `maxFiles` files, each of at most about `maxBytes`.",
  DATADOG_SITE: "The same rule as for lookup: keys go to Datadog's own hosts alone.",
  DATADOG_API_KEY: "An Agent has the key itself, so nothing that sends to an Agent needs one.",
  DATADOG_AGENT:
    "The Agent's OTLP receiver is off until it is switched on: `DD_OTLP_CONFIG_RECEIVER_PROTOCOLS_HTTP_ENDPOINT=0.0.0.0:4318`.",
  DATADOG_TRACER: "See [datadog.md](datadog.md) for where the tracer is given.",
  TRACING_OPTION: "A misspelt option would do nothing, so it is refused.",
  WORKFLOW_IDS_OPTION: "See [official-interceptors.md](official-interceptors.md).",
  POLLER_OPTION: "A misspelt option would do nothing, so it is refused.",
  AWS_SDK_MISSING:
    "The AWS SDK is an optional peer: who uses another part of durascope does not install it.",
  LAMBDA_OPTION: "A misspelt option would do nothing, so it is refused.",
  LAMBDA_HANDLER: "Node.js 24 on Lambda has no callback handlers either.",
  ENGINE_NO_PORT: "All ports of the system's range are taken, or a sandbox forbids listening.",
  ENGINE_NOT_STARTED: "The program is not there, or may not be executed.",
  ENGINE_NOT_READY:
    "The log that the message names says why. A machine that is very busy may need longer than the limit.",
  STEP_FUNCTIONS_NO_FUNCTIONS:
    "The endpoint invokes Lambda functions, so it has to be told where they are, see [CONTRIBUTING](../CONTRIBUTING.md#commands).",
  STEP_FUNCTIONS_NOT_SET_UP: "`npm run demo` and `npm test` do the set-up by themselves.",
  STEP_FUNCTIONS_UNREACHABLE: "`AWS_ENDPOINT_URL_SFN` names an endpoint that should already run.",
  TEMPORAL_NOT_FOUND:
    "Any Temporal CLI on `PATH` is taken, and any server that `TEMPORAL_ADDRESS` names.",
  TEMPORAL_UNREACHABLE:
    "`TEMPORAL_ADDRESS` names a server that should already run, with the namespace `default`.",
};

/** What to look at when an alert of `dashboards/alerts` fires, by the alert's name. Markdown. */
export const ALERT_REMEDIES: Readonly<Record<string, string>> = {
  DurascopeCompensationFailed:
    "A step that should have undone others failed: money or goods may be out of balance, and no engine repairs that. Find the runs in the dashboard *Sagas*, then `durascope lookup <id>`: the line under the headline says what was undone and what was not.",
  DurascopeFailureRatioHigh:
    "More runs of a type end badly than usual. The dashboard *Workflow* shows which step, *Steps* with which error.",
  DurascopeRunStuck:
    "A run is open for longer than runs of its type should be. `durascope lookup` of it shows the step or wait that is open, and since when. A worker that is gone shows as a schedule-to-start that grows.",
  DurascopeWaitingTooLong:
    "Somebody is waited for (an approval, a signal, a task token), or a timer runs. The dashboard *Human waits* shows how many and for how long.",
  DurascopeRetryStorm:
    "A step is tried again and again: what it calls is down. The error's type is on the dashboard *Steps*. Back-off protects what it calls; a limit of attempts protects the run.",
  DurascopeScheduleToStartHigh:
    "Tasks lie in their queue: there are too few workers, or they are busy. Only Temporal has task queues.",
  DurascopePollerLag:
    "The poller sees events later than it should. It waits for its share of AWS's quota (`callsPerSecond`), is throttled since others use it too, or follows more executions than its share allows ([costs.md](costs.md)).",
  DurascopeApiCallsFail:
    "Calls of the Step Functions API fail. The dashboard *Bridge* splits them: `throttled` is AWS's quota, `error` most often a missing permission ([production.md](production.md)).",
  DurascopeSpansLost:
    "Spans were dropped: a queue or the spool is full, or the backend refuses them. The process's warnings say which.",
  DurascopeSpansLate:
    "Spans leave long after they ended: after an outage that is the spool being sent. Some backends refuse them ([sampling.md](sampling.md)).",
  DurascopeUnknownHistoryEvents:
    "An engine writes events that this version does not know. Nothing breaks, they are passed over; a newer durascope may know them.",
  DurascopeSilent:
    "No metrics come any more from a process that sent some: it is down, or cannot be scraped.",
};

/** What people see before they see a message. Markdown. */
export const SYMPTOMS: readonly (readonly [title: string, text: string])[] = [
  [
    "No span arrives at all",
    "`npx durascope doctor` first. Without an OpenTelemetry SDK in the process `OTEL_EXPORTER_OTLP_ENDPOINT` has to be set; with one, its span processor is found by itself. " +
      "A provider that was registered through `@opentelemetry/api` 1.9 is invisible to code that loads 1.10; 1.9 sees one of 1.10. `npm ls @opentelemetry/api` shows both.",
  ],
  [
    "Activities have spans, workflows have none",
    "The workflow bundle was made without the plugin. Give `plugins: [workflowTracing()]` to `bundleWorkflowCode`, too.",
  ],
  [
    "The trace has steps but no root",
    "The run is still open: its span comes last, when the run closes. `durascope lookup` draws it from its steps and says so. A run that was terminated, or that timed out, has no worker that could tell its end: `durascope convert` makes it from the history. " +
      "And a run that took days has a span that some backends refuse, such as Datadog over 18 hours: it looks open there for good, unless spans are told how long they may be ([sampling.md](sampling.md#runs-that-are-longer-than-the-backend-takes)).",
  ],
  [
    "`lookup` finds nothing",
    "It prints what it asked, the likely causes and a query to paste. A business key has to be among those that `businessKeys` picks. Tempo finds a span by search only about 14 minutes after it came, and Datadog only retained spans after 15 minutes; a run id or an ARN is found at once.",
  ],
  [
    "Lambda spans are not below their state",
    "The state's payload lacks the field `_wf`, see the [README](../README.md#lambda-functions).",
  ],
  [
    "With dd-trace all ids are zero",
    "dd-trace brings `@opentelemetry/api` 1.9 and sees no other: keep the application on 1.9 beside it ([datadog.md](datadog.md)).",
  ],
  [
    "Panels of durations are empty",
    "The application serves its metrics by a Prometheus exporter of its own, which leaves units out of names. Give its meter provider `views: prometheusViews()` of `durascope/exporters` ([ADR 0008](adr/0008-names-in-prometheus.md)).",
  ],
  [
    "A span is there twice",
    "Delivery is at least once, and a span sent again has the same id. Backends do not de-duplicate; `lookup` does.",
  ],
];
