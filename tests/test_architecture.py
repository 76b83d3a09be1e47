"""The rules that keep the layout readable and the reading safe: who may import whom and print, and what none may do."""

import ast
import re
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "mnist_bp"
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))

RULES = {  # modules here: what they may import beside the standard library
    "config": {"yaml", "mnist_bp.config", "mnist_bp.errors"},
    "data": {
        "numpy", "requests", "urllib3", "platformdirs",
        "mnist_bp.data", "mnist_bp.errors", "mnist_bp.atomic", "mnist_bp.npz", "mnist_bp.progress",
    },
    "nn": {"numpy", "mnist_bp.nn"},
    "sweep": {
        "yaml",
        "mnist_bp.sweep", "mnist_bp.config", "mnist_bp.errors", "mnist_bp.progress",
        "mnist_bp.claim", "mnist_bp.records", "mnist_bp.runs",
    },
    "claim.py": {"mnist_bp.atomic", "mnist_bp.errors", "mnist_bp.process"},
    "trainer.py": {
        "numpy", "mnist_bp.nn", "mnist_bp.data", "mnist_bp.errors",
        "mnist_bp.batches", "mnist_bp.evaluation", "mnist_bp.records", "mnist_bp.shadow",
    },
}  # fmt: skip


def imports(module: Path) -> set[str]:
    """Return what a module imports, anywhere in it, except from the standard library."""
    found = set()
    for node in ast.walk(ast.parse((PACKAGE / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] not in sys.stdlib_module_names}


def allowed(name: str, permitted: set[str]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in permitted)


@pytest.mark.parametrize("rule", RULES)
def test_modules_import_only_what_their_place_allows(rule: str) -> None:
    members = [module for module in MODULES if module.parts[0] == rule]
    assert members
    for module in members:
        foreign = {name for name in imports(module) if not allowed(name, RULES[rule])}
        assert not foreign, f"mnist_bp/{module} imports {foreign}"


JUDGES = {f"mnist_bp.nn.{name}" for name in ("numerical", "differences", "graph", "graph_oracle", "gradcheck")}
JUDGED = {  # all of nn/ but the judges, what they are tested with, and the book's class, which has both gradients
    module.stem for module in MODULES if module.parent == Path("nn") and f"mnist_bp.nn.{module.stem}" not in JUDGES
} - {"__init__", "planted_bugs", "two_layer_net"}  # fmt: skip


@pytest.mark.parametrize("judged", sorted(JUDGED))
def test_what_is_judged_does_not_import_its_judges(judged: str) -> None:
    assert {"layers", "losses", "network", "optimizers"} <= JUDGED
    assert not {name for name in imports(Path("nn", f"{judged}.py")) if allowed(name, JUDGES)}


def test_the_graph_shares_nothing_with_what_it_judges() -> None:
    members = [module for module in MODULES if module.parent == Path("nn/graph")]
    assert members
    for module in members:
        assert not {name for name in imports(module) if not allowed(name, {"numpy", "mnist_bp.nn.graph"})}


def test_only_the_command_line_prints() -> None:
    for module in MODULES:
        if module.parts[0] != "cli":
            names = {
                node.id for node in ast.walk(ast.parse((PACKAGE / module).read_text())) if isinstance(node, ast.Name)
            }
            assert "print" not in names, f"mnist_bp/{module} prints"
            assert not {name for name in imports(module) if allowed(name, {"click", "tqdm"})} - (
                {"mnist_bp.cli.main"} if module.name == "__main__.py" else set()
            )


def test_only_build_sees_both_the_config_and_the_network_library() -> None:
    for module in MODULES:
        sees = {part for name in imports(module) for part in ("config", "nn") if allowed(name, {f"mnist_bp.{part}"})}
        if module.parts[0] != "cli" and module.name != "build.py":
            assert sees != {"config", "nn"}, f"mnist_bp/{module} imports {sees}"


def test_every_module_has_a_test_file_named_after_it() -> None:
    tests = Path(__file__).parent
    untested = {"__init__.py", "__main__.py", "errors.py", "progress.py", "options.py"}  # nothing but names
    for module in MODULES:
        if module.name not in untested:
            assert (tests / module.parent / f"test_{module.name}").is_file(), f"mnist_bp/{module} has no test file"


PROGRAMS = [*PACKAGE.rglob("*.py"), *(PACKAGE.parent / "scripts").rglob("*.py")]
UNPICKLERS = {"pickle", "_pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle"}
NUMPYS_FILES = re.compile(r"(np|numpy)\.(load|savez?(_compressed)?)")
INTERPRETERS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen"}
OF_YAML = {  # what reads text as nodes, or writes plain data: no other name of the library is used
    "compose", "dump", "BaseLoader", "SafeDumper",
    "Node", "MappingNode", "SequenceNode", "ScalarNode", "Mark", "MarkedYAMLError", "YAMLError",
}  # fmt: skip


def is_risk(node: ast.AST) -> bool:
    """Whether it could run a string or the contents of a file, or is an import whose names would not be recognised."""
    if isinstance(node, ast.Import):
        return any(
            alias.name.split(".")[0] in UNPICKLERS
            or (alias.name in {"numpy", "yaml"} and alias.asname not in {None, "np"})
            for alias in node.names
        )
    if isinstance(node, ast.ImportFrom):
        return str(node.module).split(".")[0] in UNPICKLERS or node.module in {"numpy", "yaml"}
    if isinstance(node, ast.Attribute):
        return ast.unparse(node.value) == "yaml" and node.attr not in OF_YAML
    if isinstance(node, ast.Call):
        name, given = ast.unparse(node.func), {each.arg: ast.unparse(each.value) for each in node.keywords}
        return (
            name in INTERPRETERS
            or given.get("shell", "False") != "False"
            or (name == "yaml.compose" and given.get("Loader") != "yaml.BaseLoader")
            or (name == "yaml.dump" and "Dumper" not in given)
            or (NUMPYS_FILES.fullmatch(name) is not None and given.get("allow_pickle") != "False")
        )
    return False


def risks(program: str) -> list[str]:
    return [ast.unparse(node) for node in ast.walk(ast.parse(program)) if is_risk(node)]


def test_nothing_that_is_read_is_run() -> None:
    assert len(PROGRAMS) > len(MODULES)
    for path in PROGRAMS:
        assert not risks(path.read_text("utf-8")), path


@pytest.mark.parametrize(
    "planted",
    [
        "import pickle", "import os, marshal", "def f():\n    from shelve import open", "import joblib.numpy_pickle",
        "x = eval(text)", "exec(text)", "compile(text, '', 'exec')", "__import__(name)",
        "os.system(command)", "os.popen(command)", "run(command, shell=True)", "subprocess.Popen(command, shell=flag)",
        "np.load(path)", "numpy.load(path, allow_pickle=True)", "np.save(path, x)", "np.savez(file, **arrays)",
        "np.savez_compressed(file, x=x, allow_pickle=flag)", "from numpy import load", "import numpy as n",
        "yaml.load(text)", "yaml.load(text, Loader=yaml.SafeLoader)", "yaml.full_load(text)", "load = yaml.unsafe_load",
        "yaml.compose(text)", "yaml.compose(text, Loader=yaml.Loader)", "yaml.dump(content)",
        "class D(yaml.Dumper): pass", "from yaml import unsafe_load as safe_load", "import yaml as y",
    ],
)  # fmt: skip
def test_what_would_run_it_is_found(planted: str) -> None:
    assert risks(planted)


def test_the_package_makes_no_temporary_files_elsewhere() -> None:
    """All that is written goes beside its destination, by `atomic`: the standard library's own places are not used."""
    assert not [module for module in MODULES if "tempfile" in (PACKAGE / module).read_text("utf-8")]
