//! Puts the templates of `sdk/templates`, and the kit that each language needs, into the program.
//!
//! Invariant: what is put in is what this checkout holds, with what the workspace says written out; nothing that was built
//! or fetched is.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Folders that tools write; `palatine` is the kit of Python, which `departmental build` lays into a departmental.
const MADE: [&str; 7] = [
    "target",
    "node_modules",
    "palatine",
    "__pycache__",
    "dist",
    "build",
    "venv",
];
/// What goes into `kit/` of a new departmental in Rust: where it is in the checkout, and where it goes. The other kits are
/// laid by `departmental build`.
const RUST_KIT: [(&str, &str); 2] = [
    ("sdk/src", "sdk/src"),
    ("wit/departmental.wit", "wit/departmental.wit"),
];

fn main() -> Outcome<()> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?)
        .join("../..")
        .canonicalize()?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let workspace: Table = std::fs::read_to_string(root.join("Cargo.toml"))?.parse()?;
    let mut code = String::from("pub(crate) const FILES: &[Embedded] = &[\n");
    let templates = root.join("sdk/templates");
    watch(&templates);
    for file in files(&templates)? {
        let path = relative(&templates, &file)?;
        let Some((language, to)) = path.split_once('/') else {
            continue;
        };
        let from = match to {
            "Cargo.toml" => alone(
                &file,
                &workspace,
                &out.join("template.toml"),
                Of::Departmental,
            )?,
            _ => file.clone(),
        };
        embed(&mut code, language, to, &from)?;
    }
    for (from, to) in RUST_KIT {
        let folder = root.join(from);
        watch(&folder);
        for file in files(&folder)?.into_iter().filter(|it| !is_test(it)) {
            let below = relative(&folder, &file)?;
            let to = [to, below.as_str()].join("/");
            let to = format!("kit/{}", to.trim_end_matches('/'));
            embed(&mut code, "rust", &to, &file)?;
        }
    }
    let sdk = alone(
        &root.join("sdk/Cargo.toml"),
        &workspace,
        &out.join("sdk.toml"),
        Of::Kit,
    )?;
    embed(&mut code, "rust", "kit/sdk/Cargo.toml", &sdk)?;
    watch(&root.join("sdk/Cargo.toml"));
    watch(&root.join("Cargo.toml"));
    code.push_str("];\n");
    Ok(std::fs::write(out.join("embedded.rs"), code)?)
}

fn watch(path: &Path) {
    // A line for cargo, which is what a build script's output is.
    let line = format!("cargo::rerun-if-changed={}\n", path.display());
    let _ = std::io::Write::write_all(&mut std::io::stdout(), line.as_bytes());
}

/// All that people wrote below a folder, in order; the file itself when it is one; nothing behind a link, which leads to
/// what is elsewhere as well.
fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let kind = std::fs::symlink_metadata(folder)?.file_type();
    if kind.is_file() {
        return Ok(vec![folder.to_owned()]);
    }
    if !kind.is_dir() {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let is_hidden = name.starts_with('.') && name != ".gitignore";
        if is_hidden || MADE.contains(&name.as_str()) || name.ends_with(".wasm") {
            continue;
        }
        all.append(&mut files(&path)?);
    }
    all.sort();
    Ok(all)
}

fn is_test(file: &Path) -> bool {
    file.components().any(|part| part.as_os_str() == "tests") || file.ends_with("tests.rs")
}

fn relative(folder: &Path, file: &Path) -> Outcome<String> {
    let parts = file.strip_prefix(folder)?.components();
    let parts: Vec<_> = parts.map(|it| it.as_os_str().to_string_lossy()).collect();
    Ok(parts.join("/"))
}

fn embed(code: &mut String, language: &str, to: &str, from: &Path) -> Outcome<()> {
    Ok(writeln!(
        code,
        "    Embedded {{ language: {language:?}, path: {to:?}, bytes: include_bytes!({:?}) }},",
        from.display().to_string()
    )?)
}

/// Whose manifest it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Departmental,
    Kit,
}

/// A manifest without its workspace: what is inherited is written out.
fn alone(file: &Path, workspace: &Table, to: &Path, of: Of) -> Outcome<PathBuf> {
    let mut manifest: Table = std::fs::read_to_string(file)?.parse()?;
    let of_workspace = |name: &str| -> Outcome<Table> {
        let part = workspace.get("workspace").and_then(|it| it.get(name));
        let part = part.and_then(Value::as_table).cloned();
        Ok(part.ok_or_else(|| format!("the workspace has no [workspace.{name}]"))?)
    };
    if let Some(package) = manifest.get_mut("package").and_then(Value::as_table_mut) {
        inherit(package, &of_workspace("package")?)?;
        if of == Of::Departmental {
            package.insert("version".into(), "0.1.0".into());
            // The supplier's own to choose.
            package.remove("license");
        }
    }
    manifest.insert("lints".into(), Value::Table(of_workspace("lints")?));
    match of {
        // The kit's own tests need the checkout, and its lints are not the supplier's to see.
        Of::Kit => {
            manifest.remove("dev-dependencies");
            manifest.remove("lints");
        }
        Of::Departmental => {
            let apart = Value::Array(vec!["kit".into()]);
            manifest.insert(
                "workspace".into(),
                Value::Table(Table::from_iter([("exclude".to_owned(), apart)])),
            );
        }
    }
    let versions = of_workspace("dependencies")?;
    for name in ["dependencies", "dev-dependencies"] {
        dependencies(manifest.get_mut(name), &versions)?;
    }
    for (_, target) in manifest
        .get_mut("target")
        .and_then(Value::as_table_mut)
        .into_iter()
        .flatten()
    {
        dependencies(target.get_mut("dependencies"), &versions)?;
    }
    std::fs::write(to, toml::to_string(&manifest)?)?;
    Ok(to.to_owned())
}

/// `version.workspace = true` becomes the workspace's version.
fn inherit(package: &mut Table, workspace: &Table) -> Outcome<()> {
    for (name, value) in package.iter_mut() {
        if value.get("workspace").and_then(Value::as_bool) == Some(true) {
            let own = workspace.get(name);
            *value = own
                .cloned()
                .ok_or_else(|| format!("the workspace has no package.{name}"))?;
        }
    }
    Ok(())
}

fn dependencies(of: Option<&mut Value>, versions: &Table) -> Outcome<()> {
    for (name, value) in of.and_then(Value::as_table_mut).into_iter().flatten() {
        let inherits = value.get("workspace").and_then(Value::as_bool) == Some(true);
        *value = match name.as_str() {
            "sdk" => Value::Table(Table::from_iter([("path".to_owned(), "kit/sdk".into())])),
            _ if !inherits => continue,
            name => versions
                .get(name)
                .cloned()
                .ok_or_else(|| format!("the workspace has no dependency {name}"))?,
        };
    }
    Ok(())
}
