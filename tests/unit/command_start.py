"""What a command imports when it is run, without its work."""

import ast
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "workflow_scripts"
COMMANDS = sorted(path.stem for path in SCRIPTS.glob("*.py"))


def imports(command: str) -> str:
    """The import statements of a command as code, those within its functions included."""
    nodes = ast.walk(ast.parse((SCRIPTS / f"{command}.py").read_text()))
    return "\n".join(ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))
