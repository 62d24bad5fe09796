//! Searches as written, and what they mean.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Comparison, Condition, Modifier, Query, Summary, System, Total};
use crate::date::instant;
use crate::resource::{Resource, ResourceType};
use crate::search_parameter::Known;

fn pairs(search: &str) -> Vec<(String, String)> {
    let pair = |pair: &str| {
        pair.split_once('=')
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .unwrap()
    };
    search
        .split('&')
        .filter(|part| !part.is_empty())
        .map(pair)
        .collect()
}

fn parse(resource_type: &str, search: &str) -> Result<Query, String> {
    let parsed = Query::parse(resource_type.parse().unwrap(), &pairs(search));
    parsed.map_err(|error| {
        assert_eq!(error.issue().details, error.to_string());
        error.to_string()
    })
}

fn shown(condition: &Condition) -> String {
    match condition {
        Condition::Token { system, code } => {
            let system = match system {
                System::Any => "any",
                System::Absent => "none",
                System::Is(system) => system,
            };
            format!("{system}|{}", code.as_deref().unwrap_or("*"))
        }
        Condition::Text {
            normalised,
            written,
        } => format!("{normalised:?} {written:?}"),
        Condition::Date {
            comparison,
            low_ms,
            high_ms,
        } => {
            let at = |ms: i64| instant(ms).unwrap().replace(":00.000Z", "");
            format!("{comparison:?} {} {}", at(*low_ms), at(*high_ms))
        }
        Condition::Number {
            comparison,
            low,
            high,
        } => format!("{comparison:?} {low} {high}"),
        Condition::Quantity {
            comparison,
            low,
            high,
            system,
            code,
        } => {
            let part = |part: &Option<String>| part.clone().unwrap_or("*".into());
            format!(
                "{comparison:?} {low} {high} {}|{}",
                part(system),
                part(code)
            )
        }
        Condition::Reference { keys, text } => format!("{keys:?} {text}"),
        Condition::Uri(uri) => uri.clone(),
        Condition::OfType {
            system,
            code,
            value,
        } => format!("{system}|{code}|{value}"),
        Condition::Composite(parts) => {
            let parts: Vec<String> = parts.iter().map(shown).collect();
            parts.join(" with ")
        }
        Condition::Near {
            latitude,
            longitude,
            metres,
        } => format!("{metres} m of {latitude} {longitude}"),
        Condition::Words(words) => words.join(" "),
        Condition::Missing(missing) => format!("missing {missing}"),
    }
}

