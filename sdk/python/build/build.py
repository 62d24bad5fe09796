"""Makes a component of a Python departmental: its modules and the kit, with an interpreter around them.

Called by `departmental build` as `python build.py FOLDER KIT WIT OUT`. What is wrong with the source is told as FILE:LINE,
with exit code 1.
Invariant: every import of WASI is stubbed, so the component imports the contract alone.
"""

import pathlib
import subprocess
import sys
import tempfile
import tomllib

LEFT_OUT = {"test", "tests", "node_modules", "__pycache__", "venv", ".venv"}


def main(folder: pathlib.Path, kit: pathlib.Path, wit: pathlib.Path, out: pathlib.Path) -> None:
    module = module_of(folder)
    for file in sources(folder):
        try:
            compile(file.read_bytes(), str(file), "exec")
        except SyntaxError as wrong:
            sys.exit(f"{file}:{wrong.lineno}: {wrong.msg}")
    with tempfile.TemporaryDirectory(prefix="departmental-") as work:
        for file in sources(folder):
            laid = pathlib.Path(work, "source", file.relative_to(folder))
            laid.parent.mkdir(parents=True, exist_ok=True)
            laid.write_bytes(file.read_bytes())
        entry = f"from {module} import departmental\nfrom palatine.guest import exports\n"
        entry += "Screens, Reactions, Advice, Intake = exports(departmental)\n"
        pathlib.Path(work, "source", "departmental_entry.py").write_text(entry, encoding="utf-8")
        command = [str(pathlib.Path(sys.executable).parent / "componentize-py"), "--quiet", "--wit-path", str(wit)]
        command += ["--world", "with-everything", "componentize", "--stub-wasi"]
        command += ["--python-path", str(pathlib.Path(work, "source")), "--python-path", str(kit)]
        command += ["--output", str(out), "departmental_entry"]
        made = subprocess.run(command, capture_output=True, text=True, check=False, cwd=work)
        if made.returncode != 0:
            sys.exit(told(made.stderr + made.stdout, folder, module))


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
