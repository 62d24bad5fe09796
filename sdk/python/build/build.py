"""Makes a component of a Python departmental: its modules and the kit, with an interpreter around them.

Called by `departmental build` as `python build.py FOLDER KIT WIT OUT`. What is wrong with the source is told as FILE:LINE,
with exit code 1.
Invariant: every import of WASI is stubbed, so the component imports the contract alone; what is kept from one build to the
next is found by a digest of all that it is made of.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib

# Where what was made is kept; this program lies in a folder of its own for each version of what it calls.
KEPT = pathlib.Path(__file__).resolve().parent / "kept"
COMPONENTS_KEPT = 4
LEFT_OUT = {"test", "tests", "node_modules", "__pycache__", "venv", ".venv"}


def main(folder: pathlib.Path, kit: pathlib.Path, wit: pathlib.Path, out: pathlib.Path) -> None:
    module = module_of(folder)
    for file in sources(folder):
        try:
            compile(file.read_bytes(), str(file), "exec")
        except SyntaxError as wrong:
            sys.exit(f"{file}:{wrong.lineno}: {wrong.msg}")
    entry = f"from {module} import departmental\nfrom palatine.guest import exports\n"
    entry += "Screens, Reactions, Advice, Intake = exports(departmental)\n"
    kept = KEPT / f"{digest(entry, folder, sources(folder), kit, wit)}.wasm"
    if kept.is_file():
        os.utime(kept)
    else:
        component(folder, kit, wit, entry, kept, module)
    shutil.copyfile(kept, out)


def component(folder: pathlib.Path, kit: pathlib.Path, wit: pathlib.Path, entry: str, kept: pathlib.Path, module: str) -> None:
    """Makes it and keeps it, and forgets the oldest."""
    with tempfile.TemporaryDirectory(prefix="departmental-") as work:
        for file in sources(folder):
            laid = pathlib.Path(work, "source", file.relative_to(folder))
            laid.parent.mkdir(parents=True, exist_ok=True)
            laid.write_bytes(file.read_bytes())
        pathlib.Path(work, "source", "departmental_entry.py").write_text(entry, encoding="utf-8")
        made = pathlib.Path(work, "made.wasm")
        command = [str(pathlib.Path(sys.executable).parent / "componentize-py"), "--quiet", "--wit-path", str(wit)]
        command += ["--world", "with-everything", "componentize", "--stub-wasi"]
        command += ["--python-path", str(pathlib.Path(work, "source")), "--python-path", str(kit)]
        command += ["--output", str(made), "departmental_entry"]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=work)
        if ran.returncode != 0:
            sys.exit(told(ran.stderr + ran.stdout, folder, module))
        KEPT.mkdir(exist_ok=True)
        # Beside it and renamed, so that nobody reads half of it.
        beside = kept.with_suffix(f".{os.getpid()}")
        shutil.copyfile(made, beside)
        beside.rename(kept)
    by_age = sorted(KEPT.glob("*.wasm"), key=lambda it: it.stat().st_mtime, reverse=True)
    for old in by_age[COMPONENTS_KEPT:]:
        old.unlink(missing_ok=True)


def digest(entry: str, folder: pathlib.Path, own: list[pathlib.Path], kit: pathlib.Path, wit: pathlib.Path) -> str:
    """Over all that a component is made of, each file by its name and length."""
    found = hashlib.sha256(entry.encode())
    brought = [(it, it.relative_to(root)) for root in (kit, wit) for it in sorted(root.rglob("*.py")) + sorted(root.rglob("*.wit"))]
    for file, name in [*((it, it.relative_to(folder)) for it in own), *brought]:
        content = file.read_bytes()
        found.update(f"{name}\0{len(content)}\0".encode() + content)
    return found.hexdigest()[:32]


def module_of(folder: pathlib.Path) -> str:
    """The module that holds `departmental`, as pyproject.toml names it."""
    file = folder / "pyproject.toml"
    try:
        main = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get("departmental", {}).get("main")
    except tomllib.TOMLDecodeError as wrong:
        sys.exit(f"{file}: is not TOML: {wrong}")
    path = pathlib.PurePosixPath(main) if isinstance(main, str) else None
    module = ".".join(path.with_suffix("").parts).removesuffix(".__init__") if path and path.suffix == ".py" else ""
    if not module or not all(it.isidentifier() for it in module.split(".")):
        sys.exit(f'{file}: does not say which module holds `departmental`; write [tool.departmental] and main = "podiatry.py"')
    if not (folder / path).is_file():
        sys.exit(f"{folder / path}: is not there; pyproject.toml says that it holds `departmental`")
    return module


def sources(folder: pathlib.Path) -> list[pathlib.Path]:
    """The modules of the departmental; the kit comes from the tool, and tests stay behind."""
    files = (file.relative_to(folder) for file in sorted(folder.rglob("*.py")))
    kept = (file for file in files if not LEFT_OUT.intersection(file.parts) and file.parts[0] != "palatine")
    return [folder / file for file in kept]


def told(output: str, folder: pathlib.Path, module: str) -> str:
    """What the maker of components said, with places as they are in the folder."""
    lines = [line.replace("/0/", f"{folder}/").rstrip() for line in output.splitlines() if line.strip()]
    if any("cannot import name 'departmental'" in line for line in lines):
        return f"{folder / module.replace('.', '/')}.py: holds no `departmental`; write departmental = Podiatry(), an instance of palatine.Departmental"
    missing = [line for line in lines if "ModuleNotFoundError" in line]
    if missing:
        return f"{missing[-1]}; a module of the departmental lies in {folder}, and one of others is copied there"
    return "\n".join(lines[-12:])


if __name__ == "__main__":
    main(*(pathlib.Path(it).resolve() for it in sys.argv[1:]))