const CLAUSES: &[(&str, &str, &str)] = &[
    (
        "Patient",
        "identifier=https://fhir.nhs.uk/Id/nhs-number|9434765919",
        "https://fhir.nhs.uk/Id/nhs-number|9434765919",
    ),
    ("Patient", "identifier=9434765919", "any|9434765919"),
    ("Patient", "identifier=|1", "none|1"),
    ("Patient", "identifier=urn:x|", "urn:x|*"),
    ("Patient", "identifier=a\\|b,c\\,d", "any|a|b or any|c,d"),
    (
        "Patient",
        "gender:not=male,female",
        "Not any|male or any|female",
    ),
    ("Patient", "_id=a,b", "any|a or any|b"),
    ("Patient", "family=O’Brien", "\"o'brien\" \"O’Brien\""),
    ("Patient", "family:exact=Zoë", "Exact \"zoe\" \"Zoë\""),
    ("Patient", "name:contains=SMI", "Contains \"smi\" \"SMI\""),
    (
        "Patient",
        "birthdate=1970-07-01",
        "Equal 1970-06-30T23:00 1970-07-01T23:00",
    ),
    (
        "Patient",
        "birthdate=ge2024",
        "GreaterOrEqual 2024-01-01T00:00 2025-01-01T00:00",
    ),
    (
        "Patient",
        "birthdate=ap2024-01-02",
        "Approximate 2024-01-01T00:00 2024-01-04T00:00",
    ),
    (
        "Patient",
        "_lastUpdated=gt2024-01-01T10:30:00Z",
        "Greater 2024-01-01T10:30 2024-01-01T10:30:01.000Z",
    ),
    (
        "Patient",
        "_lastUpdated=lt2024-01-01T10:30:00 01:00",
        "Less 2024-01-01T09:30 2024-01-01T09:30:01.000Z",
    ),
    (
        "Patient",
        "general-practitioner=Practitioner/1",
        "[Practitioner/1] Practitioner/1",
    ),
    (
        "Patient",
        "general-practitioner:Organization=1",
        "[Organization/1] 1",
    ),
    ("Patient", "organization=RXN", "[Organization/RXN] RXN"),
    ("Patient", "link=1", "[Patient/1, RelatedPerson/1] 1"),
    (
        "Patient",
        "organization=https://a.example/Organization/1",
        "[] https://a.example/Organization/1",
    ),
    ("Patient", "deceased:missing=true", "Missing missing true"),
    (
        "Patient",
        "_profile=https://a.example/p|1",
        "https://a.example/p|1",
    ),
    (
        "Observation",
        "value-quantity=5.4|http://unitsofmeasure.org|mg",
        "Equal 5.3500000000000005 5.45 http://unitsofmeasure.org|mg",
    ),
    (
        "Observation",
        "value-quantity=gt5.4||mg",
        "Greater 5.4 5.4 *|mg",
    ),
    ("Observation", "value-quantity=100", "Equal 99.5 100.5 *|*"),
    (
        "Observation",
        "value-quantity=ne-100.00",
        "NotEqual -100.005 -99.995 *|*",
    ),
    (
        "Observation",
        "value-quantity=ap100",
        "Approximate 90 110 *|*",
    ),
    ("RiskAssessment", "probability=1e2", "Equal 50 150"),
    ("Patient", "_id:not=a", "Not any|a"),
    ("Patient", "phonetic=Smythe", "\"s530\" \"Smythe\""),
    ("Patient", "_text=Heart  Failure", "heart failure"),
    (
        "Patient",
        "identifier:of-type=http://t.example|MR|12",
        "OfType http://t.example|MR|12",
    ),
    (
        "Patient",
        "organization=Organization/1/_history/2",
        "[Organization/1] Organization/1/_history/2",
    ),
    (
        "Patient",
        "organization:identifier=urn:o|RXN",
        "Identifier urn:o|RXN",
    ),
    ("Observation", "code:text=heart", "Text \"heart\" \"heart\""),
    (
        "Observation",
        "code:in=http://a.example/vs",
        "In http://a.example/vs",
    ),
    (
        "Observation",
        "code-value-quantity=http://loinc.org|8480-6$gt140||mmHg",
        "http://loinc.org|8480-6 with Greater 140 140 *|mmHg",
    ),
    ("Location", "near=53.8|-1.55|5|km", "5000 m of 53.8 -1.55"),
    ("Location", "near=53.8|-1.55", "10000 m of 53.8 -1.55"),
    ("RiskAssessment", "probability=le0.8", "LessOrEqual 0.8 0.8"),
];

#[test]
fn clauses_by_case() {
    for &(resource_type, search, expected) in CLAUSES {
        let query =
            parse(resource_type, search).unwrap_or_else(|error| panic!("{search}: {error}"));
        let [clause] = query.clauses.as_slice() else {
            panic!("{search}: {query:?}")
        };
        let values: Vec<String> = clause.values.iter().map(shown).collect();
        let modifier = clause
            .modifier
            .map_or(String::new(), |modifier: Modifier| format!("{modifier:?} "));
        assert_eq!(
            format!("{modifier}{}", values.join(" or ")),
            expected,
            "{search}"
        );
    }
}

