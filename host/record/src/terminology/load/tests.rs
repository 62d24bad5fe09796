//! Loads that are refused, stopped and taken up again, and a release in a zip file.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::{Distribution, Release, read, rows};
use crate::Record;
use crate::clock::Written;
use crate::store::Place;
use crate::tests::START_MS;

fn cases() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/terminology")
}

fn release(distribution: Distribution, from: &Path) -> Release {
    Release {
        distribution,
        from: from.to_owned(),
        edition: None,
        date: None,
    }
}

/// Every file of a sample, by its name without folders.
fn files(of: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut ahead = vec![cases().join(of)];
    while let Some(at) = ahead.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                ahead.push(path);
            } else {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

/// What loading says when a piece of one file is replaced.
fn changed(of: &str, distribution: Distribution, file: &str, from: &str, to: &str) -> String {
    let folder = TempDir::new().unwrap();
    for (name, text) in files(of) {
        let text = if name.starts_with(file) {
            assert!(text.contains(from), "{name} has no {from:?}");
            text.replacen(from, to, 1)
        } else {
            text
        };
        fs::write(folder.path().join(name), text).unwrap();
    }
    let (send, _filled) = tokio::sync::mpsc::channel(100);
    let made = read(&release(distribution, folder.path())).and_then(|read| {
        let concepts = read.draft.len();
        rows::fillings(read.draft, &send).map(|()| format!("{concepts} concepts"))
    });
    made.unwrap_or_else(|why| why.to_string())
}

const FAULTS: &str = "nothing was loaded, since these lines cannot be taken:\n";

/// File, what is replaced, with what, and the fault.
type Bad = (&'static str, &'static str, &'static str, &'static str);

const BAD_LINES: [Bad; 10] = [
    (
        "sct2_Concept",
        "31999999103",
        "31999999104",
        "sct2_Concept_SampleSnapshot_XX1999999_20261001.txt:4:1: `31999999104` is no identifier: its check digit is wrong",
    ),
    (
        "sct2_Concept",
        "20261001",
        "2026",
        "sct2_Concept_SampleSnapshot_XX1999999_20261001.txt:2:13: `2026` is no date of eight digits",
    ),
    (
        "sct2_Concept",
        "\t1\t",
        "\tyes\t",
        "sct2_Concept_SampleSnapshot_XX1999999_20261001.txt:2:22: `yes` is neither 0 nor 1",
    ),
    (
        "sct2_Concept",
        "\t1\t",
        "\t1\t1\t",
        "sct2_Concept_SampleSnapshot_XX1999999_20261001.txt:2:1: the line has 6 columns, and the first line names 5",
    ),
    (
        "sct2_Concept",
        "active",
        "aktiv",
        "sct2_Concept_SampleSnapshot_XX1999999_20261001.txt:1:1: there is no column `active`",
    ),
    (
        "sct2_Relationship",
        "41999999106\t31999999103",
        "41999999106\t404684003",
        "there is no concept `404684003`",
    ),
    (
        "sct2_Description",
        "\t31999999103\t",
        "\t404684003\t",
        "there is no concept `404684003`",
    ),
    (
        "sct2_Description",
        "900000000000003001",
        "900000000000012004",
        "`900000000000012004` is no type of description",
    ),
    (
        "der2_Refset",
        "161999999104",
        "404684003",
        "there is no concept `404684003`",
    ),
    (
        "der2_iisssccRefset",
        "\t1\t2\t",
        "\t1\tfirst\t",
        "`first` is no number",
    ),
];

const BAD_ELEMENTS: [Bad; 7] = [
    (
        "f_vmp2",
        "<VTMID>821999999104",
        "<VTMID>404684003",
        "f_vmp2_3161026.xml:3:1: there is no `404684003`",
    ),
    (
        "f_vmp2",
        "<VPID>831999999101",
        "<VPID>831999999102",
        "f_vmp2_3161026.xml:3:1: `831999999102` is no identifier: its check digit is wrong",
    ),
    (
        "f_amp2",
        "</AMPS>",
        "</AMP>",
        "f_amp2_3161026.xml:4:1: the XML cannot be read",
    ),
    (
        "f_vtm2",
        "<NM>Samplamol</NM>",
        "",
        "f_vtm2_3161026.xml:3:1: `821999999104` has no NM",
    ),
    ("f_vtm2", "Samplamol", "&nonsense;", "f_vtm2_3161026.xml:3:"),
    (
        "f_ingredient2",
        "</INGREDIENT_SUBSTANCES>",
        "",
        "the file ends before its elements do",
    ),
    (
        "f_ingredient2",
        "881999999100",
        "821999999104",
        "`821999999104` is there twice",
    ),
];

#[test]
fn bad_lines_are_named_by_file_line_and_column() {
    for (file, from, to, expected) in BAD_LINES {
        let said = changed("snomed", Distribution::Snomed, file, from, to);
        assert!(said.starts_with(FAULTS), "{said}");
        assert!(said.contains(expected), "{file} {to}: {said}");
    }
    for (file, from, to, expected) in BAD_ELEMENTS {
        let said = changed("dmd", Distribution::Dmd, file, from, to);
        assert!(said.starts_with(FAULTS), "{said}");
        assert!(said.contains(expected), "{file} {to}: {said}");
    }
}

#[test]
fn what_is_not_there_is_asked_for() {
    let folder = TempDir::new().unwrap();
    let nothing = read(&release(Distribution::Snomed, folder.path()))
        .err()
        .unwrap();
    assert!(
        nothing
            .to_string()
            .contains("there is no file sct2_Concept_"),
        "{nothing}"
    );
    let nothing = read(&release(Distribution::Dmd, folder.path()))
        .err()
        .unwrap();
    assert!(
        nothing
            .to_string()
            .contains("there must be one file f_vtm….xml"),
        "{nothing}"
    );
    let nowhere = read(&release(Distribution::Dmd, &folder.path().join("nowhere")))
        .err()
        .unwrap();
    assert!(nowhere.to_string().starts_with("reading "), "{nowhere}");
    let said = changed(
        "snomed",
        Distribution::Snomed,
        "der2_ssRefset",
        "\t1\t",
        "\t0\t",
    );
    assert!(said.contains("name it"), "{said}");
    let said = changed(
        "snomed",
        Distribution::Snomed,
        "sct2_Relationship",
        "31999999103\t11999999107",
        "31999999103\t41999999106",
    );
    assert_eq!(
        said,
        "a concept lies below itself: 31999999103 → 41999999106 → 31999999103"
    );
}

#[test]
fn a_zip_file_is_a_folder() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("release.zip");
    let mut zip = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    for (name, text) in files("snomed") {
        let how = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("SnomedCT_Sample/Snapshot/{name}"), how)
            .unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    let read = read(&release(Distribution::Snomed, &path)).unwrap();
    assert_eq!(
        read.version,
        "http://snomed.info/sct/21999999101/version/20261001"
    );
    assert_eq!((read.draft.len(), read.draft.names()), (19, 39));
    fs::write(&path, "not a zip").unwrap();
    let said = super::read(&release(Distribution::Snomed, &path))
        .err()
        .unwrap();
    assert!(said.to_string().starts_with("reading "), "{said}");
}

