"""What commands need not wait for: torch's compiler, shapes without data, a search for garbage that is not there.

- Whatever says "do not compile me" imports `torch._dynamo`: optimisers, torchvision, models of timm. That takes more
  than a CPU second, a third of what a short command costs, and nothing here compiles. So a stand-in answers what eager
  code asks of it.
- Of some operators torch knows in Python what they make of tensors that have a shape and no data, those on the device
  "meta". To learn it takes another 0.4 s. It can wait until somebody works on that device or compiles.
- Imports make some hundred thousand objects that all stay. Python looks for unreachable cycles after each 700 new ones,
  and now and then among all, which is a sixth of a command's start.

Whoever asks a stand-in for anything else gets the real module, as if it had been there all along.
"""

import gc
import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def search_less_for_garbage(new: int = 10_000) -> None:
    """Look for unreachable cycles after so many `new` objects; what no cycle holds goes at once, as ever."""
    gc.set_threshold(new, *gc.get_threshold()[1:])


def leave_out() -> None:
    """Import stand-ins from now on, but where the real module is there already."""
    for finder in (_Finder(_COMPILER, ("torch._dynamo",)), _Finder(_SHAPES, _SHAPES_NEEDED)):
        if finder.name not in sys.modules:
            sys.meta_path.insert(0, finder)


def _unchanged(function: Any = None, *_: Any, **__: Any) -> Any:
    """`torch._dynamo.disable` of a function, or as a decorator with options."""
    return function if callable(function) else _unchanged


# What torch, torchvision and timm ask for while nothing is compiled.
_COMPILER = {
    "torch._dynamo": {"disable": _unchanged, "graph_break": lambda *_, **__: None},
    "torch._dynamo.utils": {"is_compile_supported": lambda _: False},
}
_SHAPES: dict[str, dict[str, Any]] = {"torch._meta_registrations": {}}
# What imports these works on shapes: `with torch.device("meta")`, and whatever compiles.
_SHAPES_NEEDED = ("torch.utils._device", "torch.utils._content_store", "torch._decomp", "torch._prims")


class _Finder(MetaPathFinder, Loader):
    """Finds and loads stand-ins for a module and modules in it, until somebody wants more than their `answers`.

    To import one of the `wishes`, or a module in it, is to want more.
    """

    def __init__(self, answers: dict[str, dict[str, Any]], wishes: Sequence[str]):
        self.name = next(iter(answers))
        self._answers = answers
        self._wishes = wishes

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        if fullname in self._answers or any(f"{fullname}.".startswith(f"{wish}.") for wish in self._wishes):
            return ModuleSpec(fullname, self, is_package=fullname == self.name)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None if spec.name in self._answers else self._real(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        if name in self._answers:
            vars(module).update(self._answers[name], __getattr__=lambda attribute: self._attribute(name, attribute))

    def _attribute(self, module: str, name: str) -> Any:
        # Python's own questions, such as for __path__ or __file__, are no wish for more.
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._real(module), name)

    def _real(self, module: str) -> ModuleType:
        """The real module, after which the stand-ins are no more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
            if [sys.modules.pop(name) for name in self._answers if name in sys.modules]:
                importlib.import_module(self.name)
        return importlib.import_module(module)
