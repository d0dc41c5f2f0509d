"""The internals of MiniStack that the adapter uses or replaces, one test for each."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from concurrent.futures import Future
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from local_aws.lambda_runner import LogEvent
from local_aws.ministack.environment import VERSION
from local_aws.ministack.logs.groups import write_logs
from local_aws.ministack.scope import default_scope
from local_aws.ministack.step_functions.service import StepFunctionsModule

_SOURCES = Path(importlib.import_module("ministack").__file__ or "").parent
_EXECUTORS = ("warm", "docker", "provided", "provided_warm", "proxy", "local")


class _NoEngine:
    def submit(
        self,
        operation: str,
        params: dict[str, Any],
        trace_header: str | None = None,
        account: str | None = None,
    ) -> Future[dict[str, Any]]:
        raise NotImplementedError

    def call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def test_installed_version_is_that_of_the_adapter() -> None:
    assert version("ministack") == VERSION


def _names_used_of_step_functions() -> Iterator[tuple[str, str]]:
    """Yield (file, attribute) for each use of the Step Functions module in MiniStack.

    The provisioner of state machines is replaced.
    """
    for path in _SOURCES.rglob("*.py"):
        if path.name in ("stepfunctions.py", "provisioners.py") or "stepfunctions" not in path.read_text():
            continue
        tree = _parsed(path)
        aliases = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "ministack.services":
                aliases |= {name.asname or name.name for name in node.names if name.name == "stepfunctions"}
            elif isinstance(node, ast.Import):
                aliases |= {
                    name.asname
                    for name in node.names
                    if name.name == "ministack.services.stepfunctions" and name.asname
                }
            elif isinstance(node, ast.ImportFrom) and node.module == "ministack.services.stepfunctions":
                yield from ((path.name, name.name) for name in node.names)
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id in aliases
            ):
                yield path.name, node.attr


def test_replaced_module_has_every_attribute_that_ministack_uses() -> None:
    module = StepFunctionsModule(_NoEngine())
    used = set(_names_used_of_step_functions())
    assert {file for file, _ in used} == {"drift.py", "eventbridge.py", "pipes.py"}
    assert [(file, name) for file, name in sorted(used) if not hasattr(module, name)] == []


def test_router_calls_handle_request_of_the_replaced_module() -> None:
    app = importlib.import_module("ministack.app")
    assert app.SERVICE_REGISTRY["states"]["module"] == "stepfunctions"
    source = inspect.getsource(app._lazy_handler)
    assert "handle_request(method, path, headers, body, query_params)" in source


def test_only_the_replaced_dispatch_calls_executors() -> None:
    """In all of MiniStack, the callers of an executor are the dispatch and other executors."""
    executors = {f"_execute_function_{name}" for name in _EXECUTORS}
    callers: dict[str, set[str]] = {}
    for path in _SOURCES.rglob("*.py"):
        for function in (
            node
            for node in ast.walk(_parsed(path))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ):
            for node in ast.walk(function):
                if isinstance(node, ast.Name | ast.Attribute):
                    name = node.id if isinstance(node, ast.Name) else node.attr
                    if name in executors | {"_execute_function_dispatch"}:
                        callers.setdefault(name, set()).add(function.name)
    assert callers.pop("_execute_function_dispatch") == {"_execute_function"}
    assert set(callers) <= executors
    assert set().union(*callers.values()) - executors == {"_execute_function_dispatch"}


@pytest.mark.parametrize(
    ("module", "name", "parameters"),
    [
        (
            "services.lambda_svc",
            "_execute_function_dispatch",
            ["func", "config", "event", "request_id", "started"],
        ),
        (
            "services.lambda_svc",
            "_invoke",
            ["name", "event", "headers", "path_qualifier", "query_params"],
        ),
        ("services.lambda_svc", "_effective_func_record_for_qualifier", ["func", "qualifier"]),
        ("services.lambda_svc", "_create_esm", ["data"]),
        ("services.lambda_svc", "_update_esm", ["esm_id", "data"]),
        ("services.lambda_svc", "_dispatch_esm_batch", ["esm_id", "fn", "args"]),
        (
            "services.lambda_svc",
            "_run_sqs_batch",
            ["esm", "func_rec", "event", "batch", "queue_url", "queue_name"],
        ),
        ("services.apigateway", "_create_route", ["api_id", "data"]),
        ("services.apigateway", "_create_integration", ["api_id", "data"]),
        ("services.apigateway", "_create_authorizer", ["api_id", "data"]),
        ("services.apigateway", "_match_route", ["api_id", "method", "path"]),
        ("services.apigateway", "_extract_path_params", ["route_path", "request_path"]),
        ("services.apigateway", "_route_specificity", ["method", "route_path"]),
        ("services.apigateway", "run_reentrant", ["fn", "thread_name"]),
        (
            "app",
            "_dispatch_service_request",
            ["method", "path", "headers", "body", "query_params", "request_id"],
        ),
        ("services.cloudfront", "_fetch_from_origin", ["origin", "method", "uri", "query_string", "headers"]),
        ("services.cloudfront", "_normalize_origin_host", ["host"]),
        ("services.cloudfront", "_origin_request_headers", ["origin", "headers", "client_ip"]),
        ("services.cloudfront", "_multidict_from_pairs", ["pairs"]),
        ("app", "_handle_execute_api_request", ["host", "path", "method", "headers", "body", "query_params"]),
        ("services.s3", "_build_object_record", ["body", "headers"]),
        ("services.s3", "_create_multipart_upload", ["bucket_name", "key", "headers"]),
        ("services.s3", "_bucket_default_sse_headers", ["bucket_name"]),
        ("services.secretsmanager", "_create_secret", ["data"]),
        ("services.sns", "_error", ["code", "message", "status"]),
        ("services.sns", "_p", ["params", "key"]),
        ("services.sns", "_parse_message_attributes", ["params"]),
        ("services.sns", "_publish", ["params"]),
        ("services.sns", "_publish_batch", ["params"]),
        ("services.sns", "_resolve_dedup_id", ["topic", "params", "message"]),
        ("services.lambda_svc", "_find_layer_version", ["layer_name", "version", "account_id", "region"]),
        ("services.lambda_svc", "_resolve_layer_zip", ["attachment"]),
        ("services.eventbridge", "_put_events", ["data", "allow_aws_source"]),
        ("services.eventbridge", "_events_log_list", []),
        ("services.cloudwatch_logs", "_append_log_events", ["stream", "events"]),
        ("services.cloudwatch_logs", "_make_group_arn", ["name"]),
        (
            "services.cloudwatch_logs",
            "_fanout_to_subscription_filters",
            ["group_name", "stream_name", "events"],
        ),
        ("services.cloudwatch", "_metric_bucket", ["key"]),
        ("services.cloudwatch", "_evict_old_metrics", []),
        ("services.dynamodb", "_set_item", ["table", "pk_val", "sk_val", "item"]),
        ("services.dynamodb", "_remove_item", ["table", "pk_val", "sk_val"]),
        ("services.dynamodb", "_items_replaced", ["table"]),
        ("services.dynamodb", "_update_counts", ["table"]),
        ("services.dynamodb", "_condition_syntax_error", ["expr", "slot"]),
        ("services.dynamodb", "_index_order_value", ["item", "name", "type_hint"]),
        ("services.dynamodb", "_query", ["data"]),
        ("services.dynamodb", "_index_members", ["table"]),
        ("services.dynamodb", "_index_key_lists", ["index"]),
        ("services.dynamodb", "_index_def", ["table", "index_name"]),
        ("services.dynamodb", "_get_attr_type", ["table", "attr_name"]),
        ("services.dynamodb", "_sort_key_value", ["attr", "sk_type"]),
        ("core.iam_actions", "dynamodb_transaction_checks", ["iam_action", "body", "region", "account_id"]),
        ("core.iam_evaluator", "evaluate_resource_policy", ["doc", "ctx", "service"]),
        ("core.iam_evaluator", "request_caller_arn", ["headers", "query_params"]),
        ("core.iam_evaluator", "resolve_credential", ["access_key_id", "account_id"]),
        ("services.s3", "_put_object", ["bucket_name", "key", "body", "headers"]),
        ("services.s3", "_copy_object", ["bucket_name", "dest_key", "headers"]),
        ("services.s3", "_list_objects_v1", ["bucket_name", "query_params"]),
        ("services.s3", "_list_objects_v2", ["bucket_name", "query_params"]),
        ("services.s3", "_resolve_storage_class", ["headers", "default"]),
        ("services.lambda_svc", "_create_function", ["data"]),
        ("services.lambda_svc", "_create_alias", ["func_name", "data"]),
        ("services.lambda_svc", "_update_alias", ["func_name", "alias_name", "data"]),
        ("services.lambda_svc", "_put_event_invoke_config", ["func_name", "qualifier", "data"]),
        ("services.lambda_svc", "_get_event_invoke_config", ["func_name", "qualifier"]),
        ("services.lambda_svc", "_put_function_concurrency", ["func_name", "data"]),
        ("services.lambda_svc", "_get_esm", ["esm_id"]),
        ("services.lambda_svc", "_delete_esm", ["esm_id"]),
        ("services.sns", "_create_topic", ["params"]),
        ("services.sns", "_subscribe", ["params"]),
        ("services.eventbridge", "_put_rule", ["data"]),
        ("services.eventbridge", "_put_targets", ["data"]),
        ("services.eventbridge", "_now_ts", []),
        (
            "services.cloudformation.provisioners",
            "_provision_resource",
            ["resource_type", "logical_id", "props", "stack_name"],
        ),
        ("services.lambda_svc", "_prune_orphan_code_blobs", ["referenced"]),
        ("services.sqs", "_receive_messages_for_esm", ["queue_url", "max_number"]),
        ("services.sqs", "_delete_messages_for_esm", ["queue_url", "receipt_handles"]),
        ("services.sqs", "_expire_retained", ["q"]),
        ("services.sqs", "_dlq_sweep", ["q"]),
        ("services.sqs", "_collect_msgs", ["q", "max_n", "vis_timeout"]),
        ("services.eventbridge", "_dispatch_to_sqs", ["spec", "payload", "sqs_parameters"]),
        ("services.sqs", "_queue_url_for_account", ["account_id", "name"]),
        ("services.cloudwatch_logs", "_compile_filter_pattern", ["raw"]),
        ("services.cloudwatch_logs", "_subscription_pattern_matches", ["pattern", "message"]),
        ("services.cloudwatch_logs", "_filter_log_events", ["data"]),
        ("services.cloudwatch_logs", "_put_subscription_filter", ["data"]),
        ("services.cloudwatch_logs", "_put_metric_filter", ["data"]),
        ("services.cloudwatch_logs", "_start_live_tail", ["data"]),
        ("services.ses_v2", "handle_request", ["method", "path", "headers", "body", "query_params"]),
        ("app", "_handle_ses_messages_request", ["method", "path", "headers", "query_params"]),
        ("services.ses", "_domain_and_parents", ["domain"]),
        ("services.ses", "_sent_emails_list", []),
        ("app", "load_state", ["service"]),
        ("app", "save_all", ["services"]),
        ("services.cloudformation.provisioners", "_sfn_definition", ["props"]),
        ("services.cloudformation.provisioners", "_physical_name", ["stack_name", "logical_id", "max_len"]),
        ("services.cloudformation.stacks", "_runs_on_worker_thread", ["resource_type"]),
        ("core.responses", "request_scope", ["account_id", "region"]),
        ("app", "_build_persistence_save_dict", []),
        ("services.cloudwatch_logs", "_resolve_log_group_name", ["data"]),
        ("services.cloudwatch_logs", "error_response_json", ["code", "message"]),
        ("services.ssm", "error_response_json", ["code", "message"]),
        ("services.iam", "_error", ["status", "code", "message"]),
        ("services.sqs", "_json_err_resp", ["code", "msg"]),
        ("services.s3", "_xml_body", ["root"]),
        ("services.dynamodb", "_trim_stream_records", ["table_name"]),
        ("services.dynamodb", "stream_start_position", ["table_name"]),
        ("services.dynamodb", "stream_end_position", ["table_name"]),
        ("services.dynamodb", "stream_records_since", ["table_name", "position", "limit"]),
        ("services.dynamodb", "closed_stream", ["stream_arn"]),
        ("services.dynamodb", "drop_stream_records", ["table_name"]),
    ],
)
def test_used_function_has_the_expected_parameters(module: str, name: str, parameters: list[str]) -> None:
    function = getattr(importlib.import_module(f"ministack.{module}"), name)
    assert set(parameters) <= inspect.signature(function).parameters.keys()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("services.cloudformation", "_stacks"),
        ("services.iam", "_roles"),
        ("services.cloudwatch_logs", "_log_groups"),
        ("services.cloudformation.provisioners", "_RESOURCE_HANDLERS"),
        ("services.cloudformation.provisioners", "_REPLACING_PROPERTIES"),
        ("services.cloudwatch_logs", "_log_events_lock"),
        ("services.dynamodb", "_stream_records"),
        ("services.dynamodb", "_stream_trimmed"),
        ("services.dynamodb", "_closed_streams"),
        ("services.lambda_svc", "_dynamodb_stream_positions"),
        ("services.sqs", "_HANDLERS"),
        ("services.sqs", "_queues_lock"),
        ("services.sts", "_sessions"),
        ("services.apigateway", "_routes"),
        ("services.sqs", "_queues"),
        ("services.ses", "_identities"),
        ("services.ses", "_sent_emails"),
        ("services.ses_v2", "_identities"),
        ("app", "SERVICE_HANDLERS"),
        ("app", "_state_map"),
        ("app", "app"),
    ],
)
def test_used_attribute_exists(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(f"ministack.{module}"), name)


def test_responses_use_json_to_write_documents_alone() -> None:
    source = (_SOURCES / "core" / "responses.py").read_text()
    assert source.count("json.") == source.count("json.dumps(data, ensure_ascii=False)") > 0


def test_dates_are_those_of_now_in_gmt() -> None:
    source = (_SOURCES / "app.py").read_text()
    assert source.count("formatdate(") == source.count("formatdate(usegmt=True)") > 0


def test_lambda_calls_invoke_by_the_replaced_name() -> None:
    service = importlib.import_module("ministack.services.lambda_svc")
    assert "await _invoke(" in inspect.getsource(service.handle_request)


def test_log_group_keeps_its_newest_streams() -> None:
    logs = importlib.import_module("ministack.services.cloudwatch_logs")
    for number in range(510):
        write_logs("/aws/lambda/busy", f"stream-{number:03}", [LogEvent(number, "said")])
    with default_scope():
        kept = list(logs._log_groups["/aws/lambda/busy"]["streams"])
    assert kept == [f"stream-{number:03}" for number in range(10, 510)]


def test_tokens_are_signed_by_a_function_that_takes_groups_and_attributes() -> None:
    cognito = importlib.import_module("ministack.services.cognito")
    parameters = inspect.signature(cognito._fake_token).parameters
    assert {"username", "user_attrs", "groups", "trigger_source"} <= set(parameters)
    assert "_fake_token(sub, pool_id, client_id" in inspect.getsource(cognito._oauth2_token)
