//! What a machine must have, on made-up installations.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::toolchain::{NoToolchain, TARGET, Toolchain, holds_std, linker};

#[test]
fn the_standard_library_is_looked_for_by_name() {
    let folder = tempfile::tempdir().unwrap();
    assert!(!holds_std(&folder.path().join("nowhere")));
    fs::write(folder.path().join("libcore-1.rlib"), "").unwrap();
    assert!(!holds_std(folder.path()));
    fs::write(folder.path().join("libstd-0f.rlib"), "").unwrap();
    assert!(holds_std(folder.path()));
}

/// A compiler that says where it is installed and nothing else.
fn pretend(bin: &Path, sysroot: &Path) {
    fs::create_dir_all(bin).unwrap();
    for program in ["rustc", "cargo"] {
        let file = bin.join(program);
        fs::write(&file, format!("#!/bin/sh\necho {}\n", sysroot.display())).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn what_is_missing_for_building_from_source_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (bin, sysroot) = (folder.path().join("bin"), folder.path().join("usr"));
    let mut tried = Vec::new();
    assert_eq!(Toolchain::from_source(&bin, &mut tried), None);
    assert!(tried[0].contains("rustc-web and cargo-web"), "{tried:?}");
    pretend(&bin, &sysroot);
    assert_eq!(Toolchain::from_source(&bin, &mut tried), None);
    assert!(tried[1].contains("rust-web-src"), "{tried:?}");
    let std = sysroot.join("lib/rustlib/src/rust/library/std");
    fs::create_dir_all(&std).unwrap();
    fs::write(std.join("Cargo.toml"), "").unwrap();
    let lld = sysroot.join("lib/rustlib/x/bin");
    fs::create_dir_all(&lld).unwrap();
    fs::write(lld.join("rust-lld"), "").unwrap();
    let found = Toolchain::from_source(&bin, &mut tried).unwrap();
    assert_eq!(linker(&sysroot), Some(lld.join("rust-lld")));
    let command = found.cargo_build();
    let arguments: Vec<&str> = command.get_args().filter_map(|it| it.to_str()).collect();
    assert_eq!(
        arguments,
        ["build", "--target", TARGET, "-Zbuild-std=std,panic_abort"]
    );
    assert_eq!(command.get_program(), bin.join("cargo"));
}

#[test]
fn without_a_compiler_both_ways_are_named() {
    let words = NoToolchain {
        tried: vec!["here".into()],
    }
    .to_string();
    for said in [
        "rustup target add wasm32-unknown-unknown",
        "apt-get install rustc-web cargo-web rust-web-src",
        "here",
    ] {
        assert!(words.contains(said), "{words}");
    }
}
