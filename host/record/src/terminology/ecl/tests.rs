//! Expressions and how they are read.

use super::parse::read;
use super::{Expression, Refinement, Way};

/// The expression in one line: each part in brackets.
fn drawn(it: &Expression) -> String {
    let all = |all: &[Expression]| all.iter().map(drawn).collect::<Vec<_>>().join(" ");
    match it {
        Expression::Any => "*".to_owned(),
        Expression::Concept(code) => code.clone(),
        Expression::Lies(way, of) => {
            let way = match way {
                Way::Below => "below",
                Way::BelowOrSelf => "below+",
                Way::Child => "child",
                Way::ChildOrSelf => "child+",
                Way::Above => "above",
                Way::AboveOrSelf => "above+",
                Way::Parent => "parent",
                Way::ParentOrSelf => "parent+",
            };
            format!("({way} {})", drawn(of))
        }
        Expression::Members(of) => format!("(members {})", drawn(of)),
        Expression::And(parts) => format!("(and {})", all(parts)),
        Expression::Or(parts) => format!("(or {})", all(parts)),
        Expression::Minus(from, what) => format!("(minus {} {})", drawn(from), drawn(what)),
        Expression::Refined(of, by) => format!("(those {} {})", drawn(of), said(by)),
        Expression::Dotted(of, by) => format!("(values {} {})", drawn(of), drawn(by)),
    }
}

fn said(it: &Refinement) -> String {
    let all = |all: &[Refinement]| all.iter().map(said).collect::<Vec<_>>().join(" ");
    match it {
        Refinement::And(parts) => format!("(and {})", all(parts)),
        Refinement::Or(parts) => format!("(or {})", all(parts)),
        Refinement::Has {
            reversed,
            attribute,
            other,
            value,
        } => format!(
            "({}{}{} {})",
            if *reversed { "of " } else { "" },
            if *other { "not " } else { "" },
            drawn(attribute),
            drawn(value)
        ),
    }
}

fn check(table: &str) {
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (text, expected) = line.split_once(" → ").unwrap_or((line, ""));
        let found = read(text).map_or_else(|why| why.to_string(), |it| drawn(&it));
        assert_eq!(found, expected.trim(), "{text}");
    }
}

#[test]
fn expressions_as_they_are_read() {
    check(
        "
        404684003 → 404684003
        * → *
        < 404684003 |Clinical finding| → (below 404684003)
        <<404684003 → (below+ 404684003)
        <! 404684003 → (child 404684003)
        <<! 404684003 → (child+ 404684003)
        > 404684003 → (above 404684003)
        >> 404684003 → (above+ 404684003)
        >! 404684003 → (parent 404684003)
        ^ 700043003 → (members 700043003)
        < ^ 700043003 → (below (members 700043003))
        < 19829001 AND < 301867009 → (and (below 19829001) (below 301867009))
        < 19829001 , < 301867009 and ^ 700043003 → (and (below 19829001) (below 301867009) (members 700043003))
        < 19829001 OR < 301867009 OR 404684003 → (or (below 19829001) (below 301867009) 404684003)
        << 19829001 MINUS << 301867009 → (minus (below+ 19829001) (below+ 301867009))
        < (125605004 OR 404684003) → (below (or 125605004 404684003))
        (< 19829001 AND < 301867009) OR 404684003 → (or (and (below 19829001) (below 301867009)) 404684003)
        < 404684003 : 363698007 = << 39057004 → (those (below 404684003) (363698007 (below+ 39057004)))
        < 404684003 : 363698007 = *, 116676008 != 415582006 → (those (below 404684003) (and (363698007 *) (not 116676008 415582006)))
        < 404684003 : (363698007 = * OR 116676008 = *) → (those (below 404684003) (or (363698007 *) (116676008 *)))
        < 91723000 : R 363698007 = < 125605004 → (those (below 91723000) (of 363698007 (below 125605004)))
        < 125605004 . 363698007 → (values (below 125605004) 363698007)
        /* all of */ << 19829001 → (below+ 19829001)
        ",
    );
}

#[test]
fn expressions_that_are_refused() {
    check(
        "
        < → the expression cannot be read at character 2: an operator, `*`, `(` or a code of 6 to 18 digits is expected, not ``
        12345 → the expression cannot be read at character 1: an operator, `*`, `(` or a code of 6 to 18 digits is expected, not `12345`
        404684003 404684003 → the expression cannot be read at character 11: the end is expected, not `404684003`
        < 19829001 AND < 301867009 OR 404684003 → the expression cannot be read at character 28: the end is expected, not `OR 404684003`
        (404684003 → the expression cannot be read at character 11: `)` is expected, not ``
        404684003 |never ended → the expression cannot be read at character 12: `|` at the end of the term is expected, not `never ended`
        < 404684003 : 363698007 → the expression cannot be read at character 24: `=` or `!=` is expected, not ``
        < 404684003 : { 363698007 = * } → expressions with groups in braces are not done here
        < 404684003 : [1..3] 363698007 = * → expressions with cardinalities are not done here
        < 404684003 : 363698007 = #5 → expressions with values that are no concepts are not done here
        < 404684003 {{ term = 'heart' }} → expressions with filters in double braces are not done here
        ",
    );
    let deep = format!("{}404684003{}", "(".repeat(4_000), ")".repeat(4_000));
    for text in [
        deep.as_str(),
        &"<".repeat(8_000),
        &"404684003 OR ".repeat(5_000),
        "é<",
        "R",
    ] {
        assert!(read(text).is_err(), "{}", &text[..1]);
    }
}
