//! What is packed is unpacked letter by letter, and what is not ours is refused.
#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use super::{UNPACKED_BYTES_MAX, pack, unpack};

/// A body as the first version of the dictionary packed it, so that the form stays readable.
const ONCE: &str = include_str!("tests/once.hex");

#[test]
fn a_body_comes_back_as_it_was() {
    let observation = r#"{"resourceType":"Observation","id":"a","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"2160-0"}]},"valueQuantity":{"value":1.50,"unit":"mg/dL","system":"http://unitsofmeasure.org","code":"mg/dL"}}"#;
    let long = format!(
        r#"{{"resourceType":"Basic","text":"{}"}}"#,
        "é€🙂\\n".repeat(50_000)
    );
    for body in [
        "",
        "{}",
        observation,
        long.as_str(),
        &"x".repeat(UNPACKED_BYTES_MAX),
    ] {
        assert_eq!(unpack(&pack(body)).as_deref(), Some(body));
    }
    assert!(pack(observation).len() < observation.len() / 2);
}

#[test]
fn what_is_not_ours_is_refused() {
    let whole = pack(&r#"{"resourceType":"Patient","active":true}"#.repeat(10));
    let mut edited = whole.clone();
    *edited.last_mut().unwrap() ^= 0xff;
    let too_long = {
        let mut kept = vec![1];
        kept.extend(zstd::bulk::compress(&vec![b' '; UNPACKED_BYTES_MAX + 1], 1).unwrap());
        kept
    };
    for (what, kept) in [
        ("nothing", &[][..]),
        ("an unknown form", &[9, 1, 2, 3][..]),
        ("no frame", &[1, 1, 2, 3][..]),
        ("half a frame", &whole[..whole.len() / 2]),
        ("more than a resource", &too_long[..]),
        ("no text", &[0, 0xff, 0xfe][..]),
    ] {
        assert_eq!(unpack(kept), None, "{what}");
    }
    assert_ne!(unpack(&edited), unpack(&whole));
}

#[test]
fn what_was_packed_once_stays_readable() {
    let kept = hex::decode(ONCE.trim()).unwrap();
    let body = unpack(&kept).unwrap();
    assert!(
        body.starts_with(r#"{"resourceType":"Observation","id":"kept-once""#),
        "{body}"
    );
}
