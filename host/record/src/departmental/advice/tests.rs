//! Advice by case: who is asked, what is shown of an answer, and what is said of one that did not come.
//!
//! Invariant: none of these departmentals can make another one's cards disappear.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::card::cards;
use super::{Advised, Said};
use crate::Record;
use crate::caller::{Caller, Role};
use crate::departmental::manifest::{Hook, Manifest};
use crate::departmental::scripted::Scripted;
use crate::departmental::tests::{Ward, caller, everything, manifest};
use crate::departmental::{Answer, Departmental, Failure, FailureKind};
use crate::enablement::Enable;
use crate::limits::ADVICE_MS_MAX;
use crate::log::At;
use crate::store::call::Which;
use crate::tests::on_both_databases;

on_both_databases! {
    each_departmental_is_named_with_what_came_of_it,
    only_who_is_granted_the_hook_is_asked,
    advice_sees_the_moment_of_its_page,
}

fn advising(id: &str, name: &str) -> Value {
    let mut manifest = manifest(id, "1.0.0");
    manifest["name"] = Value::from(name);
    manifest["hooks"] = json!([{ "hook": "patient-view", "reason": "To say what is to be done" }]);
    manifest
}

fn card(summary: &str, indicator: &str) -> Value {
    json!({ "summary": summary, "indicator": indicator, "source": { "label": "A rule" } })
}

fn advice(cards: Vec<Value>) -> Answer {
    Answer::Advice(json!({ "advice": 1, "cards": cards }))
}

/// One line for each: name, and what it said.
fn in_words(advised: &[Advised]) -> Vec<String> {
    let said = |said: &Said| match said {
        Said::Cards(cards) => {
            let each = cards
                .iter()
                .map(|card| format!("{:?} {}", card.indicator, card.summary));
            format!("{:?}", each.collect::<Vec<_>>())
        }
        Said::Late => "late".to_owned(),
        Said::Refused(detail) => format!("refused: {detail}"),
        Said::Failed(kind) => format!("failed: {kind:?}"),
        Said::Unavailable => "unavailable".to_owned(),
    };
    let line = |it: &Advised| format!("{} {}: {}", it.name, it.version, said(&it.said));
    advised.iter().map(line).collect()
}

async fn asked(record: &Record, who: &Caller, at: &At) -> Vec<String> {
    let (p1, moment) = ("p1".parse().unwrap(), record.when(at).await.unwrap());
    let advised = record.advice(who, Hook::PatientView, &p1, &moment).await;
    in_words(&advised.unwrap())
}

