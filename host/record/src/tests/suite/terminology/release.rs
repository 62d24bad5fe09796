//! A release of SNOMED CT's shape and one of dm+d's: loaded, asked, loaded again.

use std::path::PathBuf;

use super::{ask, ask_at, check};
use crate::Record;
use crate::log::At;
use crate::terminology::load::refusal::LoadError;
use crate::terminology::load::{Distribution, Release};
use crate::tests::suite::{commit, create, on_both, operator};

fn sample(distribution: Distribution) -> Release {
    let cases = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/terminology");
    Release {
        distribution,
        from: cases.join(match distribution {
            Distribution::Snomed => "snomed",
            Distribution::Dmd => "dmd",
        }),
        edition: None,
        date: None,
    }
}

async fn load(record: &Record, release: Release) -> Result<String, LoadError> {
    let report = record
        .load_terminology(&operator(record), release, &|_| {})
        .await?;
    Ok(format!(
        "{} {} concepts {} names {} batches",
        report.version, report.concepts, report.names, report.batches
    ))
}

/// Words for codes, so that tables can be read.
const WORDS: [(&str, &str); 15] = [
    ("FINDING", "31999999103"),
    ("SEVERE-HEAD-PAIN", "81999999102"),
    ("SEVERE-PAIN", "71999999100"),
    ("HEAD-PAIN", "51999999108"),
    ("CHEST-PAIN", "61999999105"),
    ("PAIN", "41999999106"),
    ("FOREHEAD", "111999999102"),
    ("HEAD", "101999999100"),
    ("BODY-PART", "91999999104"),
    ("SITE", "141999999103"),
    ("COMMON", "161999999104"),
    ("LETTERS", "171999999109"),
    ("REPLACED", "181999999107"),
    ("OLD", "191999999105"),
    ("SCT", "http://snomed.info/sct"),
];

fn codes(table: &str) -> String {
    WORDS.iter().fold(table.to_owned(), |text, (word, code)| {
        text.replace(word, code)
    })
}

