//! Times and sizes as they are read.

use super::{bytes, time};

#[test]
fn times_and_sizes_by_case() {
    for (us, text) in [
        (0, "0 µs"),
        (999, "999 µs"),
        (1_000, "1.0 ms"),
        (9_999, "9.9 ms"),
        (10_000, "10 ms"),
        (2_000_000, "2000 ms"),
    ] {
        assert_eq!(time(us), text);
    }
    for (size, text) in [
        (0, "–"),
        (1, "1 KiB"),
        (1_048_575, "1024 KiB"),
        (1_048_576, "1 MiB"),
        (67_108_864, "64 MiB"),
    ] {
        assert_eq!(bytes(size), text);
    }
}
