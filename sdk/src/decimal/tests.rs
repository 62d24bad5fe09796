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
        -0.10             | -0.1
        1.2e3             | 1200
        12E-1             | 1.2
        1.5e+2            | 150
        0                 | 0
        0.0e-40           | 0
        -0                | 0
        1000000000        | 1000000000
        -1000000000       | -1000000000
        1000000000.000000000001 | refused
        1000000001        | refused
        0.123456789012    | 0.123456789012
        0.1234567890120   | 0.123456789012
        0.1234567890121   | refused
        1e-12             | 0.000000000001
        1e-13             | refused
        10e-13            | 0.000000000001
        1e9               | 1000000000
        1e10              | refused
        1e400             | refused
        1e99999999999     | refused
        1e                | refused
        007               | refused
        1.                | refused
        .5                | refused
        -                 | refused
        <5                | refused
        1,5               | refused
        1 5               | refused
        NaN               | refused
        +1                | refused
        --1               | refused
        ٣                 | refused
    ";
    for row in table.lines().filter(|row| row.contains('|')) {
        let (text, expected) = row.split_once('|').unwrap();
        let read = Decimal::parse(text.trim()).map_or("refused".to_owned(), |it| it.to_string());
        assert_eq!(read, expected.trim(), "{row}");
    }
    assert_eq!(Decimal::parse(""), None);
    assert_eq!(Decimal::parse(&"9".repeat(100)), None);
    assert_eq!(
        Decimal::parse(&format!("1.{}", "0".repeat(40))),
        Some(d("1"))
    );
}

#[test]
fn arithmetic_keeps_every_digit() {
    assert_eq!(d("0.7").times(d("88.4")).unwrap(), d("61.88"));
    assert_eq!(d("0.1").plus(d("0.2")), d("0.3"));
    assert_eq!(d("0.3").minus(d("0.1")), d("0.2"));
    assert_eq!(d("171").over(d("78")).unwrap().with_places(2), "2.19");
    assert_eq!(d("1").over(Decimal::ZERO), None);
    assert_eq!(d("1000000000").times(d("2")), None);
    assert_eq!(d("1000000000").over(d("0.5")), None);
    assert!(d("92.82").is_at_least(d("1.5"), d("61.88")));
    assert!(!d("92.819999999999").is_at_least(d("1.5"), d("61.88")));
    let most = d("1000000000");
    assert!(!most.is_at_least(most, most));
    assert!(d("-1000000000").is_at_least(d("-1000000000"), most));
    assert_eq!(d("1.005").with_places(2), "1.01");
    assert_eq!(d("-1.005").with_places(2), "-1.01");
    assert_eq!(d("-0.004").with_places(2), "0.00");
    assert_eq!(d("1.999").cut(2), d("1.99"));
    assert_eq!(d("-1.999").cut(0), d("-1"));
    assert_eq!(d("78").with_places(0), "78");
    assert!(d("18.0").is_whole() && !d("18.5").is_whole());
    assert_eq!(d("38.46").real(), 38.46);
    assert_eq!(Decimal::from(7_u32), d("7"));
}

/// A generator of its own, so that every run sees the same numbers.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn numbers_by_chance_agree_with_whole_numbers_of_thousandths() {
    let mut state = 0x9E37_79B9_7F4A_7C15;
    let text = |n: i64| {
        let sign = if n < 0 { "-" } else { "" };
        format!("{sign}{}.{:03}", n.abs() / 1000, n.abs() % 1000)
    };
    for _ in 0..100_000 {
        let mut number = || i64::try_from(next(&mut state) % 2_000_001).unwrap() - 1_000_000;
        let (a, b) = (number(), number());
        let (one, other) = (d(&text(a)), d(&text(b)));
        assert_eq!(one.cmp(&other), a.cmp(&b));
        assert_eq!(one.plus(other), d(&text(a + b)));
        assert_eq!(one.minus(other), d(&text(a - b)));
        let (sign, millionths) = (if a * b < 0 { "-" } else { "" }, (a * b).abs());
        let product = format!(
            "{sign}{}.{:06}",
            millionths / 1_000_000,
            millionths % 1_000_000
        );
        assert_eq!(one.times(other), Some(d(&product)));
        let of_b = if b < 0 { b - 5 } else { b + 5 } / 10;
        assert_eq!(other.rounded(2), d(&text(of_b * 10)), "{other}");
        assert_eq!(one.is_at_least(d("3"), other), a >= 3 * b);
    }
}