const REFUSED: &[(&str, &str, &str)] = &[
    (
        "Patient",
        "birthDate=1970",
        "Patient has no search parameter `birthDate`; did you mean `birthdate`",
    ),
    (
        "Patient",
        "xyzzyplugh=1",
        "Patient has no search parameter `xyzzyplugh`",
    ),
    ("Patient", "Family=a", "did you mean `family`"),
    ("Patient", "=a", "Patient has no search parameter ``"),
    (
        "Patient",
        "family:sounds=a",
        "`family` does not take `:sounds`; it takes `:exact`, `:contains` and `:missing`",
    ),
    (
        "Patient",
        "gender:exact=a",
        "`gender` does not take `:exact`; it takes `:not`, `:text`",
    ),
    (
        "Patient",
        "organization:Patient=1",
        "`organization` does not take `:Patient`",
    ),
    (
        "Patient",
        "_id:exact=a",
        "`_id` does not take `:exact`; it takes `:not` and `:missing`",
    ),
    (
        "Patient",
        "deceased:missing=yes",
        "`deceased:missing=yes`: write one of true, false",
    ),
    ("Patient", "family=", "a value is empty"),
    ("Patient", "gender=male,", "a value is empty"),
    ("Patient", "gender=|", "write `code`"),
    (
        "Patient",
        "identifier=a|b|c",
        "write `code` or `system|code`",
    ),
    ("Patient", "birthdate=yesterday", "begin with a digit"),
    ("Patient", "birthdate=2024-13", "there is no such month"),
    ("Patient", "birthdate=xx2024", "begin with a digit"),
    ("Patient", "_id=a_b", "is not an id"),
    (
        "Patient",
        "organization=Patient/1",
        "this never refers to Patient",
    ),
    (
        "Patient",
        "organization=a b",
        "write an id, `Patient/1` or a whole URL",
    ),
    (
        "Patient",
        "organization.colour=x",
        "Organization has no search parameter `colour`",
    ),
    (
        "Patient",
        "name.family=x",
        "`name` is not a reference, so no chain goes on from it",
    ),
    (
        "Patient",
        "organization:Patient.name=x",
        "`organization` of Patient never refers to Patient",
    ),
    (
        "Patient",
        "link.link.link.link.link.name=x",
        "too many references in one chain",
    ),
    (
        "Patient",
        "_has:Observation:patient=1",
        "write type, reference and parameter",
    ),
    (
        "Patient",
        "_has:Observation:patient:=1",
        "write type, reference and parameter",
    ),
    (
        "Patient",
        "_has:Observation:code:code=1",
        "`code` is not a reference",
    ),
    (
        "Patient",
        "_has:Observation:encounter:code=1",
        "`encounter` of Observation never refers to Patient",
    ),
    (
        "Patient",
        "_has:Observation:patient:colour=1",
        "Observation has no search parameter `colour`",
    ),
    (
        "Observation",
        "focus.focus.focus.focus.name=1",
        "write the type",
    ),
    (
        "Patient",
        "_query=x",
        "`_query`: this parameter is not done here",
    ),
    ("Patient", "_list=$current-allergies", "a functional list"),
    ("Patient", "_list=a b", "is not an id"),
    ("Patient", "phonetic=12", "write one name, in letters"),
    (
        "Patient",
        "phonetic:exact=a",
        "`phonetic` does not take `:exact`",
    ),
    ("Patient", "_text=-", "write one or several words"),
    (
        "Patient",
        "_content:contains=a",
        "`_content` does not take `:contains`",
    ),
    (
        "Patient",
        "identifier:of-type=a|b",
        "write the type's system",
    ),
    (
        "Observation",
        "code-value-quantity=a",
        "write its parts with `$` between them: code$value-quantity",
    ),
    (
        "Observation",
        "code-value-quantity=a$x",
        "the part `value-quantity`: begin with a digit",
    ),
    (
        "Observation",
        "code-value-quantity=a$",
        "the part `value-quantity` is empty",
    ),
    ("Location", "near=a|b", "write latitude|longitude"),
    ("Location", "near=91|0", "latitudes lie between"),
    ("Location", "near=1|0|-5", "the distance lies between"),
    (
        "Location",
        "near=1|0|5|furlong",
        "units are km, m and [mi_i]",
    ),
    (
        "Location",
        "near:exact=1|0",
        "`near` does not take `:exact`",
    ),
    ("Observation", "value-quantity=5.4|mg", "write `5.4`"),
    (
        "Observation",
        "value-quantity=5.4|urn:x|",
        "a system needs a code",
    ),
    ("Observation", "value-quantity=5.", "write a number"),
    ("Observation", "value-quantity=1e999", "write a number"),
    ("Observation", "value-quantity=gtgt5", "write a number"),
    (
        "Patient",
        "_count=-1",
        "write a whole number from 0 to 1000",
    ),
    (
        "Patient",
        "_count=+1",
        "write a whole number from 0 to 1000",
    ),
    (
        "Patient",
        "_count=1&_count=2",
        "`_count` may be given once only",
    ),
    (
        "Patient",
        "_sort=nothing",
        "Patient has no search parameter `nothing`",
    ),
    (
        "Observation",
        "_sort=code-value-quantity",
        "`code-value-quantity` has no order",
    ),
    ("Patient", "_sort=", "Patient has no search parameter ``"),
    (
        "Patient",
        "_total=many",
        "write one of none, estimate, accurate",
    ),
    (
        "Patient",
        "_summary=short",
        "write one of true, false, text, data, count",
    ),
    (
        "Patient",
        "_elements=name,",
        "`` is not the name of an element",
    ),
    ("Patient", "_page=", "write it as an earlier answer gave it"),
    (
        "Patient",
        "_include=organization",
        "`organization` is not a FHIR R4 resource type",
    ),
    ("Patient", "_include=Patient", "write type and parameter"),
    (
        "Patient",
        "_include=Observation:*",
        "this searches Patient, so start from it",
    ),
    ("Patient", "_revinclude:iterate=*", "name a type"),
    ("Patient", "_include=a:b:c:d", "write type and parameter"),
    (
        "Patient",
        "_include=Patient:name",
        "`name` is not a reference",
    ),
    (
        "Patient",
        "_include=Patient:organization:Group",
        "never refers to Group",
    ),
    (
        "Patient",
        "_include=Observation:subject",
        "this searches Patient, so start from it",
    ),
    (
        "Patient",
        "_revinclude=Patient:organization",
        "does not refer to Patient",
    ),
    (
        "Patient",
        "_contained=true",
        "Patient has no search parameter `_contained`",
    ),
];