async fn each_departmental_is_named_with_what_came_of_it(record: Record) {
    let ward = Ward::on(&record).await;
    let says = |answer: Answer| Scripted::saying(move |_, _| answer.clone());
    let never: Arc<dyn Departmental> =
        Scripted::new(|_, _, _| Box::pin(std::future::pending::<Answer>()));
    let trapped = Answer::Failed {
        kind: FailureKind::Trap,
        what: "unreachable".to_owned(),
    };
    let mut withdrawn = None;
    for (id, name, departmental) in [
        ("a", "Asthma", says(advice(vec![card("Breathe", "info")]))),
        ("b", "Blood", never),
        ("c", "Cardiology", says(trapped)),
        ("d", "Dermatology", says(advice(vec![]))),
        (
            "e",
            "Endocrinology",
            says(Answer::Refused(Failure::new("busy", "come back later"))),
        ),
        (
            "f",
            "Fractures",
            says(advice(vec![card("Fine", "info"), card("", "critical")])),
        ),
        ("g", "Gastroenterology", says(Answer::Screen(json!({})))),
        ("h", "Haematology", says(advice(vec![]))),
    ] as [(&str, &str, Arc<dyn Departmental>); 8]
    {
        let release = ward.install(&advising(id, name), departmental).await;
        withdrawn = Some(release.digest.clone());
    }
    ward.library.withdraw(&withdrawn.unwrap());
    let began = std::time::Instant::now();
    let answer = asked(&record, &ward.clinician, &At::Now).await;
    assert_eq!(
        answer,
        [
            r#"Asthma 1.0.0: ["Info Breathe"]"#,
            "Blood 1.0.0: late",
            "Cardiology 1.0.0: failed: Trap",
            "Dermatology 1.0.0: []",
            "Endocrinology 1.0.0: refused: come back later",
            "Fractures 1.0.0: failed: Malformed",
            "Gastroenterology 1.0.0: failed: Malformed",
            "Haematology 1.0.0: unavailable",
        ]
    );
    // One time for all of them, with room for a machine that is busy.
    assert!(began.elapsed() < Duration::from_millis(4 * ADVICE_MS_MAX));
    let late = tokio::time::timeout(Duration::from_secs(20), async {
        // The page did not wait for it; its call is kept all the same.
        loop {
            let all = Which::Since { t: 0, after: 0 };
            let calls = record
                .store()
                .calls(Some("b".to_owned()), all, 10)
                .await
                .unwrap();
            if !calls.is_empty() {
                return calls.len();
            }
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(late.await.unwrap(), 1);
}

async fn only_who_is_granted_the_hook_is_asked(record: Record) {
    let ward = Ward::on(&record).await;
    let says = || Scripted::saying(|_, _| advice(vec![card("Look", "warning")]));
    let release = ward
        .library
        .publish(&advising("a", "Asthma"), says())
        .unwrap();
    let silent = ward
        .library
        .publish(&manifest("s", "1.0.0"), says())
        .unwrap();
    for (hooks, expected) in [
        (vec![], vec![]),
        (
            vec!["patient-view".to_owned()],
            vec![r#"Asthma 1.0.0: ["Warning Look"]"#],
        ),
    ] {
        for release in [&release, &silent] {
            let hooks = match release.id.as_str() {
                "a" => hooks.clone(),
                _ => Vec::new(),
            };
            let wanted = Enable {
                hooks,
                ..everything(release)
            };
            record.enable(&ward.administrator, wanted).await.unwrap();
        }
        let answer = asked(&record, &ward.clinician, &At::Now).await;
        assert_eq!(answer, expected);
    }
    let elsewhere = caller("bo", Role::Clinician, "RXN");
    assert!(asked(&record, &elsewhere, &At::Now).await.is_empty());
    let (nobody, now) = ("p9".parse().unwrap(), record.when(&At::Now).await.unwrap());
    for (who, patient) in [
        (&ward.clinician, &nobody),
        (&ward.administrator, &"p1".parse().unwrap()),
    ] {
        let refused = record.advice(who, Hook::PatientView, patient, &now).await;
        assert_eq!(
            refused.unwrap_err().to_string(),
            "there is no such patient",
            "{who:?}"
        );
    }
    record
        .disable(&ward.administrator, &release.id, "no longer of use")
        .await
        .unwrap();
    assert!(asked(&record, &ward.clinician, &At::Now).await.is_empty());
}

async fn advice_sees_the_moment_of_its_page(record: Record) {
    let ward = Ward::on(&record).await;
    let reads = Scripted::new(|call, _, chart| {
        Box::pin(async move {
            let seen = chart.read("Observation/o1").await.unwrap();
            let seen: Value = serde_json::from_str(&seen).unwrap();
            let words = format!("{} at {}", seen["valueQuantity"]["value"], call.now);
            advice(vec![card(&words, "info")])
        })
    });
    ward.install(&advising("a", "Asthma"), reads).await;
    let before = record.current();
    let changed = crate::departmental::tests::observation("o1", "p1", 99.0);
    ward.write(vec![crate::departmental::tests::put(changed)])
        .await;
    for (at, value) in [(At::Commit(before), "71"), (At::Now, "99")] {
        let time = record.when(&at).await.unwrap().time;
        let answer = asked(&record, &ward.clinician, &at).await;
        assert_eq!(
            answer,
            [format!(r#"Asthma 1.0.0: ["Info {value}.0 at {time}"]"#)]
        );
    }
}

/// What is put where in a document that is right, where the error is, and some of its words.
const WRONG: &str = r#"
    /advice                        | 2                            | advice                       | must be 1
    /more                          | 1                            | more                         | unknown field
    /cards/0/summary               | ""                           | cards[0].summary             | 1 to 140
    /cards/0/summary               | "two\nlines"                 | cards[0].summary             | U+000A
    /cards/0/summary               | "Give \u202eit"              | cards[0].summary             | U+202E
    /cards/0/detail                | "\u0007"                     | cards[0].detail              | U+0007
    /cards/0/indicator             | "system-alert"               | cards[0].indicator           | unknown variant
    /cards/0/source                | {"label": "x", "url": "y"}   | cards[0].source.url          | unknown field
    /cards/0/source/label          | ""                           | cards[0].source.label        | 1 to 120
    /cards/0/suggestions           | []                           | cards[0].suggestions         | unknown field
    /cards/0/links/0/url           | "https://elsewhere.example"  | cards[0].links[0].url        | unknown field
    /cards/0/links/0/screen        | "../../admin"                | cards[0].links[0].screen     | lower-case
    /cards/0/links/0/screen        | "unheard-of"                 | cards[0].links[0].screen     | no screen of its manifest
    /cards/0/links/0/screen        | "list"                       | cards[0].links[0].screen     | inside a patient's chart
    /cards/0/links/0/parameters    | {"code": 1}                  | cards[0].links[0].parameters | string
"#;

#[test]
fn a_card_that_is_wrong_is_named_by_its_place() {
    let manifest = Manifest::parse(&advising("a", "Asthma")).unwrap();
    let right = json!({ "advice": 1, "cards": [{
        "summary": "x".repeat(140), "detail": format!("One.\nTwo.{}", "y".repeat(1991)), "indicator": "critical",
        "source": { "label": "Guideline 7" },
        "links": [{ "label": "Results", "screen": "results", "parameters": { "code": "2160-0" } }],
    }] });
    let read = cards(&right, &manifest, Role::Clinician).unwrap();
    assert_eq!(read[0].links[0].screen, "results");
    let for_others = cards(&right, &manifest, Role::Operator).unwrap();
    assert!(for_others[0].links.is_empty(), "not meant for this role");
    let mut long = Vec::new();
    for (member, chars) in [("summary", 141), ("detail", 2001)] {
        let mut document = right.clone();
        document["cards"][0][member] = Value::from("x".repeat(chars));
        long.push((document, format!("cards[0].{member}: has 1 to")));
    }
    let mut many = right.clone();
    many["cards"] = json!(vec![card("Look", "info"); 11]);
    long.push((many, "cards: are at most 10".to_owned()));
    let mut links = right.clone();
    links["cards"][0]["links"] = json!(vec![right["cards"][0]["links"][0].clone(); 4]);
    long.push((links, "cards[0].links: are at most 3".to_owned()));
    for row in WRONG.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let cells: Vec<&str> = row.split(" | ").map(str::trim).collect();
        let [pointer, value, at, what] = cells[..] else {
            unreachable!("{row}")
        };
        let mut document = right.clone();
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        document.pointer_mut(parent).unwrap()[member] = serde_json::from_str(value).unwrap();
        let error = cards(&document, &manifest, Role::Clinician).unwrap_err();
        let error = error.to_string();
        assert!(
            error.starts_with(at) && error.contains(what),
            "{row}: {error}"
        );
    }
    for (document, words) in long {
        let error = cards(&document, &manifest, Role::Clinician).unwrap_err();
        assert!(error.to_string().starts_with(&words), "{words}: {error}");
    }
}
