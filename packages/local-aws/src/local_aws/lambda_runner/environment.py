"""The environment variables of a sandbox, as Lambda defines them ("Using Lambda environment variables").

Variables of the developer's environment are not passed on.
"""

from __future__ import annotations

from pathlib import Path

from .model import Credentials, Function


def sandbox_environment(
    function: Function,
    *,
    runtime_api: str,
    endpoint_url: str,
    credentials: Credentials,
    runtime_dir: Path,
    task_root: Path,
    opt: Path | None,
    scratch: Path,
    log_stream: str,
) -> dict[str, str]:
    """Return all variables of a sandbox. `scratch` is its /tmp; `endpoint_url` is the AWS endpoint of boto3."""
    opt_dir = opt if opt is not None else scratch / "opt"
    environment = dict(function.environment)
    environment |= {
        "_HANDLER": function.handler,
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_REGION": function.region,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_SESSION_TOKEN": credentials.session_token,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        # Its own home: boto3 must not read the developer's ~/.aws.
        "HOME": str(scratch),
        "LAMBDA_RUNTIME_DIR": str(runtime_dir),
        "LAMBDA_TASK_ROOT": str(task_root),
        "LANG": "en_US.UTF-8",
        "LD_LIBRARY_PATH": f"{task_root}:{task_root}/lib:{opt_dir}/lib",
        "PATH": f"{runtime_dir}/bin:/usr/local/bin:/usr/bin:/bin:{opt_dir}/bin",
        "TMPDIR": str(scratch),
        "TZ": ":UTC",
    }
    return environment


def layer_search_path(opt: Path | None, runtime: str) -> tuple[str, ...]:
    """Return the folders of layers on sys.path: after the package and before the runtime's own."""
    return () if opt is None else (f"{opt}/python/lib/{runtime}/site-packages", f"{opt}/python")
