//! `$expand` and `ValueSet/$validate-code`.

use serde_json::json;

use super::{ask, check, filled, short};
use crate::limits;
use crate::tests::suite::{commit, create, on_both};

#[test]
fn expansions() {
    on_both(|record, _| async move {
        filled(&record).await;
        check(&record, "
            ValueSet/$expand?url=http://e.org/vs/all → colour red crimson Scarlet blue navy puce of 7
            ValueSet/all/$expand → colour red crimson Scarlet blue navy puce of 7
            ValueSet/$expand?url=http://e.org/vs/all&activeOnly=true → colour red crimson Scarlet blue navy of 6
            ValueSet/$expand?url=http://e.org/vs/active → colour red crimson Scarlet blue navy of 6
            ValueSet/$expand?url=http://e.org/vs/listed → navy red of 2
            ValueSet/$expand?url=http://e.org/vs/elsewhere → b a of 2
            ValueSet/$expand?url=http://e.org/vs/is-a → red crimson Scarlet of 3
            ValueSet/$expand?url=http://e.org/vs/descendent-of → crimson Scarlet of 2
            ValueSet/$expand?url=http://e.org/vs/is-not-a → colour blue navy puce of 4
            ValueSet/$expand?url=http://e.org/vs/generalizes → colour blue navy of 3
            ValueSet/$expand?url=http://e.org/vs/warm → red of 1
            ValueSet/$expand?url=http://e.org/vs/in → red navy of 2
            ValueSet/$expand?url=http://e.org/vs/not-in → colour crimson Scarlet navy puce of 5
            ValueSet/$expand?url=http://e.org/vs/exists → red blue of 2
            ValueSet/$expand?url=http://e.org/vs/exists-not → colour crimson Scarlet navy puce of 5
            ValueSet/$expand?url=http://e.org/vs/regex → blue puce of 2
            ValueSet/$expand?url=http://e.org/vs/children → crimson Scarlet of 2
            ValueSet/$expand?url=http://e.org/vs/two-filters → Scarlet of 1
            ValueSet/$expand?url=http://e.org/vs/imports → red of 1
            ValueSet/$expand?url=http://e.org/vs/both → red of 1
            ValueSet/$expand?url=http://e.org/vs/without → colour blue navy of 3
            ValueSet/$expand?url=http://e.org/vs/expanded → red crimson of 2
            ValueSet/$expand?url=http://e.org/vs/old → grey red of 2
            ValueSet/$expand?url=http://e.org/vs/mixed → colour red crimson Scarlet blue navy puce Round Square of 9
            ValueSet/$expand?url=http://e.org/colours?fhir_vs → colour red crimson Scarlet blue navy puce of 7
            ValueSet/$expand?url=http://e.org/vs/all&force-system-version=http://e.org/colours|1 → grey red of 2
            ValueSet/$expand?url=http://e.org/vs/all&system-version=http://e.org/colours|1 → grey red of 2
            ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender → female male other unknown of 4
            ValueSet/$expand?valueSet={\"resourceType\":\"ValueSet\",\"compose\":{\"include\":[{\"system\":\"http://e.org/shapes\"}]}} → Round Square of 2
        ").await;
    });
}

#[test]
fn pages_and_filters() {
    on_both(|record, _| async move {
        filled(&record).await;
        check(
            &record,
            "
            ValueSet/all/$expand?count=2 → colour red of 7
            ValueSet/all/$expand?count=2&offset=2 → crimson Scarlet of 7
            ValueSet/all/$expand?count=5&offset=6 → puce of 7
            ValueSet/all/$expand?offset=7 →  of 7
            ValueSet/all/$expand?count=0 →  of 7
            ValueSet/listed/$expand?count=1&offset=1 → red of 2
            ValueSet/mixed/$expand?count=3&offset=6 → puce Round Square of 9
            ValueSet/all/$expand?filter=red → red Scarlet of 2
            ValueSet/all/$expand?filter=BL → blue navy of 2
            ValueSet/all/$expand?filter=blue na → navy of 1
            ValueSet/all/$expand?filter=rot → red of 1
            ValueSet/all/$expand?filter=zzz →  of 0
            ValueSet/listed/$expand?filter=mar → navy of 1
            ValueSet/all/$expand?filter=!! → refused: `filter` must have a letter or digit
            ValueSet/all/$expand?count=-1 → refused: `count` must be a whole number from 0
            ValueSet/all/$expand?activeOnly=perhaps → refused: `activeOnly` must be true or false
        ",
        )
        .await;
    });
}

#[test]
fn what_cannot_be_expanded() {
    on_both(|record, _| async move {
        filled(&record).await;
        check(&record, "
            ValueSet/$expand → refused: say which value set: ask an instance, or give `url` or `valueSet`
            ValueSet/$expand?url=http://e.org/vs/nowhere → refused: there is no value set `http://e.org/vs/nowhere` here; create it as a ValueSet
            ValueSet/nobody/$expand → refused: there is no ValueSet/nobody here
            ValueSet/all/$expand?url=http://e.org/vs/is-a → refused: give `url` or ask an instance, not both
            ValueSet/all/$expand?flavour=sweet → refused: `flavour` is no parameter of $expand here: leave it out
            ValueSet/$expand?url=http://e.org/vs/dangling → refused: there is no value set `http://e.org/vs/nowhere` here; create it as a ValueSet
            ValueSet/$expand?url=http://e.org/vs/unloaded → refused: there is no code system `http://elsewhere.org` here; create it as a CodeSystem
            ValueSet/$expand?url=http://e.org/vs/round → refused: the value set `http://e.org/vs/round` contains itself: http://e.org/vs/round → http://e.org/vs/about → http://e.org/vs/round
            ValueSet/$expand?url=http://e.org/vs/bad-regex → refused: the filter `code regex (a)\\1` is no regular expression of linear time (no look-around, no back-references), or too large
            ValueSet/$expand?url=http://e.org/vs/bad-property → refused: the filter `taste = sweet` is about a property that http://e.org/colours does not have
            ValueSet/$expand?valueSet={\"resourceType\":\"ValueSet\",\"compose\":{\"include\":[{\"system\":\"http://e.org/colours\",\"filter\":[{\"property\":\"code\",\"op\":\"resembles\",\"value\":\"red\"}]}]}} → refused: the filter `code resembles red` has an operator that R4 does not have: use =, is-a, descendent-of, is-not-a, regex, in, not-in, generalizes or exists
            ValueSet/$expand?url=http://e.org/vs/bad-code → refused: `green` is no code of http://e.org/colours|2
            ValueSet/$expand?valueSet={\"resourceType\":\"ValueSet\",\"compose\":{\"include\":[{\"version\":\"1\"}]}} → refused: the value set `without a URL` has an include or exclude with neither `system` nor `valueSet`
            ValueSet/$expand?url=http://e.org/vs/locked → refused: the value set `http://e.org/vs/locked` has a lockedDate, which is not done here: name the versions of its code systems
            ValueSet/$expand?url=http://e.org/vs/old|7 → refused: there is no value set `http://e.org/vs/old|7` here; create it as a ValueSet
            ValueSet/$expand?url=http://snomed.info/sct?fhir_vs → refused: there is no code system `http://snomed.info/sct` here; a release of it has to be loaded with `palatine terminology load`
            ValueSet/$expand?url=http://snomed.info/sct?fhir_vs=all → refused: an implicit value set of SNOMED CT is written ?fhir_vs, ?fhir_vs=isa/[code], ?fhir_vs=refset, ?fhir_vs=refset/[code] or ?fhir_vs=ecl/[expression]
        ").await;
    });
}

#[test]
fn an_expansion_names_what_it_rests_on() {
    on_both(|record, _| async move {
        filled(&record).await;
        let question = "ValueSet/listed/$expand?includeDesignations=true&displayLanguage=de";
        let answer = ask(&record, question).await.unwrap();
        assert_eq!(answer["id"], "listed");
        assert!(answer.get("compose").is_none());
        let expansion = &answer["expansion"];
        assert_eq!(
            expansion["contains"],
            json!([
                { "system": "http://e.org/colours", "version": "2", "code": "navy", "display": "Marineblau",
                  "designation": [{ "language": "de", "value": "Marineblau" }] },
                { "system": "http://e.org/colours", "version": "2", "code": "red", "display": "Rot",
                  "designation": [{ "language": "de", "value": "Rot" }, { "language": "cy-GB", "value": "Coch" }] },
            ])
        );
        let parameters = short(&json!({ "parameter": expansion["parameter"] }));
        assert_eq!(
            parameters,
            "includeDesignations=true; displayLanguage=de; used-codesystem=http://e.org/colours|2; version=http://e.org/colours|2"
        );
        let whole = ask(&record, "ValueSet/listed/$expand?includeDefinition=true")
            .await
            .unwrap();
        assert!(whole.get("compose").is_some());
        let welsh = ask(&record, "ValueSet/warm/$expand?displayLanguage=cy")
            .await
            .unwrap();
        assert_eq!(welsh["expansion"]["contains"][0]["display"], "Coch");
        let french = ask(
            &record,
            "ValueSet/all/$expand?displayLanguage=fr&filter=bleu",
        )
        .await
        .unwrap();
        assert_eq!(french["expansion"]["contains"][0]["display"], "Bleu");
    });
}

#[test]
fn a_set_too_large_for_one_answer_is_paged_or_refused() {
    on_both(|record, _| async move {
        let max = limits::EXPANSION_MAX;
        let concepts: Vec<_> = (0..=max)
            .map(|n| json!({ "code": format!("c{n}") }))
            .collect();
        let large = json!({ "resourceType": "CodeSystem", "url": "http://e.org/large", "status": "active",
            "content": "complete", "concept": concepts });
        commit(&record, vec![create(large)]).await;
        let total = max + 1;
        check(&record, &format!("
            ValueSet/$expand?url=http://e.org/large?fhir_vs → refused: the value set has {total} codes, and {max} may be answered at once: give `count` (and `offset`), or a `filter`
            ValueSet/$expand?url=http://e.org/large?fhir_vs&count=2&offset=9999 → c9999 c10000 of {total}
        ")).await;
        let found = ask(
            &record,
            "ValueSet/$expand?url=http://e.org/large?fhir_vs&filter=c77",
        )
        .await
        .unwrap();
        assert_eq!(found["expansion"]["total"], 111);
    });
}

#[test]
fn codes_in_value_sets() {
    on_both(|record, _| async move {
        filled(&record).await;
        let c = "http://e.org/colours";
        check(&record, &"
            ValueSet/is-a/$validate-code?system=C&code=crimson → result=true; display=Deep crimson; code=crimson; system=C; version=2
            ValueSet/$validate-code?url=http://e.org/vs/is-a&system=C&code=crimson → result=true; display=Deep crimson; code=crimson; system=C; version=2
            ValueSet/is-a/$validate-code?system=C&code=blue → result=false; message=`blue` is not in the value set ValueSet/is-a; code=blue; system=C; version=2
            ValueSet/is-a/$validate-code?system=C&code=green → result=false; message=`green` is not in the value set ValueSet/is-a; it is no code of C|2; code=green; system=C; version=2
            ValueSet/is-a/$validate-code?system=http://nowhere.org&code=red → result=false; message=`red` is not in the value set ValueSet/is-a; the code system `http://nowhere.org` is not here; code=red; system=http://nowhere.org
            ValueSet/is-a/$validate-code?system=C&code=red&display=RED → result=true; display=Red; code=red; system=C; version=2
            ValueSet/is-a/$validate-code?system=C&code=red&display=Rot → result=true; display=Red; code=red; system=C; version=2
            ValueSet/is-a/$validate-code?system=C&code=red&display=Rouge → result=false; message=`Rouge` is not a display of `red`: it is called `Red`; display=Red; code=red; system=C; version=2
            ValueSet/listed/$validate-code?system=C&code=navy&display=Marine → result=true; display=Marine; code=navy; system=C; version=2
            ValueSet/listed/$validate-code?system=C&code=navy&display=Navy blue → result=true; display=Marine; code=navy; system=C; version=2
            ValueSet/all/$validate-code?system=C&code=puce → result=true; message=`puce` is inactive: it is no longer to be used; display=Puce; code=puce; system=C; version=2
            ValueSet/all/$validate-code?system=C&code=colour&abstract=false → result=false; message=`colour` only groups other concepts, and may not be used itself; display=Colour; code=colour; system=C; version=2
            ValueSet/is-a/$validate-code?code=red → refused: a code means something within its code system only: give `system`, or `inferSystem` true
            ValueSet/is-a/$validate-code?code=red&inferSystem=true → result=true; display=Red; code=red; system=C; version=2
            ValueSet/is-a/$validate-code → refused: say which code: give `code` with its system, or `coding`
            ValueSet/is-a/$validate-code?coding={\"system\":\"C\",\"code\":\"red\"} → result=true; display=Red; code=red; system=C; version=2
            ValueSet/is-a/$validate-code?coding={\"system\":\"C\"} → refused: `coding` has no `code`
            ValueSet/is-a/$validate-code?codeableConcept={\"coding\":[{\"system\":\"C\",\"code\":\"blue\"},{\"system\":\"C\",\"code\":\"red\"}]} → result=true; display=Red; code=red; system=C; version=2
            ValueSet/is-a/$validate-code?codeableConcept={\"coding\":[{\"system\":\"C\",\"code\":\"blue\"},{\"system\":\"C\",\"code\":\"navy\"}]} → result=false; message=`blue` is not in the value set ValueSet/is-a; `navy` is not in the value set ValueSet/is-a; code=blue; system=C; version=2
            ValueSet/is-a/$validate-code?code=red&system=C&codeableConcept={\"coding\":[]} → refused: give `codeableConcept` or `code` or `coding`, not both
            ValueSet/elsewhere/$validate-code?system=http://elsewhere.org&code=a&display=First → result=true; display=First; code=a; system=http://elsewhere.org
            ValueSet/$validate-code?url=http://hl7.org/fhir/ValueSet/administrative-gender&system=http://hl7.org/fhir/administrative-gender&code=male → result=true; code=male; system=http://hl7.org/fhir/administrative-gender; version=4.0.1
        ".replace("system=C", &format!("system={c}")).replace("\"C\"", &format!("\"{c}\"")).replace("C|2", &format!("{c}|2"))).await;
    });
}