#[test]
fn what_is_refused_and_why() {
    for &(resource_type, search, expected) in REFUSED {
        let error = parse(resource_type, search)
            .map(|query| panic!("accepted {search}: {query:?}"))
            .unwrap_err();
        assert!(
            error.contains(expected),
            "{search}\n  expected: {expected}\n  found: {error}"
        );
    }
}

#[test]
fn what_is_asked_of_the_answer() {
    let search = "_count=0&_sort=-birthdate,family&_page=abc&_total=accurate&_summary=count&_elements=name,birthDate\
                  &_asOf=12&_include=Patient:organization&_include:iterate=Organization:partof:Organization\
                  &_revinclude=Observation:subject&_format=json";
    let query = parse("Patient", search).unwrap();
    assert!(query.clauses.is_empty());
    assert_eq!(
        (query.count, query.page.as_deref(), query.as_of.as_deref()),
        (Some(0), Some("abc"), Some("12"))
    );
    assert_eq!(
        (query.total, query.summary),
        (Some(Total::Accurate), Some(Summary::Count))
    );
    assert_eq!(query.elements, ["name", "birthDate"]);
    let sort: Vec<_> = query
        .sort
        .iter()
        .map(|sort| (sort.parameter.name, sort.descending))
        .collect();
    assert_eq!(sort, [("birthdate", true), ("family", false)]);
    let include = |include: &super::Include| {
        (
            include.parameter.resource_type,
            include.parameter.name,
            include.reverse,
            include.iterate,
            include.target,
        )
    };
    assert_eq!(
        query.includes.iter().map(include).collect::<Vec<_>>(),
        [
            (ResourceType::PATIENT, "organization", false, false, None),
            (
                ResourceType::ORGANIZATION,
                "partof",
                false,
                true,
                Some(ResourceType::ORGANIZATION)
            ),
            (ResourceType::OBSERVATION, "subject", true, false, None),
        ]
    );
}

