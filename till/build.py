"""Run `sam build` in the folder of a local AWS, unless nothing that it reads has changed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import yaml
from local_aws.settings import REGION

from till.local_stack import PROJECT
from till.sam import SamProcess
from tools.template import document

_TEMPLATES = "template*.yaml"
_ARTEFACTS = ("CodeUri", "ContentUri", "DefinitionUri", "Location")
_INPUTS = ("samconfig.toml", "functions", "layers", "statemachines")


class Build:
    """A build of `project` in `folder`.

    It runs in its context alone, which holds the lock of the folder's builds (`on_wait` is called if another process
    has it), starts `sam build`, and ends it if it still runs at exit.
    """

    def __init__(
        self, folder: Path, project: Path = PROJECT, *, on_wait: Callable[[], None] = lambda: None
    ) -> None:
        self._folder = folder
        self._on_wait = on_wait
        self._context: ExitStack | None = None
        self.project = project
        self._record = _record_file(folder)
        self._process: SamProcess | None = None
        self.digest = _digest(project, self._inputs())

    def __enter__(self) -> Self:
        with ExitStack() as context:
            context.enter_context(build_lock(self._folder, self._on_wait))
            self._start()
            self._context = context.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.stop()
        if self._context is not None:
            self._context.close()

    @property
    def template(self) -> Path:
        """The template that `sam deploy` reads."""
        return self._folder / "build" / "template.yaml"

    def _start(self) -> None:
        """Start `sam build`, which needs no local AWS, unless the folder has this build."""
        if self._is_current():
            return
        self._record.unlink(missing_ok=True)
        sources = self._link_sources()
        options = ["--template-file", str(sources / "template.yaml"), "--base-dir", str(self.project)]
        options += ["--build-dir", str(self.template.parent)]
        options += ["--cached", "--cache-dir", str(self._folder / "cache")]
        environment = {"AWS_DEFAULT_REGION": REGION}
        self._process = SamProcess(self._folder, self.project, "build", options, environment)

    def finish(self) -> None:
        """Wait for the build. Raise DeployFailed."""
        if self._context is None:
            raise RuntimeError("a build can be finished in its context only")
        if self._process is None:
            return
        if not self._process.wait():
            raise self._process.failure([])
        self._process = None
        for template in self.template.parent.rglob("template.yaml"):
            template.write_text(
                json.dumps(_with_shared_packages(document.read(template.read_text()), template))
            )
        self._record.write_text(json.dumps(self.digest))

    def _is_current(self) -> bool:
        """Return whether the folder has this build, with all artefacts that its templates name."""
        if not self.template.exists() or _read(self._record) != self.digest:
            return False
        return all(
            artefact.exists()
            for template in self.template.parent.rglob("template.yaml")
            for artefact in _artefacts(template)
        )

    def _link_sources(self) -> Path:
        """Write the templates as JSON next to links to what they name: sam reads JSON 70 times as fast as YAML."""
        sources = self._folder / "sources"
        shutil.rmtree(sources, ignore_errors=True)
        sources.mkdir()
        for template in self.project.glob(_TEMPLATES):
            text = template.read_text()
            with suppress(yaml.YAMLError):  # sam reports the error
                text = json.dumps(document.read(text))
            (sources / template.name).write_text(text)
        for name in _INPUTS:
            if (self.project / name).exists():
                (sources / name).symlink_to(self.project / name)
        return sources

    def _inputs(self) -> Iterator[Path]:
        yield from sorted(self.project.glob(_TEMPLATES))
        for name in _INPUTS:
            root = self.project / name
            if root.is_file():
                yield root
            else:
                yield from (path for path in _files(root) if "__pycache__" not in path.parts)


@contextmanager
def build_lock(folder: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the right to build and deploy in a folder; call `on_wait` if another process has it.

    The system releases it when the process ends, however it ends, and the `sam` processes that it started.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "build.lock").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def delete_build(folder: Path) -> None:
    """Delete what builds left in a folder."""
    for name in ("build", "cache", "sources"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for file in (_record_file(folder), *folder.glob("sam-*.log")):
        file.unlink(missing_ok=True)


def _with_shared_packages(built: dict[str, Any], file: Path) -> dict[str, Any]:
    """Let the functions of a template that have the same package name one of them: `sam deploy` zips each path once."""
    first: dict[str, str] = {}
    for resource in built["Resources"].values():
        properties = resource.get("Properties", {})
        package = file.parent / str(properties.get("CodeUri"))
        if resource["Type"] == "AWS::Serverless::Function" and package.is_dir():
            properties["CodeUri"] = first.setdefault(_digest(package, _files(package)), properties["CodeUri"])
    return built


def _artefacts(template: Path) -> Iterator[Path]:
    """Return the files and folders that a built template names."""
    for resource in (_read(template) or {}).get("Resources", {}).values():
        for name in _ARTEFACTS:
            path = resource.get("Properties", {}).get(name)
            if isinstance(path, str) and "://" not in path:
                yield template.parent / path


def _digest(root: Path, files: Iterable[Path]) -> str:
    """Return a digest of files and of their paths in a folder."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(root)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _record_file(folder: Path) -> Path:
    return folder / "built.json"


def _read(record: Path) -> Any:
    try:
        return json.loads(record.read_text())
    except (OSError, ValueError):
        return None
