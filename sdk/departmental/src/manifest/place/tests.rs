//! Places of a text by case.

use crate::manifest::place::line_of;

#[test]
fn lines_by_case() {
    let text = "\n{\n  \"a\": 1,\n  \"b, \\\"c\": [true,\n    { \"d/e\": null },\n    \"\\u007b\"\n  ]\n}\n";
    for (pointer, expected) in [
        ("/", Some(2)),
        ("/a", Some(3)),
        ("/b, \"c", Some(4)),
        ("/b, \"c/0", Some(4)),
        ("/b, \"c/1", Some(5)),
        ("/b, \"c/1/d~1e", Some(5)),
        ("/b, \"c/2", Some(6)),
        ("/b, \"c/3", None),
        ("/gone", None),
        ("/a/deeper", None),
    ] {
        assert_eq!(line_of(text, pointer), expected, "{pointer}");
    }
    assert_eq!(line_of("", "/a"), None);
}
