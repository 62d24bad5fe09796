//! Filters as written, and what they are read into.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

use super::read;
use crate::query::criterion::Criterion;
use crate::search_parameter::Known;

fn shown(criterion: &Criterion) -> String {
    let all = |of: &[Criterion], word: &str| {
        let each: Vec<String> = of.iter().map(shown).collect();
        format!("({})", each.join(word))
    };
    match criterion {
        Criterion::Clause(clause) => {
            let modifier = clause.modifier.map(|modifier| format!(":{modifier:?}"));
            format!("{}{}", clause.parameter.name, modifier.unwrap_or_default())
        }
        Criterion::All(of) => all(of, " & "),
        Criterion::Any(of) => all(of, " | "),
        Criterion::Not(of) => format!("!{}", shown(of)),
        Criterion::Refers { by, to } => {
            let to: Vec<String> = to
                .iter()
                .map(|nested| format!("{} {}", nested.resource_type, shown(&nested.criterion)))
                .collect();
            format!("{} -> [{}]", by.name, to.join(", "))
        }
        Criterion::Referred { by, from } => {
            format!(
                "<- {}.{} {}",
                from.resource_type,
                by.name,
                shown(&from.criterion)
            )
        }
        Criterion::Listed(ids) => format!("listed {}", ids.len()),
    }
}

#[test]
fn filters_by_case() {
    for (resource_type, text, expected) in [
        ("Patient", "name co \"pet\"", "name:Contains"),
        (
            "Patient",
            "given eq \"peter\" and birthdate ge 2014-10-10",
            "(given:Whole & birthdate)",
        ),
        (
            "Patient",
            "name sw a or name ew b and gender eq male",
            "(name | (name:Ends & gender))",
        ),
        ("Patient", "not (gender eq male)", "!gender"),
        ("Patient", "not(gender eq male)", "!gender"),
        ("Patient", "gender ne male", "(gender:Missing & !gender)"),
        (
            "Patient",
            "(name sw a or name sw b) and active eq true",
            "((name | name) & active)",
        ),
        ("Patient", "deceased pr false", "deceased:Missing"),
        (
            "Observation",
            "subject:Patient.name co \"x y\"",
            "subject -> [Patient name:Contains]",
        ),
        (
            "Observation",
            "subject:Patient[gender eq male].birthdate lt 1950",
            "subject -> [Patient (gender & birthdate)]",
        ),
        ("Observation", "code in \"http://a.example/vs\"", "code:In"),
        (
            "Observation",
            "code ni http://a.example/vs",
            "(code:Missing & code:NotIn)",
        ),
        (
            "Observation",
            "code ss http://snomed.info/sct|1",
            "code:Below",
        ),
        ("Observation", "date po 2026-01", "date"),
        (
            "Observation",
            "value-quantity gt 5.4|http://unitsofmeasure.org|mg",
            "value-quantity",
        ),
        ("Observation", "subject re Patient/1", "subject"),
        (
            "Patient",
            "_has:Observation:patient:code eq x",
            "<- Observation.patient code",
        ),
        (
            "Patient",
            "_id eq a and _lastUpdated gt 2020-01-01",
            "(_id & _lastUpdated)",
        ),
    ] {
        let found = read(&Known::default(), resource_type.parse().unwrap(), text)
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(shown(&found), expected, "{text}");
    }
}

#[test]
fn filters_that_are_refused() {
    let deep = format!("{}gender eq male{}", "(".repeat(40), ")".repeat(40));
    let long = vec!["gender eq male"; 300].join(" or ");
    for (text, expected) in [
        ("", "the name of a parameter is expected at character 1"),
        ("name", "one of eq ne co"),
        ("name xx a", "one of eq ne co"),
        ("name co", "a value is expected"),
        ("name co \"a", "a text that ends with"),
        ("(name co a", "`)` is expected"),
        (
            "name co a)",
            "`and`, `or` or the end is expected at character 10",
        ),
        ("name co a name co b", "`and`, `or` or the end"),
        ("gender gt male", "`gt` does not go with `gender`"),
        ("birthdate co 2014", "`co` does not go with a date"),
        ("birthdate ge ge2014", "the comparison is already said"),
        ("nonsense eq 1", "no search parameter `nonsense`"),
        ("gender[x eq y].z eq 1", "brackets are for references"),
        ("name pr maybe", "`pr` is followed by true or false"),
        (deep.as_str(), "parentheses lie more than"),
        (long.as_str(), "more than 256 comparisons"),
        ("name.family eq a", "is not a reference"),
    ] {
        let error = read(&Known::default(), "Patient".parse().unwrap(), text)
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}
