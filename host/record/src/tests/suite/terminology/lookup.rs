//! `$lookup`, `CodeSystem/$validate-code`, `$subsumes`, and what searches ask.

use serde_json::json;

use super::{check, colours, filled};
use crate::Record;
use crate::tests::suite::{commit, create, on_both};

#[test]
fn what_codes_mean() {
    on_both(|record, _| async move {
        filled(&record).await;
        check(&record, "
            CodeSystem/$lookup?system=http://e.org/colours&code=crimson → name=Colours; version=2; display=Deep crimson; property(code=inactive, value=false); property(code=parent, value=red)
            CodeSystem/colours/$lookup?code=crimson&property=parent → name=Colours; version=2; display=Deep crimson; property(code=parent, value=red)
            CodeSystem/$lookup?system=http://e.org/colours&code=red → name=Colours; version=2; display=Red; designation(language=de, value=Rot); designation(language=cy-GB, value=Coch); property(code=inactive, value=false); property(code=definition, value=The colour of blood); property(code=parent, value=colour); property(code=child, value=crimson); property(code=child, value=Scarlet); property(code=warmth, value=warm)
            CodeSystem/$lookup?system=http://e.org/colours&code=blue&property=designation → name=Colours; version=2; display=Blue; designation(language=fr, value=Bleu)
            CodeSystem/$lookup?system=http://e.org/colours&code=red&displayLanguage=de&property=warmth → name=Colours; version=2; display=Rot; property(code=warmth, value=warm)
            CodeSystem/$lookup?system=http://e.org/colours&version=1&code=red&property=parent → name=Colours; version=1; display=Redde
            CodeSystem/$lookup?coding={\"system\":\"http://e.org/colours\",\"version\":\"1\",\"code\":\"grey\"}&property=parent → name=Colours; version=1; display=Grey
            CodeSystem/$lookup?system=http://e.org/shapes&code=ROUND&property=parent → name=http://e.org/shapes; display=Round
            CodeSystem/$lookup?system=http://hl7.org/fhir/administrative-gender&code=male&property=parent → name=http://hl7.org/fhir/administrative-gender; version=4.0.1; display=male
            CodeSystem/$lookup?system=http://e.org/colours&code=Red → refused: `Red` is no code of http://e.org/colours|2
            CodeSystem/$lookup?system=http://e.org/tastes&code=red → refused: there is no code system `http://e.org/tastes` here; create it as a CodeSystem
            CodeSystem/$lookup?system=http://e.org/colours&version=9&code=red → refused: there is no code system `http://e.org/colours` of version `9` here; there is version `2`
            CodeSystem/$lookup?code=red → refused: a code means something within its code system only: name the system
            CodeSystem/$lookup?system=http://e.org/colours → refused: say which code: give `code` with its system, or `coding`
            CodeSystem/colours/$lookup?system=http://e.org/shapes&code=red → refused: CodeSystem/colours is `http://e.org/colours`, not `http://e.org/shapes`: ask the type instead of the instance, or leave the system out
            CodeSystem/$lookup?system=http://e.org/colours-fr&code=blue → refused: http://e.org/colours-fr is a supplement: ask the code system that it supplements
            CodeSystem/$lookup?system=http://e.org/colours&code=red&code=blue → refused: `code` may be given once only
            CodeSystem/$lookup?system=http://e.org/colours&code=red&date=2020-01-01 → refused: `date` is not done here: write `_asOf` to ask the record as it was, or name a version
        ").await;
    });
}

#[test]
fn codes_in_code_systems() {
    on_both(|record, _| async move {
        filled(&record).await;
        check(&record, "
            CodeSystem/$validate-code?url=http://e.org/colours&code=red → result=true; display=Red; code=red; system=http://e.org/colours; version=2
            CodeSystem/colours/$validate-code?code=red → result=true; display=Red; code=red; system=http://e.org/colours; version=2
            CodeSystem/$validate-code?url=http://e.org/colours&code=green → result=false; message=`green` is no code of http://e.org/colours|2; code=green; version=2
            CodeSystem/$validate-code?url=http://e.org/colours&version=1&code=grey → result=true; display=Grey; code=grey; system=http://e.org/colours; version=1
            CodeSystem/$validate-code?url=http://e.org/shapes&code=rOuNd → result=true; display=Round; code=Round; system=http://e.org/shapes
            CodeSystem/$validate-code?url=http://e.org/shapes&code=oval → result=true; message=`oval` is not among the codes of http://e.org/shapes that are known here; only a part of them is; code=oval
            CodeSystem/$validate-code?url=http://e.org/colours&coding={\"system\":\"http://e.org/shapes\",\"code\":\"red\"} → result=false; message=`red` is of `http://e.org/shapes`, not of `http://e.org/colours`; code=red; system=http://e.org/shapes
            CodeSystem/$validate-code?url=http://e.org/colours&code=red&display=Blue → result=false; message=`Blue` is not a display of `red`: it is called `Red`; display=Red; code=red; system=http://e.org/colours; version=2
            CodeSystem/$validate-code?url=http://e.org/tastes&code=red → refused: there is no code system `http://e.org/tastes` here; create it as a CodeSystem
            CodeSystem/$validate-code?code=red → refused: a code means something within its code system only: name the system
            CodeSystem/colours/$validate-code?url=http://e.org/colours&code=red → refused: give `url` or an instance or `codeSystem`, not both
            CodeSystem/$validate-code?codeSystem={\"resourceType\":\"CodeSystem\",\"url\":\"http://e.org/sent\",\"content\":\"complete\",\"concept\":[{\"code\":\"x\"}]}&code=x → result=true; code=x; system=http://e.org/sent
        ").await;
    });
}

#[test]
fn kinds_of_kinds() {
    on_both(|record, _| async move {
        filled(&record).await;
        check(&record, "
            CodeSystem/$subsumes?system=http://e.org/colours&codeA=red&codeB=crimson → outcome=subsumes; version=2
            CodeSystem/$subsumes?system=http://e.org/colours&codeA=crimson&codeB=colour → outcome=subsumed-by; version=2
            CodeSystem/$subsumes?system=http://e.org/colours&codeA=red&codeB=red → outcome=equivalent; version=2
            CodeSystem/$subsumes?system=http://e.org/colours&codeA=red&codeB=navy → outcome=not-subsumed; version=2
            CodeSystem/colours/$subsumes?codeA=red&codeB=navy → outcome=not-subsumed; version=2
            CodeSystem/$subsumes?codingA={\"system\":\"http://e.org/colours\",\"code\":\"red\"}&codingB={\"system\":\"http://e.org/colours\",\"code\":\"crimson\"} → outcome=subsumes; version=2
            CodeSystem/$subsumes?codingA={\"system\":\"http://e.org/colours\",\"code\":\"red\"}&codingB={\"system\":\"http://e.org/shapes\",\"code\":\"Round\"} → refused: both codes must be of one code system, not of `http://e.org/colours` and `http://e.org/shapes`
            CodeSystem/$subsumes?system=http://e.org/colours&codeA=red&codeB=green → refused: `green` is no code of http://e.org/colours|2
            CodeSystem/$subsumes?system=http://e.org/colours&codeA=red → refused: give `codeB` or `codingB`
            CodeSystem/$subsumes?codeA=red&codeB=blue → refused: a code means something within its code system only: name the system
        ").await;
    });
}

async fn listed(record: &Record, what: &str) -> String {
    let t = record.current_t();
    let (way, of) = what.split_once(' ').unwrap();
    let (system, code) = of.rsplit_once('|').unwrap_or(("", of));
    let system = Some(system).filter(|system| !system.is_empty());
    let found = match way {
        "in" => record.codes_in(of, t).await,
        "below" => record.codes_below(system, code, t).await,
        _above => record.codes_above(system, code, t).await,
    };
    match found {
        Ok(codes) => codes
            .into_iter()
            .map(|(_, code)| code)
            .collect::<Vec<_>>()
            .join(" "),
        Err(why) => why.to_string(),
    }
}

#[test]
fn what_searches_ask() {
    on_both(|record, _| async move {
        filled(&record).await;
        for (asked, expected) in [
            ("in http://e.org/vs/is-a", "red crimson Scarlet"),
            ("in ValueSet/is-a", "red crimson Scarlet"),
            (
                "in http://e.org/vs/nowhere",
                "there is no value set `http://e.org/vs/nowhere` here; create it as a ValueSet",
            ),
            ("below http://e.org/colours|red", "red crimson Scarlet"),
            // R4 has a blue of its own.
            ("below blue", "blue navy blue"),
            ("below mauve", "`mauve` is no code of any code system here"),
            ("above http://e.org/colours|navy", "colour blue navy"),
            (
                "above http://e.org/tastes|navy",
                "there is no code system `http://e.org/tastes` here; create it as a CodeSystem",
            ),
            ("below male", "male"),
        ] {
            assert_eq!(listed(&record, asked).await, expected, "{asked}");
        }
    });
}

#[test]
fn a_code_system_is_asked_as_it_was() {
    on_both(|record, _| async move {
        let before = commit(&record, vec![create(colours())]).await;
        let key = before.outcomes[0].key.clone();
        let mut changed = colours();
        changed["id"] = json!(key.id.as_str());
        changed["concept"][0]["concept"][0]
            .as_object_mut()
            .unwrap()
            .remove("concept");
        let t = record.current_t();
        commit(
            &record,
            vec![crate::tests::suite::update(&key, changed, None)],
        )
        .await;
        let below = async |t: i64| {
            let codes = record
                .codes_below(Some("http://e.org/colours"), "red", t)
                .await
                .unwrap();
            codes.len()
        };
        assert_eq!((below(t).await, below(t + 1).await), (3, 1));
    });
}
