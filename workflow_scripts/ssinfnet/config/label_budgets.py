"""Each method at each label budget: what a list in `split.labels` makes of the section `methods`."""

from collections.abc import Mapping
from typing import Any

from ssinfnet.config.methods import Method
from ssinfnet.errors import InputError


def expand(values: dict[str, Any]) -> dict[str, Any]:
    """The values of a valid config in which every method has its own `labels` and `family`.

    With a list in `split.labels`, `sinfnet` becomes `sinfnet_5`, `sinfnet_10`, ..., but a method that says its own
    `labels` stays as it is, and an external one has learned from all. The result expanded again is the same. Raises
    `InputError` for two methods of one name.
    """
    budgets, methods = values["split"]["labels"], values["methods"]
    listed = isinstance(budgets, list | tuple)
    external = {name for name, method in methods.items() if method.get("external")}
    multiplied = {name for name, method in methods.items() if listed and method["labels"] is None} - external

    def at(name: str | None, labels: int | str) -> str | None:
        """The name of a method of the config at this budget; None, where no method is named, stays None."""
        return f"{name}_{labels}" if name in multiplied else name

    result: dict[str, Any] = {}
    for name, method in methods.items():
        own = method["labels"] or ("all" if name in external else budgets)
        for labels in budgets if name in multiplied else [own]:
            one = {**method, "labels": labels, "family": method["family"] or method["label"]}
            if name in multiplied:
                one["label"] = f"{method['label']}, {_words(labels)}"
            if learning := one.get("self_training"):
                one["self_training"] = learning | {"teacher": at(learning["teacher"], labels)}
            if at(name, labels) in result or (name in multiplied and at(name, labels) in methods):
                raise InputError(
                    f"config: methods: split.labels makes the method {at(name, labels)} of {name}, and there is one of "
                    "this name already; rename it"
                )
            result[at(name, labels)] = one
    return {**values, "methods": result}


def require_lines(methods: Mapping[str, Method]) -> None:
    """Raise `ValueError` where two methods would be the same point in the figure of label budgets."""
    if len({method.labels for method in methods.values()}) == 1:
        return
    points: dict[tuple[str, Any], str] = {}
    for name, method in methods.items():
        other = points.setdefault((method.family or method.label, method.labels), name)
        if other != name:
            raise ValueError(
                f"methods {other} and {name} have one family and one number of labels; give one of them another family"
            )


def _words(labels: int | str) -> str:
    return f"{labels} label" if labels == 1 else f"{labels} labels"
