"""Starts the endpoint: python -m step_functions_endpoint --port 5556 [--lambda-endpoint URL]"""

from __future__ import annotations

import importlib.metadata
import logging
import os
import sys

from .settings import Settings, read_settings

_MOTO = "5.2.5"


def refuse_other_moto() -> None:
    """Ends with one sentence when moto is missing or not the version that the patches were written for."""
    try:
        version = importlib.metadata.version("moto")
    except importlib.metadata.PackageNotFoundError:
        version = "none"
    if version != _MOTO:
        sys.exit(
            f"The Step Functions endpoint needs moto {_MOTO}, found {version}: run `npm run setup`."
        )


def apply_patches(settings: Settings) -> None:
    """Applies every patch. Order matters only where two wrap the same function of moto."""
    from moto.core.config import default_user_config

    # moto's parser must be loaded before `share_clients` looks for who imported its client factory.
    import moto.stepfunctions.parser.models  # noqa: F401

    from . import (
        activities,
        api,
        clients,
        context_object,
        endings,
        errors,
        express,
        history,
        json_paths,
        jsonata_language,
        lambda_results,
        logs,
        nested_executions,
        retries,
        tokens,
    )

    # Without it moto only records that an execution was started.
    default_user_config["stepfunctions"] = {"execute_state_machine": True}

    errors.give_errors_their_names()
    clients.share_clients(settings)
    lambda_results.add_response_metadata()
    nested_executions.start_with_camel_case()
    nested_executions.return_pascal_case()
    context_object.take_entered_time_from_event()
    context_object.add_redrive_count()
    context_object.keep_map_item_in_frames()
    history.end_at_the_end_event()
    history.note_entered_times()
    history.link_failed_evaluations_before_the_state()
    endings.keep_the_first_end()
    endings.time_out_at_once()
    endings.stop_at_once()
    endings.report_the_end()
    endings.start_with_an_environment()
    endings.leave_out_what_has_no_environment()
    retries.scale_back_off(settings)
    tokens.refuse_late_answers()
    tokens.look_in_ended_executions()
    tokens.pass_the_cause_on()
    api.refuse_another_definition()
    api.name_executions()
    api.complete_descriptions()
    api.list_stop_dates()
    api.stop_with_error_and_cause()
    api.page_histories()
    activities.start_without_worker()
    activities.queue_work_for_activities()
    activities.serve_workers()
    express.start_and_wait()
    logs.log_executions()
    json_paths.parse_once()
    jsonata_language.evaluate_in_python()
    jsonata_language.escape_bindings()
    jsonata_language.fail_as_evaluations()


def main() -> None:
    settings = read_settings(sys.argv[1:])
    refuse_other_moto()
    if settings.exit_with_parent:
        from .parent import exit_when_stdin_closes

        exit_when_stdin_closes()
    # moto's own clients come back to this port.
    os.environ["MOTO_PORT"] = str(settings.port)
    # A line a request would fill the log, and say nothing.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    apply_patches(settings)

    from moto.server import main as serve

    serve(["-H", settings.host, "-p", str(settings.port)])


if __name__ == "__main__":
    main()
