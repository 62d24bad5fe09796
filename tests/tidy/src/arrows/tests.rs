//! Allowed and forbidden arrows, however a manifest writes them.

use crate::arrows::check;
use crate::{File, Tree};

fn manifest(folder: &str, rest: &str) -> File {
    let name = match folder.rsplit('/').next().unwrap_or(folder) {
        "host" => "palatine",
        last => last,
    };
    let text = format!("[package]\nname = \"{name}\"\n{rest}");
    File {
        path: format!("{folder}/Cargo.toml"),
        text,
    }
}

#[test]
fn only_the_drawn_arrows_are_allowed() {
    let table = r#"
        host/care        | [dependencies]                     | record.workspace = true     |
        host/care        | [dependencies]                     | sdk.workspace = true        | 4 `care` depends on `sdk`
        host/care        | [dev-dependencies]                 | sdk = { path = "../sdk" }   | 4 `care` depends on `sdk`
        host/care        | [build-dependencies]               | "sdk" = "1"                 | 4 `care` depends on `sdk`
        host/care        | [dependencies.sdk]                 | workspace = true            | 3 `care` depends on `sdk`
        host/care        | [dependencies]                     | kit = { package = "sdk" }   | 4 `care` depends on `sdk`
        host/care        | [target.'cfg(unix)'.dependencies]  | sdk.workspace = true        | 4 `care` depends on `sdk`
        host/care        | [dependencies]                     | # sdk = "1"                 |
        host/care        | [features]                         | sdk = []                    |
        plugins/sample   | [dependencies]                     | sdk.workspace = true        |
        plugins/sample   | [dependencies]                     | fhir.workspace = true       | 4 `sample` depends on `fhir`
        sdk/departmental | [dependencies]                     | registry.workspace = true   |
        sdk/departmental | [dependencies]                     | record.workspace = true     | 4 `departmental` depends on `record`
        host/sandbox     | [dependencies]                     | wasmtime.workspace = true   |
        tests/bench      | [dependencies]                     | wasmtime.workspace = true   |
        host             | [dependencies]                     | wasmtime.workspace = true   | 4 `palatine` depends on `wasmtime`
        host/care        | [dependencies]                     | wasmtime-wasi = "48"        | 4 `care` depends on `wasmtime-wasi`
        host/care        | [dependencies]                     | axum.workspace = true       | 4 `care` depends on `axum`
        host/gateway     | [dependencies]                     | rusqlite.workspace = true   | 4 `gateway` depends on `rusqlite`
        host/newer       | [dependencies]                     |                             | 2 package `newer` has no row of allowed arrows
    "#;
    for row in table.lines().filter(|row| row.contains('|')) {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let [folder, section, line, expected] = cells[..] else {
            unreachable!("four cells in {row}")
        };
        let mut files: Vec<_> = ["host/fhir", "host/record", "sdk", "registry"]
            .map(|folder| manifest(folder, ""))
            .into();
        files.push(manifest(folder, &format!("{section}\n{line}\n")));
        let tree = Tree {
            files,
            root_names: vec![],
        };
        let found: Vec<_> = check(&tree)
            .iter()
            .map(|it| format!("{} {}", it.line, it.what))
            .collect();
        assert_eq!(found.join("; "), expected, "{row}");
    }
}
