"""Two stores of cases on one SQLite connection each: ours, and the library's own serializer.

Both load a case, complete a task, let the engine run on, and save, one transaction a step. Ours also writes
the rows of the history and the time of the next timer, which the library keeps inside its state. There is no
inbox, no audit trail and no ORM on either side: these are measured apart, in the full step.
"""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import orjson
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.spiff.parser.process import SpiffBpmnParser
from SpiffWorkflow.spiff.serializer.config import SPIFF_CONFIG
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState
from sqlalchemy.orm import Session

from core.actor import system_actor
from workflows import codec, compaction, store, tokens
from workflows.compiled import CompiledProcess
from workflows.compiler import compile_files
from workflows.engine import CaseEngine, Move
from workflows.facts import as_json
from workflows.models import ProcessCase
from workflows.scopes import Scopes

MODELS = Path(__file__).parent / "models"
NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)

_TABLES = """
CREATE TABLE kept (id INTEGER PRIMARY KEY, state BLOB NOT NULL, next_due TEXT, revision INTEGER NOT NULL);
CREATE TABLE history (kept_id INTEGER NOT NULL, element TEXT NOT NULL, ended_at TEXT NOT NULL, data BLOB);
"""


class Store(Protocol):
    """A store that is measured."""

    def start(self, first: dict[str, Any]) -> int:
        """Start a case with its first facts, save it, and give its key."""

    def step(self, case: int, element: str, fields: dict[str, Any]) -> bool:
        """Load a case, complete one open task of an element, save; say whether the case has ended."""

    def state_bytes(self, case: int) -> int:
        """Give the size of the saved state."""


def connect(path: Path) -> sqlite3.Connection:
    """Open a scratch database as the product opens its own: write-ahead log, one sync a checkpoint."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = wal")
    connection.execute("PRAGMA synchronous = normal")
    connection.executescript(_TABLES)
    return connection


class _OnSqlite:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def state_bytes(self, case: int) -> int:
        """Give the size of the saved state."""
        row = self.connection.execute("SELECT length(state) FROM kept WHERE id = ?", [case]).fetchone()
        return int(row[0])

    def _insert(self, state: bytes, due: str | None) -> int:
        query = "INSERT INTO kept (state, next_due, revision) VALUES (?, ?, 1)"
        return int(self.connection.execute(query, [state, due]).lastrowid or 0)

    def _read(self, case: int) -> tuple[bytes, int]:
        row = self.connection.execute("SELECT state, revision FROM kept WHERE id = ?", [case]).fetchone()
        return row[0], row[1]


class OwnStore(_OnSqlite):
    """The product's codec, compaction and history."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        super().__init__(connection)
        self.process = own_process(name)

    def start(self, first: dict[str, Any]) -> int:
        """Start a case with its first facts, save it, and give its key."""
        engine = self._engine(Scopes(dict(first)))
        workflow = tokens.CaseWorkflow(self.process.spec, self.process.subspecs, script_engine=engine)
        tokens.go_on(workflow, before=_nothing, after=_nothing)
        compaction.compact(workflow)
        return self._insert(codec.dump(workflow, engine.scopes), _due(workflow))

    def step(self, case: int, element: str, fields: dict[str, Any]) -> bool:
        """Load a case, complete one open task of an element, save; say whether the case has ended."""
        self.connection.execute("BEGIN IMMEDIATE")
        state, revision = self._read(case)
        engine = self._engine(codec.load_scopes(state))
        workflow = codec.load(state, self.process, engine)
        waiting = store.for_people(workflow)
        done: list[Task] = [next(task for task in waiting if task.task_spec.bpmn_id == element)]
        engine.write(done[0], element, fields)
        tokens.run(done[0])
        tokens.go_on(workflow, before=_nothing, after=done.append)
        self._keep_history(case, engine, done)
        compaction.compact(workflow)
        self.connection.execute(
            "UPDATE kept SET state = ?, next_due = ?, revision = ? WHERE id = ? AND revision = ?",
            [codec.dump(workflow, engine.scopes), _due(workflow), revision + 1, case, revision],
        )
        self.connection.execute("COMMIT")
        return bool(workflow.completed)

    def _keep_history(self, case: int, engine: CaseEngine, done: list[Task]) -> None:
        rows = []
        for task in [task for task in done if task.task_spec.drawn]:
            wrote = engine.written.pop(task.id, None)
            entry = orjson.dumps(as_json(wrote)) if wrote is not None else None
            rows.append((case, task.task_spec.bpmn_id, NOW.isoformat(), entry))
        self.connection.executemany("INSERT INTO history VALUES (?, ?, ?, ?)", rows)

    def _engine(self, scopes: Scopes) -> CaseEngine:
        return CaseEngine(self.process, scopes, Move(Session(), ProcessCase(), system_actor("bench"), NOW))


def _nothing(task: Task) -> None:
    """See a task go by."""


class PlainStore(_OnSqlite):
    """The library as it comes: ``serialize_json``, with its own script engine; a state is one text."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        super().__init__(connection)
        parser = SpiffBpmnParser()
        parser.add_bpmn_str((MODELS / f"{name}.plain.bpmn").read_bytes())
        parser.add_dmn_file(str(MODELS / "risk.plain.dmn"))
        key = f"bench_{name}"
        self.spec, self.subspecs = parser.get_spec(key), parser.get_subprocess_specs(key)
        self.engine = PythonScriptEngine()
        self.serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(SPIFF_CONFIG))

    def start(self, first: dict[str, Any]) -> int:
        """Start a case with its first facts, save it, and give its key."""
        workflow = BpmnWorkflow(self.spec, self.subspecs, script_engine=self.engine)
        workflow.task_tree.data.update(first)
        workflow.do_engine_steps()
        return self._insert(self.serializer.serialize_json(workflow).encode(), None)

    def step(self, case: int, element: str, fields: dict[str, Any]) -> bool:
        """Load a case, complete one open task of an element, save; say whether the case has ended."""
        self.connection.execute("BEGIN IMMEDIATE")
        state, revision = self._read(case)
        workflow = self.serializer.deserialize_json(state.decode())
        workflow.script_engine = self.engine
        task = _open(workflow, element)
        task.data.update(fields)
        task.run()
        workflow.do_engine_steps()
        self.connection.execute(
            "UPDATE kept SET state = ?, revision = ? WHERE id = ?",
            [self.serializer.serialize_json(workflow).encode(), revision + 1, case],
        )
        self.connection.execute("COMMIT")
        return bool(workflow.completed)


def own_process(name: str) -> CompiledProcess:
    """Compile one of the measured models."""
    files = {f"{name}.bpmn": (MODELS / f"{name}.bpmn").read_bytes()}
    if name == "approval":
        files["risk.dmn"] = (MODELS / "risk.dmn").read_bytes()
    return compile_files(files)


def _open(workflow: Any, element: str) -> Task:
    waiting = workflow.get_tasks(state=TaskState.READY, manual=True)
    return next(task for task in waiting if task.task_spec.bpmn_id == element)


def _due(workflow: Any) -> str | None:
    due = store.next_due(workflow)
    return due.isoformat() if due else None
