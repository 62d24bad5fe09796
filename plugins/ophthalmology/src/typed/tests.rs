//! What is a number, what is one with another unit, and what is neither.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::typed::typed;

#[test]
fn a_number_is_read_or_refused() {
    let table = "
        16        | 16
        16 mmHg   | 16
        16mmHg    | 16
        16.0      | 16.0
        -0.10     | -0.10
        016       | 016
        16 kPa    | it must be in mmHg, not in kPa
        16 mm     | it must be in mmHg, not in mm
        16 16     | it must be in mmHg, not in 16
        16,5      | it must be a plain number
        16/5      | it must be a plain number
        1e2       | it must be in mmHg, not in e2
        16.       | it must be a plain number
        .5        | it must be a plain number
        1.2.3     | it must be a plain number
        --1       | it must be a plain number
        NaN       | it must be a plain number
        inf       | it must be a plain number
        mmHg      | it must be a plain number
        +16       | it must be a plain number
        1234567890123 | it must be a plain number
    ";
    for row in table.lines().filter(|row| row.contains('|')) {
        let (text, expected) = row.split_once('|').unwrap();
        let said =
            typed("it", text, &["mmHg", "mm[Hg]"]).map_or_else(|it| it.words(), |it| it.digits);
        assert_eq!(said, expected.trim(), "{row}");
    }
    assert!(typed("it", "", &["mmHg"]).is_err());
}