#[tokio::test]
async fn a_load_that_was_stopped_goes_on() {
    let folder = TempDir::new().unwrap();
    let place = Place::Sqlite(folder.path().join("record"));
    let record = Record::open(&place, Arc::new(Written::at_ms(START_MS)))
        .await
        .unwrap();
    let wanted = release(Distribution::Snomed, &cases().join("snomed"));
    let it = read(&wanted).unwrap();
    let row = record
        .begun(it.system, &it.version, &it.name, &it.digest, it.draft.len())
        .await
        .unwrap();
    let (send, mut filled) = tokio::sync::mpsc::channel(1);
    let draft = it.draft;
    let made = tokio::task::spawn_blocking(move || rows::fillings(draft, &send));
    for batch in 1..=2 {
        let filling = Arc::new(filled.recv().await.unwrap());
        record
            .store()
            .release_fill(row.release, batch, Arc::clone(&filling))
            .await
            .unwrap();
        // The same batch again, and one that is ahead of its turn, change nothing.
        record
            .store()
            .release_fill(row.release, batch, Arc::clone(&filling))
            .await
            .unwrap();
        record
            .store()
            .release_fill(row.release, batch + 2, filling)
            .await
            .unwrap();
    }
    drop(filled);
    made.await.unwrap().unwrap();
    let releases = record.store().releases().await.unwrap();
    assert_eq!((releases[0].batches, releases[0].ready), (2, false));
    let caller = record.operator(&"RXR".parse().unwrap());
    let report = record
        .load_terminology(&caller, wanted.clone(), &|_| {})
        .await
        .unwrap();
    assert_eq!(report.batches, 3);
    // Other files under the same version: not while the first is there.
    let other = Release {
        from: folder.path().join("other"),
        ..wanted
    };
    fs::create_dir(&other.from).unwrap();
    for (name, text) in files("snomed") {
        fs::write(
            other.from.join(name),
            text.replace("Chest pain", "Breast pain"),
        )
        .unwrap();
    }
    let said = record
        .load_terminology(&caller, other, &|_| {})
        .await
        .unwrap_err()
        .to_string();
    assert!(
        said.ends_with("was loaded from other files: forget it first"),
        "{said}"
    );
    record.close().await;
}