#[test]
fn the_same_parameter_twice_is_two_clauses() {
    let query = parse("Patient", "birthdate=ge1970&birthdate=lt1980").unwrap();
    assert_eq!(query.clauses.len(), 2);
}

#[test]
fn bounds_on_clauses_and_values() {
    for (count, accepted) in [
        (super::CLAUSES_MAX, true),
        (super::CLAUSES_MAX + 1, false),
        (100_000, false),
    ] {
        let search = vec!["family=a"; count].join("&");
        assert_eq!(
            parse("Patient", &search).is_ok(),
            accepted,
            "{count} clauses"
        );
    }
    for (count, accepted) in [
        (super::VALUES_MAX, true),
        (super::VALUES_MAX + 1, false),
        (100_000, false),
    ] {
        let search = format!("family={}", vec!["a"; count].join(","));
        assert_eq!(
            parse("Patient", &search).is_ok(),
            accepted,
            "{count} values"
        );
    }
    for (bytes, accepted) in [
        (super::VALUE_BYTES_MAX, true),
        (super::VALUE_BYTES_MAX + 1, false),
    ] {
        assert_eq!(
            parse("Patient", &format!("family={}", "a".repeat(bytes))).is_ok(),
            accepted,
            "{bytes} bytes"
        );
    }
}

#[test]
fn spans_are_compared_as_fhir_says() {
    // Written: 10 until 20.
    for (comparison, holds) in [
        (
            Comparison::Equal,
            [false, false, true, true, false, false, false],
        ),
        (
            Comparison::NotEqual,
            [true, true, false, false, true, true, true],
        ),
        (
            Comparison::Greater,
            [false, false, false, false, true, true, true],
        ),
        (
            Comparison::Less,
            [true, true, false, false, false, false, true],
        ),
        (
            Comparison::GreaterOrEqual,
            [false, false, true, true, true, true, true],
        ),
        (
            Comparison::LessOrEqual,
            [true, true, true, true, false, false, true],
        ),
        (
            Comparison::StartsAfter,
            [false, false, false, false, false, true, false],
        ),
        (
            Comparison::EndsBefore,
            [true, false, false, false, false, false, false],
        ),
        (
            Comparison::Approximate,
            [false, true, true, true, true, false, true],
        ),
    ] {
        let values = [
            (5, 10),
            (5, 15),
            (10, 20),
            (12, 15),
            (15, 25),
            (20, 25),
            (5, 25),
        ];
        let found = values.map(|value| comparison.holds_for_spans((10, 20), value));
        assert_eq!(found, holds, "{comparison:?}");
    }
}

