//! Each banned thing found where it stands, and not found where it is allowed.

use crate::banned::check;
use crate::code::Source;

#[test]
fn each_is_found_where_it_is_banned() {
    let table = [
        // path, code, line of the finding or 0
        ("host/record/src/bed.rs", "\nlet t = SystemTime::now();", 2),
        ("host/record/src/clock.rs", "let t = SystemTime::now();", 0),
        ("host/gateway/src/clock.rs", "let t = SystemTime::now();", 1),
        ("registry/src/clock.rs", "let t = Timestamp::now();", 0),
        (
            "host/record/src/bed/tests.rs",
            "let t = std::time::SystemTime::now();",
            1,
        ),
        ("host/record/src/bed.rs", "// SystemTime::now", 0),
        (
            "host/record/src/bed.rs",
            "let t = jiff::Timestamp::now();",
            1,
        ),
        ("host/record/src/bed.rs", "let t = Instant::now();", 0),
        ("plugins/sample/src/bed.rs", "let t = Instant::now();", 1),
        ("host/fhir/src/bed.rs", "let t = Instant::now();", 1),
        ("host/fhir/src/bed/tests.rs", "let t = Instant::now();", 0),
        ("host/a.rs", "#[allow(dead_code)]", 1),
        ("host/a.rs", "#![allow(dead_code)]", 1),
        ("host/a.rs", "#[allowance]", 0),
        ("host/a/tests.rs", "#[ignore = \"later\"]", 1),
        ("host/a.rs", "#[expect(dead_code, reason = \"why\")]", 0),
        ("host/a.rs", "#[expect(dead_code)]", 1),
        (
            "host/a.rs",
            "#[expect(clippy::unwrap_used, reason = \"why\")]",
            1,
        ),
        (
            "host/a/tests.rs",
            "#![expect(clippy::unwrap_used, reason = \"tests\")]",
            0,
        ),
        (
            "host/a.rs",
            "#[cfg(test)]\nmod tests {\n    #![expect(clippy::panic, reason = \"tests\")]\n}",
            0,
        ),
        ("host/a.rs", "pub use crate::bed::*;", 1),
        ("host/a.rs", "pub use crate::bed::{\n    Bed, *\n};", 1),
        ("host/a.rs", "pub use crate::bed::Bed;", 0),
        ("host/a.rs", "#[tracing::instrument(fields(id))]", 1),
        ("host/a.rs", "#[instrument(skip_all, fields(id))]", 0),
    ];
    for (path, text, line) in table {
        let lines: Vec<_> = check(&Source::read(path, text))
            .iter()
            .map(|finding| finding.line)
            .collect();
        let expected: Vec<_> = (line > 0).then_some(line).into_iter().collect();
        assert_eq!(lines, expected, "{path}: {text}");
    }
}
