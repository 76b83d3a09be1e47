"""The rules that keep the layout readable and the reading safe: who may import whom and print, and what none may do."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "mnist_bp"
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))

# What each folder may import beside the standard library and itself. Names without a dot are rooms of the package.
FILES = {"errors", "progress", "atomic", "npz", "regular", "extras"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(), "progress": set(), "atomic": set(), "regular": set(), "extras": {"errors"},
    "npz": {"numpy"}, "streams": {"numpy"}, "machine": {"numpy", "threadpoolctl"},
    "config": {"yaml", "errors"},
    "data": {"numpy", "requests", "urllib3", "platformdirs", "streams"} | FILES,
    "nn": {"numpy"},
    "preprocessing": {"numpy", "PIL", "data", "machine", "streams"} | FILES,
    "train": {"numpy", "nn", "data", "errors", "machine", "streams"},
    "build": {"numpy", "config", "data", "nn", "train", "errors", "progress", "streams"},
    "run": {"numpy", "build", "config", "data", "nn", "preprocessing", "train", "machine", "streams"} | FILES,
    "sweep": {"yaml", "run", "config"} | FILES,
    "report": {"numpy", "jinja2", "markupsafe", "matplotlib", "PIL", "graphviz"}
    | {"build", "config", "data", "nn", "preprocessing", "train", "run", "sweep"} | FILES,
    "export": {"numpy", "onnx", "nn", "run", "config"} | FILES,
    "cli": {"click", "tqdm", "build", "config", "data", "nn", "preprocessing", "train", "run", "sweep", "report"}
    | {"export"} | FILES,
}  # fmt: skip


def room(module: Path) -> str:
    """Return the folder of a module, or the module itself if it lies at the package's root."""
    return module.parts[0].removesuffix(".py")


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


@pytest.mark.parametrize("place", MAY_IMPORT)
def test_a_room_imports_only_rooms_below_it(place: str) -> None:
    members = [module for module in MODULES if room(module) == place]
    assert members
    permitted = {place, *MAY_IMPORT[place]}
    for module in members:
        used = {name.removeprefix("mnist_bp.") for name in imports(module)} - {"__version__"}
        assert not {name for name in used if not allowed(name, permitted)}, f"mnist_bp/{module}"


def test_every_room_has_a_rule_and_there_are_no_circles() -> None:
    assert {room(module) for module in MODULES} - {"__init__", "__main__"} == {*MAY_IMPORT}
    below: list[str] = []
    for place, permitted in MAY_IMPORT.items():
        assert permitted & {*MAY_IMPORT} <= {*below}, f"{place} imports what comes after it"
        below.append(place)


JUDGES = {"mnist_bp.nn.check"}
WITH_BOTH_GRADIENTS = {"two_layer_net"}  # the book's class


def test_layers_losses_and_networks_do_not_import_their_judges() -> None:
    judged = [module for module in MODULES if module.parent == Path("nn") and module.stem not in WITH_BOTH_GRADIENTS]
    assert {"layers", "losses", "network", "optimizers"} <= {module.stem for module in judged}
    for module in judged:
        assert not {name for name in imports(module) if allowed(name, JUDGES)}, f"mnist_bp/{module}"


def test_the_graph_shares_nothing_with_what_it_judges() -> None:
    members = [module for module in MODULES if module.is_relative_to("nn/check/graph")]
    assert members
    for module in members:
        assert not {name for name in imports(module) if not allowed(name, {"numpy", "mnist_bp.nn.check.graph"})}


PRINTS = {Path("__init__.py")}  # mnist_bp.gradcheck, which people call to see the table


def test_only_the_command_line_prints() -> None:
    for module in MODULES:
        if room(module) != "cli" and module not in PRINTS:
            names = {
                node.id for node in ast.walk(ast.parse((PACKAGE / module).read_text())) if isinstance(node, ast.Name)
            }
            assert "print" not in names, f"mnist_bp/{module} prints"


WRITES_TEXT = re.compile(r"open\((.*, )?(mode=)?'[wax]\+?t?'|write_text\(|TextIOWrapper\(.*'w")


def test_written_text_has_the_same_line_ends_on_every_system() -> None:
    for module in MODULES:
        if room(module) != "cli":
            tree = ast.parse((PACKAGE / module).read_text("utf-8"))
            calls = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Call)]
            bad = [call for call in calls if WRITES_TEXT.search(call) and r"newline='\n'" not in call]
            assert not bad, f"mnist_bp/{module}: {bad[0]}"


def test_every_module_has_a_test_file_named_after_it() -> None:
    unit = ROOT / "tests" / "unit"
    untested = {"__init__.py", "__main__.py", "errors.py", "progress.py"}  # nothing but names
    for module in MODULES:
        if module.name not in untested:
            assert (unit / module.parent / f"test_{module.name}").is_file(), f"mnist_bp/{module} has no test file"


OF_PACKAGES = {"test_package.py"}  # of mnist_bp/__init__.py


def test_every_unit_test_file_belongs_to_a_module() -> None:
    for path in (ROOT / "tests" / "unit").rglob("test_*.py"):
        module = path.relative_to(ROOT / "tests" / "unit").with_name(path.name.removeprefix("test_"))
        assert module in MODULES or path.name in OF_PACKAGES, path


def test_no_module_is_long_and_the_root_is_short() -> None:
    for module in MODULES:
        assert len((PACKAGE / module).read_text("utf-8").splitlines()) <= 250, f"mnist_bp/{module}"
    assert len([*PACKAGE.glob("*.py")]) <= 11
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 200


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


def test_no_file_that_is_read_is_executed() -> None:
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
def test_planted_ways_of_executing_a_file_are_found(planted: str) -> None:
    assert risks(planted)


THROWS_AWAY = Path("run/verification.py")  # the run that it trains


def test_the_package_makes_no_temporary_files_elsewhere() -> None:
    """All that is kept is written beside its destination, by `atomic`, and not in the standard library's own places."""
    assert [module for module in MODULES if "tempfile" in (PACKAGE / module).read_text("utf-8")] == [THROWS_AWAY]
