//! Drawings hold every number they draw, and say in words what they show.

use super::{Band, Dot, Trend, sparkline, trend};

fn dot(day: i64, value: f64, label: &str) -> Dot {
    Dot {
        at_ms: day * 86_400_000,
        value,
        label: label.to_owned(),
        open: label.starts_with('<'),
    }
}

fn drawn(dots: &[Dot], thresholds: &[(f64, String)]) -> String {
    let band = Some(Band {
        low: Some(45.0),
        high: Some(84.0),
        label: "Reference 45 to 84",
    });
    trend(&Trend {
        id: "t",
        title: "Creatinine",
        description: "Rises",
        unit: "µmol/L",
        dots,
        band,
        thresholds,
    })
    .into_string()
}

#[test]
fn a_trend_has_title_description_range_thresholds_and_its_newest_number() {
    let dots = [
        dot(20_000, 78.0, "78"),
        dot(20_040, 76.0, "76"),
        dot(20_060, 171.0, "171"),
    ];
    let svg = drawn(
        &dots,
        &[
            (117.0, "AKI 1, 117".to_owned()),
            (120.0, "AKI 2, 120".to_owned()),
        ],
    );
    for words in [
        "<title",
        "Creatinine",
        "<desc",
        "Rises",
        "Reference 45 to 84",
        "AKI 1, 117",
        "AKI 2, 120",
        ">171<",
        "µmol/L",
    ] {
        assert!(svg.contains(words), "{words}: {svg}");
    }
    assert!(!svg.contains("style="));
    assert_eq!(svg.matches("<circle").count(), 3);
}

#[test]
fn one_number_equal_numbers_and_numbers_below_zero_are_drawn_inside() {
    for dots in [
        vec![dot(1, 5.0, "5")],
        vec![dot(1, 0.0, "0"), dot(1, 0.0, "0")],
        vec![dot(1, -3.0, "-3"), dot(9, 2.0, "2")],
        vec![dot(1, 1e11, "1e11"), dot(2, 1e-9, "<1e-9")],
    ] {
        let svg = drawn(&dots, &[]);
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}

#[test]
fn a_line_needs_two_numbers() {
    assert!(sparkline(&[1.0], None, None, "x").is_none());
    let line = sparkline(&[1.0, 1.0], Some(0.5), None, "Potassium: 1 at first, 1 now")
        .map(maud::Markup::into_string);
    assert!(line.is_some_and(|svg| svg.contains("Potassium") && !svg.contains("NaN")));
}
