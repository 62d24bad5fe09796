//! Decimals as they are written, and their arithmetic at its edges.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::decimal::Decimal;

fn d(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

#[test]
fn a_decimal_is_read_or_refused() {
    let table = "
        171               | 171
        0.55              | 0.55
        1.50              | 1.5
        -2.5              | -2.5
        1.2e3             | 1200
        12E-1             | 1.2
        0                 | 0
        007               | 7
        1000000000        | 1000000000
        1000000001        | refused
        0.1234567890129   | 0.123456789012
        1e400             | refused
        1e-29             | 0
        1.                | refused
        .5                | refused
        <5                | refused
        1,5               | refused
        NaN               | refused
        +1                | refused
    ";
    for row in table.lines().filter(|row| row.contains('|')) {
        let (text, expected) = row.split_once('|').unwrap();
        let read = Decimal::parse(text.trim()).map_or("refused".to_owned(), |it| it.to_string());
        assert_eq!(read, expected.trim(), "{row}");
    }
    assert_eq!(Decimal::parse(""), None);
    assert_eq!(Decimal::parse(&"9".repeat(100)), None);
}

#[test]
fn arithmetic_keeps_every_digit() {
    assert_eq!(d("0.7").times(d("88.4")).unwrap(), d("61.88"));
    assert_eq!(d("171").over(d("78")).unwrap().with_places(2), "2.19");
    assert_eq!(d("1").over(Decimal::ZERO), None);
    assert_eq!(d("1000000000").times(d("2")), None);
    assert!(d("92.82").is_at_least(d("1.5"), d("61.88")));
    assert!(!d("92.819999999999").is_at_least(d("1.5"), d("61.88")));
    assert_eq!(
        (
            d("1.005").with_places(2),
            d("-1.005").with_places(2),
            d("1.999").cut(2)
        ),
        ("1.01".into(), "-1.01".into(), d("1.99"))
    );
    assert_eq!(d("78").with_places(0), "78");
}
