//! For whom a component is built, and with which of the compiler's settings.
//!
//! Invariant: what is published is always built for everybody.

/// For whom it is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For<'v> {
    /// For everybody: quick and small.
    Release,
    /// For who has just saved a file: built quickly, in this version, which is the tool's own.
    Look { version: &'v str },
}

/// Cargo's profile, the folder of what it makes, and its settings; the workspace's own profiles stay as they are.
pub(super) fn of(whom: For<'_>) -> (&'static str, &'static str, &'static [&'static str]) {
    match whom {
        // Quick, one unit, no unwinding, no names.
        For::Release => (
            "release",
            "release",
            &[
                "opt-level=3",
                "lto=true",
                "codegen-units=1",
                "panic=\"abort\"",
                "strip=true",
                "debug=false",
            ],
        ),
        // Compiled in parts, of which only what was changed is compiled again.
        For::Look { .. } => (
            "dev",
            "debug",
            &[
                "opt-level=1",
                "incremental=true",
                "codegen-units=16",
                "panic=\"abort\"",
                "strip=true",
                "debug=false",
            ],
        ),
    }
}
