"""What commands need not wait for: torch's compiler, and a search for garbage that is not there.

Imports make some hundred thousand objects that all stay. Python looks for unreachable cycles after each 700 new ones,
and now and then among all, which is a sixth of a command's start.

Whatever says "do not compile me" imports `torch._dynamo`: optimisers, torchvision, models of timm. That takes more than
a CPU second, a third of what a short command costs, and nothing here compiles. So a stand-in answers what eager code
asks of it. Whoever asks for anything else gets the real one, as if it had been there all along.
"""

import gc
import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

COMPILER = "torch._dynamo"


def search_less_for_garbage(new: int = 10_000) -> None:
    """Look for unreachable cycles after so many `new` objects; what no cycle holds goes at once, as ever."""
    gc.set_threshold(new, *gc.get_threshold()[1:])


def leave_compiler_out() -> None:
    """Import a stand-in for `torch._dynamo` from now on; does nothing where the real one is there already."""
    if COMPILER not in sys.modules:
        sys.meta_path.insert(0, _Finder())


def _unchanged(function: Any = None, *_: Any, **__: Any) -> Any:
    """`torch._dynamo.disable` of a function, or as a decorator with options."""
    return function if callable(function) else _unchanged


# What torch, torchvision and timm ask for while nothing is compiled.
_ANSWERS = {
    COMPILER: {"disable": _unchanged, "graph_break": lambda *_, **__: None},
    f"{COMPILER}.utils": {"is_compile_supported": lambda _: False},
}


class _Finder(MetaPathFinder, Loader):
    """Finds and loads the stand-in, until somebody wants more."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        if fullname == COMPILER or fullname.startswith(f"{COMPILER}."):
            return ModuleSpec(fullname, self, is_package=fullname == COMPILER)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None if spec.name in _ANSWERS else self._real(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        if answers := _ANSWERS.get(module.__name__):
            vars(module).update(answers, __getattr__=lambda name: self._attribute(module.__name__, name))

    def _attribute(self, module: str, name: str) -> Any:
        # Python's own questions, such as for __path__ or __file__, are no wish for the compiler.
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._real(module), name)

    def _real(self, module: str) -> ModuleType:
        """The real module, after which the stand-in is no more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
            for name in _ANSWERS:
                sys.modules.pop(name, None)
        return importlib.import_module(module)