#[test]
fn a_release_of_snomed_ct_is_asked() {
    on_both(|record, _| async move {
        let loaded = load(&record, sample(Distribution::Snomed)).await.unwrap();
        let version = "http://snomed.info/sct/21999999101/version/20261001";
        assert_eq!(loaded, format!("{version} 19 concepts 39 names 5 batches"));
        check(&record, &codes("
            CodeSystem/$lookup?system=SCT&code=HEAD-PAIN&property=parent → name=SNOMED CT, edition 21999999101, 20261001; version=V; display=Head pain; property(code=parent, value=PAIN)
            CodeSystem/$lookup?system=SCT&code=HEAD-PAIN&property=SITE&displayLanguage=en-US → name=SNOMED CT, edition 21999999101, 20261001; version=V; display=Cephalic pain; property(code=SITE, value=HEAD)
            CodeSystem/snomed-ct-21999999101/$lookup?code=OLD&property=inactive → name=SNOMED CT, edition 21999999101, 20261001; version=V; display=Pain in the head; property(code=inactive, value=true)
            CodeSystem/$lookup?system=SCT&version=SCT/21999999101&code=HEAD&property=child → name=SNOMED CT, edition 21999999101, 20261001; version=V; display=Head; property(code=child, value=FOREHEAD)
            CodeSystem/$lookup?system=SCT&version=SCT/21999999101/version/20200101&code=HEAD → refused: there is no code system `SCT` of version `SCT/21999999101/version/20200101` here; there is version `V`
            CodeSystem/$lookup?system=SCT&code=404684003 → refused: `404684003` is no code of SCT|V
            CodeSystem/$validate-code?url=SCT&code=HEAD-PAIN&display=cEPHALIC pain → result=true; display=Head pain; code=HEAD-PAIN; system=SCT; version=V
            CodeSystem/$validate-code?url=SCT&code=HEAD-PAIN&display=Hed pain → result=false; message=`Hed pain` is not a display of `HEAD-PAIN`: it is called `Head pain`; display=Head pain; code=HEAD-PAIN; system=SCT; version=V
            CodeSystem/$subsumes?system=SCT&codeA=PAIN&codeB=SEVERE-HEAD-PAIN → outcome=subsumes; version=V
            CodeSystem/$subsumes?system=SCT&codeA=SEVERE-HEAD-PAIN&codeB=SEVERE-PAIN → outcome=subsumed-by; version=V
            CodeSystem/$subsumes?system=SCT&codeA=CHEST-PAIN&codeB=HEAD-PAIN → outcome=not-subsumed; version=V
            ConceptMap/$translate?url=SCT?fhir_cm=LETTERS&system=SCT&code=HEAD-PAIN&targetsystem=http://e.org/letters → result=true; match(equivalence=relatedto, concept=http://e.org/letters|A, source=SCT?fhir_cm=LETTERS, comment=IF SEVERE A); match(equivalence=relatedto, concept=http://e.org/letters|B, source=SCT?fhir_cm=LETTERS, comment=ALWAYS B)
            ConceptMap/$translate?url=SCT?fhir_cm=LETTERS&system=http://e.org/letters&code=B&reverse=true → result=true; match(equivalence=relatedto, concept=SCT|HEAD-PAIN, source=SCT?fhir_cm=LETTERS, comment=ALWAYS B)
            ConceptMap/$translate?url=SCT?fhir_cm=REPLACED&system=SCT&code=OLD → result=true; match(equivalence=relatedto, concept=-|HEAD-PAIN, source=SCT?fhir_cm=REPLACED)
        ").replace("=V", &format!("={version}")).replace("|V", &format!("|{version}")).replace("`V`", &format!("`{version}`"))).await;
    });
}

#[test]
fn value_sets_of_a_release() {
    on_both(|record, _| async move {
        load(&record, sample(Distribution::Snomed)).await.unwrap();
        let by_filter = |property: &str, op: &str, value: &str| {
            format!(
                "{{\"resourceType\":\"ValueSet\",\"compose\":{{\"include\":[{{\"system\":\"SCT\",\"filter\":[{{\"property\":\"{property}\",\"op\":\"{op}\",\"value\":\"{value}\"}}]}}]}}}}"
            )
        };
        let filters = [
            (
                "concept",
                "is-a",
                "HEAD-PAIN",
                "HEAD-PAIN SEVERE-HEAD-PAIN of 2",
            ),
            (
                "concept",
                "descendent-of",
                "HEAD-PAIN",
                "SEVERE-HEAD-PAIN of 1",
            ),
            ("concept", "in", "COMMON", "HEAD-PAIN CHEST-PAIN of 2"),
            ("SITE", "=", "HEAD", "HEAD-PAIN of 1"),
            (
                "SITE",
                "exists",
                "true",
                "HEAD-PAIN SEVERE-HEAD-PAIN CHEST-PAIN of 3",
            ),
            ("inactive", "=", "true", "OLD of 1"),
            ("parent", "=", "HEAD", "FOREHEAD of 1"),
            ("sufficientlyDefined", "=", "true", "SEVERE-HEAD-PAIN of 1"),
            ("constraint", "=", "< HEAD-PAIN", "SEVERE-HEAD-PAIN of 1"),
        ];
        let filters: Vec<String> = filters
            .iter()
            .map(|(property, op, value, expected)| {
                format!(
                    "ValueSet/$expand?valueSet={} → {expected}",
                    by_filter(property, op, value)
                )
            })
            .collect();
        check(&record, &codes(&filters.join("\n"))).await;
        check(&record, &codes("
            ValueSet/$expand?url=SCT?fhir_vs=isa/PAIN → PAIN HEAD-PAIN SEVERE-HEAD-PAIN CHEST-PAIN SEVERE-PAIN of 5
            ValueSet/$expand?url=SCT/21999999101?fhir_vs=isa/HEAD → HEAD FOREHEAD of 2
            ValueSet/$expand?url=SCT?fhir_vs=refset/COMMON → HEAD-PAIN CHEST-PAIN of 2
            ValueSet/$expand?url=SCT?fhir_vs&count=1 → 11999999107 of 19
            ValueSet/$expand?url=SCT?fhir_vs&filter=sev head → SEVERE-HEAD-PAIN of 1
            ValueSet/$expand?url=SCT?fhir_vs&filter=cephalic → HEAD-PAIN of 1
            ValueSet/$expand?url=SCT?fhir_vs&filter=pain&activeOnly=true&count=2&offset=1 → HEAD-PAIN SEVERE-HEAD-PAIN of 5
            ValueSet/$expand?url=SCT?fhir_vs=ecl/< PAIN MINUS << HEAD-PAIN → CHEST-PAIN SEVERE-PAIN of 2
            ValueSet/$expand?url=SCT?fhir_vs=ecl/%3C!PAIN → HEAD-PAIN CHEST-PAIN SEVERE-PAIN of 3
            ValueSet/$expand?url=SCT?fhir_vs=ecl/> SEVERE-HEAD-PAIN → 11999999107 FINDING PAIN HEAD-PAIN SEVERE-PAIN of 5
            ValueSet/$expand?url=SCT?fhir_vs=ecl/>! SEVERE-HEAD-PAIN → HEAD-PAIN SEVERE-PAIN of 2
            ValueSet/$expand?url=SCT?fhir_vs=ecl/^ COMMON OR OLD → HEAD-PAIN CHEST-PAIN OLD of 3
            ValueSet/$expand?url=SCT?fhir_vs=ecl/< PAIN : SITE = << HEAD → HEAD-PAIN SEVERE-HEAD-PAIN of 2
            ValueSet/$expand?url=SCT?fhir_vs=ecl/< PAIN : SITE != << HEAD → CHEST-PAIN of 1
            ValueSet/$expand?url=SCT?fhir_vs=ecl/< BODY-PART : R SITE = < HEAD-PAIN → FOREHEAD of 1
            ValueSet/$expand?url=SCT?fhir_vs=ecl/< HEAD-PAIN . SITE → FOREHEAD of 1
            ValueSet/$expand?url=SCT?fhir_vs=ecl/<< 404684003 → refused: `404684003` is no code of SCT|SCT/21999999101/version/20261001
            ValueSet/$expand?url=SCT?fhir_vs=isa/404684003 → refused: `404684003` is no code of SCT|SCT/21999999101/version/20261001
            ValueSet/$validate-code?url=SCT?fhir_vs=isa/PAIN&system=SCT&code=SEVERE-HEAD-PAIN → result=true; display=Severe head pain; code=SEVERE-HEAD-PAIN; system=SCT; version=SCT/21999999101/version/20261001
            ValueSet/$validate-code?url=SCT?fhir_vs=isa/PAIN&system=SCT&code=HEAD → result=false; message=`HEAD` is not in the value set `SCT?fhir_vs=isa/PAIN`; code=HEAD; system=SCT; version=SCT/21999999101/version/20261001
        ")).await;
        searched(&record).await;
    });
}

/// What searches are told.
async fn searched(record: &Record) {
    let t = record.current_t();
    let below = record
        .codes_below(Some("http://snomed.info/sct"), "51999999108", t)
        .await
        .unwrap();
    assert_eq!(below.len(), 2);
    let above = record.codes_above(None, "81999999102", t).await.unwrap();
    assert_eq!(above.len(), 6);
    let members = record
        .codes_in("http://snomed.info/sct?fhir_vs=refset/161999999104", t)
        .await;
    assert_eq!(members.unwrap().len(), 2);
}

#[test]
fn a_release_of_dmd_is_asked() {
    on_both(|record, _| async move {
        let loaded = load(&record, sample(Distribution::Dmd)).await.unwrap();
        assert_eq!(loaded, "20261016 11 concepts 12 names 3 batches");
        check(&record, "
            CodeSystem/$lookup?system=https://dmd.nhs.uk&code=831999999101&property=FORMCD&property=parent&property=kind → name=Dictionary of medicines and devices, 20261016; version=20261016; display=Samplamol 500mg tablets; property(code=parent, value=821999999104); property(code=kind, value=VMP); property(code=FORMCD, value=891999999102)
            CodeSystem/$subsumes?system=https://dmd.nhs.uk&codeA=821999999104&codeB=871999999103 → outcome=subsumes; version=20261016
            CodeSystem/$subsumes?system=https://dmd.nhs.uk&codeA=871999999103&codeB=851999999106 → outcome=subsumed-by; version=20261016
            CodeSystem/$validate-code?url=https://dmd.nhs.uk&code=841999999109 → result=true; message=`841999999109` is inactive: it is no longer to be used; display=Samplamol 250mg & caffeine tablets; code=841999999109; system=https://dmd.nhs.uk; version=20261016
            ValueSet/$expand?url=https://dmd.nhs.uk?fhir_vs&filter=made-up 500 → 851999999106 871999999103 of 2
            ValueSet/$expand?valueSet={\"resourceType\":\"ValueSet\",\"compose\":{\"include\":[{\"system\":\"https://dmd.nhs.uk\",\"filter\":[{\"property\":\"kind\",\"op\":\"=\",\"value\":\"AMP\"}]}]}} → 851999999106 of 1
            ValueSet/$expand?valueSet={\"resourceType\":\"ValueSet\",\"compose\":{\"include\":[{\"system\":\"https://dmd.nhs.uk\",\"filter\":[{\"property\":\"ISID\",\"op\":\"=\",\"value\":\"881999999100\"}]}]}} → 831999999101 of 1
        ").await;
    });
}

#[test]
fn a_newer_release_takes_over_at_its_commit() {
    on_both(|record, _| async move {
        let first = sample(Distribution::Snomed);
        load(&record, first.clone()).await.unwrap();
        let again = load(&record, first.clone()).await.unwrap();
        assert!(again.ends_with(" 0 batches"), "{again}");
        let t = record.current();
        let later = Release {
            date: Some("20261101".to_owned()),
            ..first.clone()
        };
        load(&record, later).await.unwrap();
        let old = "http://snomed.info/sct/21999999101/version/20261001";
        let new = "http://snomed.info/sct/21999999101/version/20261101";
        let version = async |question: &str, at: At| {
            let answer = ask_at(&record, question, at).await.unwrap();
            answer["parameter"][1]["valueString"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let look_up =
            "CodeSystem/$lookup?system=http://snomed.info/sct&code=51999999108&property=parent";
        assert_eq!(version(look_up, At::Now).await, new);
        assert_eq!(
            version(&format!("{look_up}&version={old}"), At::Now).await,
            old
        );
        assert_eq!(version(look_up, At::Commit(t)).await, old);
        let in_use = record
            .forget_terminology(new)
            .await
            .unwrap_err()
            .to_string();
        assert_eq!(
            in_use,
            format!("version {new} is in use: load another first")
        );
        record.forget_terminology(old).await.unwrap();
        let left = record.terminology_releases().await.unwrap();
        assert_eq!(left.len(), 1);
        let unknown = ask(&record, &format!("{look_up}&version={old}"))
            .await
            .unwrap_err();
        assert!(unknown.contains("there is version"), "{unknown}");
    });
}

#[test]
fn value_sets_join_releases_and_resources() {
    on_both(|record, _| async move {
        load(&record, sample(Distribution::Snomed)).await.unwrap();
        let set = serde_json::json!({ "resourceType": "ValueSet", "url": "http://e.org/vs/pains", "status": "active",
            "compose": { "include": [
                { "system": "http://snomed.info/sct", "concept": [{ "code": "61999999105", "display": "Pain in the chest" }] },
                { "valueSet": ["http://snomed.info/sct?fhir_vs=isa/51999999108"] } ],
              "exclude": [{ "system": "http://snomed.info/sct", "concept": [{ "code": "81999999102" }] }] } });
        commit(&record, vec![create(set)]).await;
        check(&record, "
            ValueSet/$expand?url=http://e.org/vs/pains → 61999999105 51999999108 of 2
            ValueSet/$validate-code?url=http://e.org/vs/pains&system=http://snomed.info/sct&code=61999999105&display=Pain in the chest → result=true; display=Pain in the chest; code=61999999105; system=http://snomed.info/sct; version=http://snomed.info/sct/21999999101/version/20261001
        ").await;
    });
}