#[test]
fn numbers_are_compared_as_fhir_says() {
    for (search, value, expected) in [
        ("100", (99.5, 99.5), true),
        ("100", (100.5, 100.5), false),
        ("100", (99.4, 100.0), false),
        ("ne100", (99.5, 99.5), false),
        ("ne100", (101.0, 101.0), true),
        ("gt100", (100.0, 100.0), false),
        ("gt100", (100.1, 100.1), true),
        ("ge100", (100.0, 100.0), true),
        ("lt100", (100.0, 100.0), false),
        ("lt100", (90.0, 110.0), true),
        ("le100", (100.0, 100.0), true),
        ("sa100", (90.0, 110.0), false),
        ("sa100", (100.1, 110.0), true),
        ("eb100", (90.0, 99.9), true),
        ("ap100", (109.0, 109.0), true),
        ("ap100", (110.0, 110.0), false),
    ] {
        let query = parse("RiskAssessment", &format!("probability={search}")).unwrap();
        let Condition::Number {
            comparison,
            low,
            high,
        } = query.clauses[0].values[0]
        else {
            panic!("{search}")
        };
        assert_eq!(
            comparison.holds_for_numbers((low, high), value),
            expected,
            "{search} {value:?}"
        );
    }
}

#[test]
fn resources_that_searches_find_and_do_not() {
    let patient = include_str!("../search_parameter/tests/patient.json");
    let mut patient = Resource::parse(patient.as_bytes()).unwrap();
    let id = patient.id().unwrap();
    patient.stamp(&id, 1, "2024-05-01T10:30:00.000Z");
    let observation = include_str!("../search_parameter/tests/observation.json");
    let observation = Resource::parse(observation.as_bytes()).unwrap();
    let rows = "
        Patient | identifier=https://fhir.nhs.uk/Id/nhs-number|9434765919 | yes
        Patient | identifier=9434765919 | yes
        Patient | identifier=https://fhir.nhs.uk/Id/nhs-number| | yes
        Patient | identifier=|9434765919 | no
        Patient | gender=male,female | yes
        Patient | gender:not=male | yes
        Patient | gender:not=male,female | no
        Patient | marital-status:not=M | no parameter
        Patient | death-date:missing=false | yes
        Patient | death-date:missing=true | no
        Patient | family=muller | yes
        Patient | family=neill | no
        Patient | family:contains=NEILL | yes
        Patient | family:exact=Müller-O’Neill | yes
        Patient | family:exact=Müller | no
        Patient | family:exact=müller-o’neill | no
        Patient | name:exact=official | no
        Patient | birthdate=1985-07 | yes
        Patient | birthdate=lt1985-07-14 | no
        Patient | birthdate=ge1985-07-14&birthdate=le1985-07-14 | yes
        Patient | birthdate=ge1985&gender=male | no
        Patient | general-practitioner=Practitioner/gp-1 | yes
        Patient | general-practitioner=gp-1 | yes
        Patient | general-practitioner:Organization=gp-1 | no
        Patient | _id=golden-1,x | yes
        Patient | _id=x | no
        Patient | _lastUpdated=gt2024-04 | yes
        Patient | _lastUpdated=2024-06 | no
        Patient | _profile=https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient | yes
        Observation | value-quantity=gt100 | yes
        Observation | value-quantity=gt100|http://unitsofmeasure.org|umol/L | yes
        Observation | value-quantity=gt100||µmol/L | yes
        Observation | value-quantity=gt100||mg | no
        Observation | value-quantity=lt100 | no
        Observation | performer=https://elsewhere.example/fhir/Organization/lab | yes
        Observation | patient=golden-1 | yes
        Observation | patient=golden-2 | no
        Observation | date=gt2030 | yes
        Observation | date=2024-07-01 | no
        Patient | _id:not=x | yes
        Patient | _id:not=golden-1 | no
        Patient | phonetic=Mueller | yes
        Patient | phonetic=Maxwell | no
        Patient | phonetic=Muler | yes
        Patient | identifier:text=nothing | no
        Patient | _profile:below=https://fhir.hl7.org.uk/StructureDefinition | yes
        Patient | _profile:below=https://fhir.hl7.org.uk/Struct | no
        Patient | _profile:above=https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient/x | yes
        Patient | _content=golden | yes
        Patient | _content=nowhere | no
        Patient | _content=muller | yes
        Patient | _filter=family co neill and not (gender eq male) | yes
        Patient | _filter=family eq neill or birthdate lt 1900 | no
        Observation | code-value-quantity=nothing$gt100 | no
    ";
    for row in rows.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (resource_type, rest) = row.split_once(" | ").unwrap();
        let (search, expected) = rest.rsplit_once(" | ").unwrap();
        let resource = if resource_type == "Patient" {
            &patient
        } else {
            &observation
        };
        let found = match parse(resource_type, search) {
            Ok(query) if query.holds(resource) => "yes",
            Ok(_) => "no",
            Err(_) => "no parameter",
        };
        assert_eq!(found, expected, "{row}");
    }
    assert!(!Query::all(ResourceType::PATIENT).holds(&observation));
}

