//! Cases of `component`: components made here, whole, foreign and broken.
#![expect(
    clippy::unwrap_used,
    reason = "a case that cannot be set up has failed"
)]

use proptest::prelude::{ProptestConfig, any, prop, proptest};
use wasm_encoder::{ComponentSection as _, CustomSection};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

use super::{ComponentError, GOLDEN_SECTION, MANIFEST_SECTION, admit, inspect};
use crate::limits::COMPONENT_TYPE_SECTION_BYTES_MAX;
use crate::limits::GOLDEN_BYTES_MAX;

const CONTRACT_WIT: &str = "
    package palatine:departmental@0.1.0;
    interface types { type document = string; record failure { code: string, detail: string } }
    interface context { site: func() -> string; }
    interface chart { use types.{document, failure}; read: func(reference: string) -> result<document, failure>; }
    interface screens { use types.{document, failure}; open: func(screen: string) -> result<document, failure>; }
";

/// A component of a world whose body is `world`, built against the contract, with these custom sections after it.
pub(crate) fn sample(world: &str, sections: &[(&str, &[u8])]) -> Vec<u8> {
    let wit = format!(
        "{CONTRACT_WIT} world sample {{ {world} }}
         package wasi:clocks@0.2.0 {{ interface wall-clock {{ now: func() -> u64; }} }}
         package palatine:departmental@0.2.0 {{ interface chart {{ read: func() -> string; }} }}
         package palatine:other@0.1.0 {{ interface chart {{ read: func() -> string; }} }}"
    );
    let mut resolve = Resolve::default();
    let package = resolve.push_str("sample.wit", &wit).unwrap();
    let world = resolve.select_world(&[package], Some("sample")).unwrap();
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let mut bytes = ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .validate(true)
        .encode()
        .unwrap();
    for (name, data) in sections {
        CustomSection {
            name: (*name).into(),
            data: (*data).into(),
        }
        .append_to_component(&mut bytes);
    }
    bytes
}

