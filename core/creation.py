"""Tables of a first migration, made together."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddConstraint, AddField, AddIndex, CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class CreateModels(Operation):
    """Several `CreateModel` in turn, with the fields, indexes and constraints that are added to their tables afterwards.

    Django renders every related model anew at each single one: a hundred tables that all lead to each other take ten
    thousand renderings, which is half of the first start. Here they are rendered once, and each table is made as it is
    in the end.
    """

    reduces_to_sql = True

    def __init__(self, parts: list[Operation]) -> None:
        self.parts = parts

    @property
    def tables(self) -> list[CreateModel]:
        return [each for each in self.parts if isinstance(each, CreateModel)]

    def takes(self, operation: Operation) -> bool:
        """Whether it makes a table, or adds to one of these."""
        if isinstance(operation, CreateModel):
            return True
        if isinstance(operation, AddField | AddIndex | AddConstraint):
            return operation.model_name.lower() in {each.name.lower() for each in self.tables}
        return False

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.parts], {}

    def describe(self) -> str:
        return "; ".join(each.describe() for each in self.parts)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # made again, whole, by whoever asks for it next
        for each in self.parts:
            each.state_forwards(app_label, state)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for each in self.tables:
            each.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for each in reversed(self.tables):
            each.database_backwards(app_label, schema_editor, from_state, to_state)


def together(operations: list[Operation]) -> list[Operation]:
    """The same operations in the same order, with every run that makes tables as one."""
    found: list[Operation] = []
    for operation in operations:
        if found and isinstance(found[-1], CreateModels) and found[-1].takes(operation):
            found[-1].parts.append(operation)
        elif isinstance(operation, CreateModel):
            found.append(CreateModels([operation]))
        else:
            found.append(operation)
    return found
