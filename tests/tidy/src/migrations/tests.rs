//! A migration new, listed, edited and gone.

use crate::migrations::{LIST, check, list_with_new};
use crate::{File, Tree};

const PATH: &str = "host/record/migrations/sqlite/0001.sql";

fn tree(list: &str, migrations: &[(&str, &str)]) -> Tree {
    let mut files = vec![File {
        path: LIST.to_owned(),
        text: list.to_owned(),
    }];
    files.extend(migrations.iter().map(|(path, text)| File {
        path: (*path).to_owned(),
        text: (*text).to_owned(),
    }));
    Tree {
        files,
        root_names: vec![],
    }
}

fn whats(tree: &Tree) -> Vec<String> {
    check(tree)
        .iter()
        .map(|it| format!("{}:{} {}", it.file, it.line, it.what))
        .collect()
}

#[test]
fn a_listed_migration_stays_as_it_was() {
    let first = tree("", &[(PATH, "create table a (b int);")]);
    assert_eq!(
        whats(&first),
        [format!("{PATH}:1 this migration is not listed")]
    );
    let list = list_with_new(&first).unwrap_or_default();
    assert!(whats(&tree(&list, &[(PATH, "create table a (b int);")])).is_empty());
    let edited = tree(&list, &[(PATH, "create table a (b text);")]);
    assert_eq!(
        whats(&edited),
        [format!("{PATH}:1 a merged migration was edited")]
    );
    assert_eq!(list_with_new(&edited), None, "an edit is never listed");
    assert_eq!(
        whats(&tree(&list, &[])),
        [format!("{LIST}:1 the migration `{PATH}` is gone")]
    );
    let grown = tree(
        &list,
        &[
            (PATH, "create table a (b int);"),
            ("host/record/migrations/sqlite/0002.sql", ""),
        ],
    );
    assert!(list_with_new(&grown).is_some_and(|grown| grown.starts_with(&list)));
}