/// A departmental's component of that version, as the tests of other modules push it.
pub(crate) fn departmental(version: &str) -> Vec<u8> {
    let manifest = format!(r#"{{"manifest":1,"id":"pathology","version":"{version}"}}"#);
    sample(
        "import context; import chart; export screens;",
        &[(MANIFEST_SECTION, manifest.as_bytes())],
    )
}

#[test]
fn a_departmental_is_read() {
    let inspected = admit(&departmental("1.2.3")).unwrap();
    let contract = |names: &[&str]| -> Vec<String> {
        names
            .iter()
            .map(|name| format!("palatine:departmental/{name}@0.1.0"))
            .collect()
    };
    assert_eq!(inspected.imports, contract(&["context", "types", "chart"]));
    assert_eq!(inspected.exports, contract(&["screens"]));
    assert_eq!(inspected.contract.unwrap().to_string(), "0.1.0");
    assert_eq!(inspected.manifest.unwrap()["version"], "1.2.3");
}

/// Each component is admitted, or refused with these words.
fn check<const ROWS: usize>(rows: [(&str, Vec<u8>, &str); ROWS]) {
    for (case, bytes, expected) in rows {
        let found = match admit(&bytes) {
            Ok(_) => "admitted".to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(found.contains(expected), "{case}: {found}");
    }
}

#[test]
fn imports_by_case() {
    #[rustfmt::skip] // One case, one line.
    check([
        ("no imports at all", sample("", &[]), "admitted"),
        ("a WASI clock", sample("import wasi:clocks/wall-clock@0.2.0;", &[]), "imports wasi:clocks/wall-clock@0.2.0,"),
        ("a function", sample("import now: func() -> u64;", &[]), "imports now (a function),"),
        ("an inline interface", sample("import chart: interface { read: func(); }", &[]), "imports chart,"),
        ("another package of ours", sample("import palatine:other/chart@0.1.0;", &[]), "imports palatine:other/chart"),
        ("two contract versions", sample("import chart; import palatine:departmental/chart@0.2.0;", &[]), "in version 0.1.0 and in version 0.2.0"),
    ]);
}

#[test]
fn manifests_by_case() {
    let embed = |json: &[u8]| sample("import context;", &[(MANIFEST_SECTION, json)]);
    #[rustfmt::skip] // One case, one line.
    check([
        ("manifest at its simplest", embed(b"{}"), "admitted"),
        ("manifest not JSON", embed(b"{"), "departmental.json of the component is not JSON"),
        ("manifest not an object", embed(b"[]"), "is JSON but not an object"),
        ("manifest with a member twice", embed(br#"{"id":"a","id":"b"}"#), r#"the member "id" is given twice"#),
        ("manifest twice", sample("", &[(MANIFEST_SECTION, b"{}"), (MANIFEST_SECTION, b"{}")]), "is there twice"),
        ("manifest too deep", embed("[".repeat(1000).as_bytes()), "recursion limit"),
    ]);
}

#[test]
fn golden_cases_by_case() {
    let embed = |json: &[u8]| sample("import context;", &[(GOLDEN_SECTION, json)]);
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(GOLDEN_BYTES_MAX));
    #[rustfmt::skip] // One case, one line.
    check([
        ("cases at their simplest", embed(b"{}"), "admitted"),
        ("cases beside a manifest", sample("import context;", &[(MANIFEST_SECTION, b"{}"), (GOLDEN_SECTION, b"{}")]), "admitted"),
        ("cases not JSON", embed(b"{"), "golden-cases.json of the component is not JSON"),
        ("cases not an object", embed(b"[]"), "is JSON but not an object"),
        ("cases twice", sample("", &[(GOLDEN_SECTION, b"{}"), (GOLDEN_SECTION, b"{}")]), "is there twice"),
        ("more cases than there is room for", embed(large.as_bytes()), "more than the 4194304 allowed"),
    ]);
    let inspected = admit(&embed(br#"{"golden":1}"#)).unwrap();
    let golden = inspected.golden.unwrap();
    assert_eq!(
        (golden.document["golden"].as_u64(), golden.bytes),
        (Some(1), 12)
    );
}

#[test]
fn broken_bytes_by_case() {
    let whole = departmental("1.0.0");
    #[rustfmt::skip] // One case, one line.
    check([
        ("nothing", Vec::new(), "not a valid component"),
        ("text", b"departmental".to_vec(), "not a valid component, at offset 0"),
        ("a core module", wasm_encoder::Module::new().finish(), "a core module, not a component"),
        ("cut off", whole[..whole.len() / 2].to_vec(), "not a valid component"),
        ("something after the end", [whole.clone(), vec![9, 9, 9]].concat(), "not a valid component"),
    ]);
}

#[test]
fn sizes_by_case() {
    let most = COMPONENT_TYPE_SECTION_BYTES_MAX / 3 - 8;
    #[rustfmt::skip] // One case, one line.
    check([
        ("types as deep as they may be", deep_types(most), "admitted"),
        ("types one section too deep", deep_types(most + 10), "more than 32768 bytes in one section of types"),
        ("types without end", deep_types(5_000_000), "more than 32768 bytes in one section of types"),
        ("seven components deep", nested(7), "admitted"),
        ("nine components deep", nested(9), "more than 8 levels of nesting"),
        ("as many modules as may be", many(256), "admitted"),
        ("one module more", many(257), "more than 256 core modules"),
    ]);
}

/// A component type in a component type, and so on: three bytes a level.
fn deep_types(levels: usize) -> Vec<u8> {
    let mut section = vec![0x01];
    for _ in 0..levels {
        section.extend([0x41, 0x01, 0x01]);
    }
    section.extend([0x41, 0x00]);
    let mut bytes = b"\0asm\x0d\0\x01\0\x07".to_vec();
    let mut length = section.len();
    while length >= 0x80 {
        bytes.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend(section);
    bytes
}

/// A component around a component, and so on.
fn nested(levels: usize) -> Vec<u8> {
    (0..levels).fold(wasm_encoder::Component::new().finish(), |inner, _| {
        let mut outer = wasm_encoder::Component::new();
        outer.section(&wasm_encoder::RawSection {
            id: 4,
            data: &inner,
        });
        outer.finish()
    })
}

/// A component of that many empty modules.
fn many(modules: usize) -> Vec<u8> {
    let mut component = wasm_encoder::Component::new();
    for _ in 0..modules {
        component.section(&wasm_encoder::ModuleSection(&wasm_encoder::Module::new()));
    }
    component.finish()
}

#[test]
fn what_is_foreign_can_still_be_looked_at() {
    let foreign = sample("import wasi:clocks/wall-clock@0.2.0;", &[]);
    assert_eq!(
        inspect(&foreign).unwrap().imports,
        ["wasi:clocks/wall-clock@0.2.0"]
    );
    assert!(matches!(
        admit(&foreign),
        Err(ComponentError::ForeignImport { .. })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Changed, cut and shuffled bytes give an answer, and what is admitted imports the contract only.
    #[test]
    fn hostile_bytes_are_answered(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cut in any::<prop::sample::Index>(),
        cuts in any::<bool>(),
        noise in prop::collection::vec(any::<u8>(), 0..64),
        spliced in any::<prop::sample::Index>(),
        splices in any::<bool>(),
    ) {
        let mut bytes = departmental("1.0.0");
        for (at, to) in changes {
            let at = at.index(bytes.len());
            bytes[at] = to;
        }
        if splices {
            let at = spliced.index(bytes.len());
            bytes.splice(at..at, noise);
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(inspected) = admit(&bytes) {
            assert!(inspected.imports.iter().all(|name| name.starts_with("palatine:departmental/")));
        }
    }

    #[test]
    fn noise_is_answered(noise in prop::collection::vec(any::<u8>(), 0..512)) {
        let header = b"\0asm\x0d\0\x01\0";
        drop(inspect(&noise));
        drop(inspect(&[header.as_slice(), &noise].concat()));
    }
}