proptest! {
    #[test]
    fn no_search_is_too_odd(
        names in vec("_?[a-zA-Z:.-]{0,12}|identifier|birthdate|family:exact|value-quantity|_sort|_include|subject", 0..6),
        values in vec("[a-z0-9|,:$\\\\ .+-]{0,20}|.{0,10}|(ge|ap)?[0-9eE.-]{0,12}", 6),
    ) {
        let pairs: Vec<(String, String)> = names.into_iter().zip(values).collect();
        for resource_type in [ResourceType::PATIENT, ResourceType::OBSERVATION] {
            match Query::parse(resource_type, &pairs) {
                Ok(query) => {
                    let bare = Resource::from_value(serde_json::json!({ "resourceType": resource_type.as_str() }));
                    query.holds(&bare.unwrap());
                }
                Err(error) => prop_assert!(error.to_string().len() < 1000, "{error}"),
            }
        }
    }
}

#[test]
fn much_is_cut_to_the_bound() {
    for (written, count) in [
        ("0", 0),
        ("1000", 1000),
        ("1001", 1000),
        ("99999999999999999999", 1000),
    ] {
        let query = parse("Patient", &format!("_count={written}")).unwrap();
        assert_eq!(query.count, Some(count), "{written}");
    }
}

#[test]
fn what_is_not_known_can_be_left_out_and_told() {
    let pairs = pairs(
        "family=a&colour=red&gender:exact=b&_sort=nothing&_include=Patient:organization&name.x=1",
    );
    let (query, left_out) =
        Query::parse_leniently(&Known::default(), ResourceType::PATIENT, &pairs[..5]).unwrap();
    assert_eq!((query.clauses.len(), query.includes.len()), (1, 1));
    let places: Vec<usize> = left_out.iter().map(|(at, _)| *at).collect();
    assert_eq!(places, [1, 2, 3]);
    // What is written wrongly is refused all the same.
    assert!(Query::parse_leniently(&Known::default(), ResourceType::PATIENT, &pairs).is_err());
}

#[test]
fn every_wildcard_of_an_include_is_written_out() {
    for (resource_type, search, least) in [
        ("Observation", "_include=*", 8),
        ("Observation", "_include=Observation:*", 8),
        ("Observation", "_include=Observation:*:Patient", 2),
        ("Patient", "_revinclude=*", 60),
        ("Patient", "_revinclude=Observation:*", 2),
        ("Patient", "_include:iterate=*", 400),
    ] {
        let query = parse(resource_type, search).unwrap();
        assert!(
            query.includes.len() >= least,
            "{search}: {}",
            query.includes.len()
        );
    }
}

#[test]
fn a_filter_s_depth_and_a_chain_s_length_are_bounded() {
    for (links, accepted) in [(super::CHAIN_MAX, true), (super::CHAIN_MAX + 1, false)] {
        let search = format!("{}name=a", "link:Patient.".repeat(links));
        assert_eq!(parse("Patient", &search).is_ok(), accepted, "{links} links");
        let search = format!(
            "{}gender=a",
            "_has:Observation:patient:subject:Patient.".repeat(links / 2)
        );
        assert!(parse("Patient", &search).is_ok(), "{search}");
    }
}
