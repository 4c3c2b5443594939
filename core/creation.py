"""Tables of a first migration, made together."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class CreateModels(Operation):
    """Several `CreateModel` in turn, of which the last may name the first.

    Django renders every related model anew at each single one: a hundred tables that all lead to each other take ten
    thousand renderings, which is half of the first start. Here they are rendered once.
    """

    reduces_to_sql = True

    def __init__(self, creations: list[CreateModel]) -> None:
        self.creations = creations

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.creations], {}

    def describe(self) -> str:
        return "; ".join(each.describe() for each in self.creations)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # made again, whole, by whoever asks for it next
        for each in self.creations:
            each.state_forwards(app_label, state)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for each in self.creations:
            each.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for each in reversed(self.creations):
            each.database_backwards(app_label, schema_editor, from_state, to_state)


def together(operations: list[Operation]) -> list[Operation]:
    """The same operations in the same order, with every run of `CreateModel` as one."""
    found: list[Operation] = []
    for operation in operations:
        if type(operation) is not CreateModel:
            found.append(operation)
        elif found and isinstance(found[-1], CreateModels):
            found[-1].creations.append(operation)
        else:
            found.append(CreateModels([operation]))
    return found
