//! Searches that reach further: chains, `_has`, lists, filters, modifiers, composites, places, words, several types.
//!
//! Invariant: each is the same on both databases, alone, page by page and counted, and what a caller may not read cannot be
//! searched through.

use serde_json::{Value, json};

use crate::caller::{Caller, Role};
use crate::log::At;
use crate::proposal::Change;
use crate::search::{Found, Page};
use crate::tests::suite::{commit, found, on_both, operator, query, update};
use crate::{ReadError, Record};

fn at(value: Value) -> Change {
    let key = format!(
        "{}/{}",
        value["resourceType"].as_str().unwrap(),
        value["id"].as_str().unwrap()
    );
    update(&key.parse().unwrap(), value, None)
}

/// A hospital with two wards, three people, and what was found of them.
async fn hospital(record: &Record) {
    let reference = |to: &str| json!({ "reference": to });
    let pressure = |id: &str, patient: &str, systolic: f64, diastolic: f64| {
        let part = |code: &str, value: f64| {
            json!({ "code": { "coding": [{ "system": "http://loinc.org", "code": code }] },
                "valueQuantity": { "value": value, "system": "http://unitsofmeasure.org", "code": "mm[Hg]", "unit": "mmHg" } })
        };
        json!({ "resourceType": "Observation", "id": id, "status": "final", "subject": { "reference": patient },
            "code": { "coding": [{ "system": "http://loinc.org", "code": "85354-9", "display": "Blood pressure panel" }] },
            "effectiveDateTime": "2026-02-01", "component": [part("8480-6", systolic), part("8462-4", diastolic)] })
    };
    let changes = vec![
        json!({ "resourceType": "Organization", "id": "trust", "name": "Northern Trust",
            "identifier": [{ "system": "urn:o", "value": "RXN" }] }),
        json!({ "resourceType": "Organization", "id": "dept", "name": "Cardiology", "partOf": reference("Organization/trust") }),
        json!({ "resourceType": "Location", "id": "site", "name": "Hospital", "position": { "latitude": 53.80, "longitude": -1.55 } }),
        json!({ "resourceType": "Location", "id": "ward", "name": "Ward 1", "partOf": reference("Location/site"),
            "position": { "latitude": 53.90, "longitude": -1.55 } }),
        json!({ "resourceType": "Location", "id": "bed", "name": "Bed 1", "partOf": reference("Location/ward") }),
        json!({ "resourceType": "Practitioner", "id": "ada", "name": [{ "family": "Lovelace", "given": ["Ada"] }] }),
        json!({ "resourceType": "Patient", "id": "anne", "gender": "female", "birthDate": "1950-05-17", "active": true,
            "meta": { "tag": [{ "system": "urn:t", "code": "vip" }], "profile": ["https://p.example/StructureDefinition/a|1.0"] },
            "text": { "status": "generated", "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\"><b>Anne</b> had a stroke &amp; recovered</div>" },
            "identifier": [{ "system": "urn:n", "value": "1", "type": { "coding": [{ "system": "urn:v2", "code": "MR" }], "text": "Hospital number" } },
                { "system": "urn:m", "value": "7", "type": { "coding": [{ "system": "urn:v2", "code": "DL" }] } }],
            "name": [{ "family": "Oldroyd", "given": ["Anne"] }], "managingOrganization": reference("Organization/dept"),
            "generalPractitioner": [reference("Practitioner/ada")] }),
        json!({ "resourceType": "Patient", "id": "ben", "gender": "male", "birthDate": "1985",
            "identifier": [{ "system": "urn:n", "value": "7" }], "managingOrganization": reference("Organization/trust"),
            "name": [{ "family": "Smythe", "given": ["Ben"] }], "link": [{ "other": reference("Patient/anne"), "type": "seealso" }] }),
        json!({ "resourceType": "Patient", "id": "cleo", "name": [{ "family": "Smith, \\ $ | %_", "given": ["Cleo"] }] }),
        json!({ "resourceType": "Encounter", "id": "e1", "status": "finished", "class": { "code": "AMB" },
            "subject": reference("Patient/anne"), "location": [{ "location": reference("Location/bed") }],
            "participant": [{ "individual": { "reference": "Practitioner/ada", "display": "Dr Lovelace" } }],
            "serviceProvider": reference("Organization/dept") }),
        json!({ "resourceType": "Encounter", "id": "e2", "status": "planned", "class": { "code": "IMP" },
            "subject": reference("Patient/ben"), "location": [{ "location": reference("Location/site") }] }),
        json!({ "resourceType": "Observation", "id": "o1", "status": "final", "subject": reference("Patient/anne"),
            "encounter": reference("Encounter/e1"), "performer": [{ "identifier": { "system": "urn:gmc", "value": "99" }, "display": "Locum" }],
            "code": { "text": "Serum creatinine", "coding": [{ "system": "http://loinc.org", "code": "2160-0", "display": "Creatinine" }] },
            "valueQuantity": { "value": 172.5, "unit": "umol/L", "system": "http://unitsofmeasure.org", "code": "umol/L" },
            "effectiveDateTime": "2026-01-02" }),
        json!({ "resourceType": "Observation", "id": "o2", "status": "preliminary", "subject": reference("Patient/ben"),
            "code": { "coding": [{ "system": "http://loinc.org", "code": "2160-0" }] },
            "valueQuantity": { "value": 71, "unit": "umol/L", "system": "http://unitsofmeasure.org", "code": "umol/L" },
            "effectivePeriod": { "start": "2026-01-01", "end": "2026-01-31" } }),
        json!({ "resourceType": "Observation", "id": "o5", "status": "final", "valueDateTime": "2026-03-04",
            "code": { "coding": [{ "code": "8302-2" }] } }),
        pressure("o3", "Patient/anne", 150.0, 80.0),
        pressure("o4", "Patient/ben", 120.0, 150.0),
        json!({ "resourceType": "DiagnosticReport", "id": "r1", "status": "final", "code": { "text": "U&E" },
            "subject": reference("Patient/anne"), "result": [reference("Observation/o1")] }),
        json!({ "resourceType": "List", "id": "l1", "status": "current", "mode": "working",
            "entry": [{ "item": reference("Patient/anne") }, { "item": reference("Observation/o2") }] }),
        json!({ "resourceType": "ValueSet", "id": "v1", "status": "active", "url": "https://t.example/fhir/ValueSet/colours" }),
        json!({ "resourceType": "DocumentReference", "id": "d1", "status": "current", "subject": reference("Patient/anne"),
            "content": [{ "attachment": { "title": "Letter" } }] }),
        json!({ "resourceType": "DocumentReference", "id": "d2", "status": "current", "subject": reference("Patient/anne"),
            "content": [{ "attachment": { "title": "Letter 2" } }],
            "relatesTo": [{ "code": "replaces", "target": reference("DocumentReference/d1") }] }),
    ];
    commit(record, changes.into_iter().map(at).collect()).await;
}

fn ids(found: &Found) -> Vec<&str> {
    found
        .matches
        .iter()
        .map(|stored| stored.key.id.as_str())
        .collect()
}

const TABLE: &str = "
    Patient?organization.name=cardio                                  | anne
    Patient?organization:Organization.name=northern                   | ben
    Patient?organization.partof.name=northern                         | anne
    Patient?organization.partof.identifier=urn:o|RXN                  | anne
    Patient?general-practitioner.name=lovelace                        | anne
    Patient?general-practitioner:Practitioner.family:exact=Lovelace   | anne
    Patient?general-practitioner:Practitioner.family:exact=lovelace   |
    Patient?link.name=oldroyd                                         | ben
    Observation?subject:Patient.name=oldroyd                          | o1 o3
    Observation?subject.name=smythe                                   | o2 o4
    Observation?patient.identifier=urn:n|1                            | o1 o3
    Observation?patient.identifier=7                                  | o1 o2 o3 o4
    Observation?patient.organization.partof.name=northern             | o1 o3
    Observation?patient.birthdate=lt1960&code=2160-0                  | o1
    Observation?patient.gender:not=female                             | o2 o4
    Observation?patient.gender:missing=true                           |
    Observation?encounter.class=AMB                                   | o1
    Observation?encounter.location.partof:Location.name=ward          | o1
    DiagnosticReport?result.code=2160-0                               | r1
    DiagnosticReport?result.patient=anne                              | r1
    DiagnosticReport?result.subject:Patient.name=smythe               |
    DiagnosticReport?subject:Patient.name=oldroyd&result.value-quantity=gt100 | r1
    Patient?_has:Observation:patient:code=2160-0                      | anne ben
    Patient?_has:Observation:patient:value-quantity=gt100             | anne
    Patient?_has:Observation:patient:code-value-quantity=2160-0$lt100 | ben
    Patient?_has:Observation:subject:component-code-value-quantity=8480-6$gt140 | anne
    Patient?_has:Observation:patient:_has:DiagnosticReport:result:status=final | anne
    Patient?_has:Encounter:patient:location.name=bed                  | anne
    Patient?_has:Patient:link:family=smythe                           | anne
    Patient?_has:Observation:patient:status=registered                |
    Observation?_has:DiagnosticReport:result:patient.name=oldroyd     | o1
    Practitioner?_has:Encounter:participant:class=AMB                 | ada
    Organization?_has:Organization:partof:name=cardiology             | trust
    Organization?_has:Patient:organization:_has:Observation:patient:status=preliminary | trust
    Location?_has:Encounter:location:status=planned,finished          | bed site
    Observation?patient._has:Encounter:patient:class=IMP              | o2 o4
    Patient?_list=l1                                                  | anne
    Observation?_list=l1,unknown                                      | o2
    Patient?_list=unknown                                             |
    Patient?_filter=name co \"old\" and gender eq female              | anne
    Patient?_filter=gender eq female or birthdate eq 1985             | anne ben
    Patient?_filter=not (gender eq female)                            | ben cleo
    Patient?_filter=gender ne female                                  | ben
    Patient?_filter=gender pr false                                   | cleo
    Patient?_filter=(name sw olda or name ew royd) and active eq true | anne
    Patient?_filter=family eq \"smith, \\\\ $ | %_\"                  | cleo
    Patient?_filter=organization.name co \"north\" or organization.partof.name co \"north\" | anne ben
    Patient?_filter=organization[name co \"card\"].partof:Organization.name co north | anne
    Patient?_filter=_has:Observation:patient:code eq 2160-0 and _id ne ben | anne
    Observation?_filter=date po 2026-01-15                            | o2
    Observation?_filter=subject re Patient/anne and value-quantity gt 100 | o1
    Observation?_filter=code eq 85354-9 and not (component-code-value-quantity eq 8480-6$gt140) | o4
    Patient?identifier:of-type=urn:v2|MR|1                            | anne
    Patient?identifier:of-type=urn:v2|MR|7                            |
    Patient?identifier:text=hospital                                  | anne
    Observation?code:text=creatinine                                  | o1
    Observation?code:text=PANEL                                       | o3 o4
    Encounter?practitioner:text=lovelace                              | e1
    Observation?performer:identifier=urn:gmc|99                       | o1
    Observation?performer:identifier=99                               | o1
    Observation?performer:identifier=urn:other|99                     |
    Observation?performer:missing=false                               | o1
    Encounter?location:below=Location/site                            | e1 e2
    Encounter?location:below=Location/ward                            | e1
    Encounter?location:above=Location/bed                             | e1 e2
    Encounter?location=Location/site                                  | e2
    ValueSet?url:below=https://t.example/fhir                         | v1
    ValueSet?url:below=https://t.example/fhi                          |
    ValueSet?url:above=https://t.example/fhir/ValueSet/colours/1      | v1
    Patient?_profile=https://p.example/StructureDefinition/a          | anne
    Patient?_profile=https://p.example/StructureDefinition/a|1.0      | anne
    Patient?_profile=https://p.example/StructureDefinition/a|2.0      |
    Patient?_profile:below=https://p.example/                         | anne
    Patient?_tag=urn:t|vip                                            | anne
    Patient?_tag:not=vip                                              | ben cleo
    Patient?_id:not=anne                                              | ben cleo
    Patient?_id:missing=true                                          |
    Patient?_lastUpdated:missing=false                                | anne ben cleo
    Patient?phonetic=smith                                            | ben cleo
    Patient?_text=stroke recovered                                    | anne
    Patient?_text=troke                                               |
    Patient?_text=xhtml                                               |
    Patient?_content=oldroyd                                          | anne
    Patient?_content=lovelace                                         |
    Location?near=53.80|-1.55|1|km                                    | site
    Location?near=53.80|-1.55|20|km                                   | site ward
    Location?near=53.80|-1.55|5                                       | site
    Location?near=53.80|-1.55|10|[mi_i]                               | site ward
    Location?near:missing=true                                        | bed
    Observation?code-value-quantity=2160-0$gt100                      | o1
    Observation?code-value-quantity=http://loinc.org|2160-0$71||umol/L | o2
    Observation?component-code-value-quantity=8480-6$gt140            | o3
    Observation?component-code-value-quantity=8462-4$gt140            | o4
    Observation?combo-code-value-quantity=2160-0$gt100,8480-6$lt130   | o1 o4
    Observation?component-code-value-quantity:missing=false           | o3 o4
    DocumentReference?relation=replaces                               | d2
    DocumentReference?relatesto=DocumentReference/d1                  | d2
    DocumentReference?relationship=DocumentReference/d1$replaces      | d2
    DocumentReference?relationship=DocumentReference/d1$transforms    |
    Patient?family:exact=Smith\\, \\\\ \\$ \\| %_                     | cleo
    Patient?family:contains=\\|                                       | cleo
    Patient?family:contains=%                                         | cleo
    Patient?family:contains=_                                         | cleo
    Patient?organization=Organization/trust/_history/1                |
    Observation?code-value-date=8302-2$2026-03                        | o5
    Observation?code-value-date=8302-2$lt2026-03                      |
    Observation?code-value-string=8302-2$2026                         |
    Patient?_sort=organization                                        | anne ben cleo
    Patient?_sort=-organization                                       | ben anne cleo
    Patient?_sort=gender,-family                                      | anne ben cleo
    Patient?_sort=-_lastUpdated,_id                                   | anne ben cleo
    Observation?_sort=value-quantity                                  | o2 o1 o5 o3 o4
    Observation?_sort=-value-quantity,_id                             | o1 o2 o3 o4 o5
    Patient?_sort=birthdate                                           | anne ben cleo
    Observation?_sort=-date&patient.name=oldroyd                      | o3 o1
";

#[test]
fn searches_reach_into_other_resources_and_bodies() {
    on_both(|record, _| async move {
        hospital(&record).await;
        for row in TABLE.lines().map(str::trim).filter(|row| !row.is_empty()) {
            let (asked, expected) = row.rsplit_once(" |").unwrap();
            let asked = asked.trim().replace('%', "%25");
            check(&record, &asked, expected.trim()).await;
        }
    });
}

async fn check(record: &Record, asked: &str, expected: &str) {
    let glue = if asked.contains('?') { '&' } else { '?' };
    let whole = found(record, asked, &Page::First(At::Now)).await;
    let sorted = |mut ids: Vec<&str>| {
        if !asked.contains("_sort") {
            ids.sort_unstable();
        }
        ids.join(" ")
    };
    let expected = sorted(expected.split_whitespace().collect());
    assert_eq!(sorted(ids(&whole)), expected, "{asked}");
    let one = format!("{asked}{glue}_count=1&_total=accurate");
    let (mut page, mut turned) = (Page::First(At::Now), Vec::new());
    loop {
        let next = found(record, &one, &page).await;
        assert_eq!(next.total, u64::try_from(whole.matches.len()).ok(), "{one}");
        turned.extend(next.matches.iter().map(|stored| stored.key.clone()));
        match next.next {
            Some(cursor) => page = Page::Next(cursor),
            None => break,
        }
    }
    let all: Vec<_> = whole
        .matches
        .iter()
        .map(|stored| stored.key.clone())
        .collect();
    assert_eq!(turned, all, "{asked}, turned one by one");
}

#[test]
fn a_chain_is_followed_as_of_the_moment() {
    on_both(|record, _| async move {
        hospital(&record).await;
        let then = record.current_t();
        let change =
            json!({ "resourceType": "Patient", "id": "anne", "name": [{ "family": "Newman" }] });
        commit(&record, vec![at(change)]).await;
        let gone = "Observation/o2".parse().unwrap();
        commit(
            &record,
            vec![Change::Delete {
                key: gone,
                seen: None,
            }],
        )
        .await;
        for (asked, before, after) in [
            ("Observation?patient.name=oldroyd", "o1 o3", ""),
            ("Observation?patient.name=newman", "", "o1 o3"),
            (
                "Patient?_has:Observation:patient:code=2160-0",
                "anne ben",
                "anne",
            ),
            ("Patient?organization.name=cardio", "anne", ""),
            (
                "Observation?_filter=code eq 2160-0 and patient.name pr true",
                "o1 o2",
                "o1",
            ),
        ] {
            let was = format!("{asked}&_asOf={then}");
            check(&record, &was, before).await;
            check(&record, asked, after).await;
        }
    });
}

#[test]
fn includes_are_followed_as_far_as_asked() {
    on_both(|record, _| async move {
        hospital(&record).await;
        let all_of_anne =
            "DocumentReference/d1 DocumentReference/d2 Encounter/e1 Observation/o1 Observation/o3";
        for (asked, expected) in [
            (
                "Encounter?_id=e1&_include=Encounter:location",
                "Location/bed",
            ),
            (
                "Encounter?_id=e1&_include=Encounter:location&_include:iterate=Location:partof",
                "Location/bed Location/site Location/ward",
            ),
            (
                "Patient?_id=anne&_include=*",
                "Organization/dept Practitioner/ada",
            ),
            (
                "Patient?_id=anne&_include=Patient:*",
                "Organization/dept Practitioner/ada",
            ),
            (
                "Patient?_id=anne&_include=Patient:general-practitioner:Organization",
                "",
            ),
            (
                "Patient?_id=anne&_include=Patient:general-practitioner:Practitioner",
                "Practitioner/ada",
            ),
            (
                "Patient?_id=anne&_include:iterate=*",
                "Organization/dept Organization/trust Practitioner/ada",
            ),
            (
                "DiagnosticReport?_include=DiagnosticReport:result&_include:iterate=Observation:encounter&_include:iterate=Encounter:location:Location",
                "Encounter/e1 Location/bed Observation/o1",
            ),
            (
                "Organization?_id=trust&_revinclude:iterate=Organization:partof&_revinclude:iterate=Patient:organization",
                "Organization/dept Patient/anne Patient/ben",
            ),
            (
                "Practitioner?_id=ada&_revinclude=Encounter:*",
                "Encounter/e1",
            ),
            (
                "Patient?_id=anne&_revinclude=*",
                &format!("DiagnosticReport/r1 {all_of_anne} List/l1 Patient/ben"),
            ),
        ] {
            let found = found(&record, asked, &Page::First(At::Now)).await;
            let mut included: Vec<String> = found
                .included
                .iter()
                .map(|stored| stored.key.to_string())
                .collect();
            included.sort();
            let mut expected: Vec<&str> = expected.split_whitespace().collect();
            expected.sort_unstable();
            assert_eq!(included.join(" "), expected.join(" "), "{asked}");
        }
    });
}

#[test]
fn what_cannot_be_told_is_refused() {
    on_both(|record, _| async move {
        hospital(&record).await;
        for (asked, expected) in [
            (
                "Observation?code:in=https://t.example/unknown",
                "https://t.example/unknown",
            ),
            (
                "Observation?code:not-in=https://t.example/unknown",
                "https://t.example/unknown",
            ),
            (
                "Observation?subject:below=Patient/anne",
                "refers to nothing that is part of its own kind",
            ),
        ] {
            let answer = record
                .search(&operator(&record), &query(asked), &Page::First(At::Now))
                .await;
            let error = answer.map(|_| ()).unwrap_err();
            assert!(
                matches!(error, ReadError::Unreadable { .. }),
                "{asked}: {error:?}"
            );
            assert!(error.to_string().contains(expected), "{asked}: {error}");
        }
    });
}

fn administrator() -> Caller {
    Caller::authenticated(
        "administrator".to_owned(),
        "An administrator".to_owned(),
        Role::TrustAdministrator,
        "RXR".parse().unwrap(),
    )
}

#[test]
fn nobody_searches_through_what_they_may_not_read() {
    on_both(|record, _| async move {
        hospital(&record).await;
        // A trust's administrator reads the directory, and no patient.
        for (asked, may) in [
            ("Organization?name=northern", true),
            ("Organization?partof.name=northern", true),
            ("Organization?_has:Patient:organization:name=oldroyd", false),
            (
                "Organization?_has:Organization:partof:_has:Patient:organization:name=oldroyd",
                false,
            ),
            (
                "Organization?_filter=not (_has:Patient:organization:name eq oldroyd)",
                false,
            ),
            ("Practitioner?_list=l1", false),
            ("Practitioner?_has:Encounter:participant:class=AMB", false),
            ("Location?_include=Location:organization", true),
        ] {
            let answer = record
                .search(&administrator(), &query(asked), &Page::First(At::Now))
                .await;
            match answer {
                Ok(_) => assert!(may, "{asked}"),
                Err(error) => {
                    assert!(
                        matches!(error, ReadError::Forbidden { .. }),
                        "{asked}: {error:?}"
                    );
                    assert!(!may, "{asked}: {error}");
                }
            }
        }
        let asked = "Organization?_revinclude=*&_revinclude=Patient:organization";
        let found = record
            .search(&administrator(), &query(asked), &Page::First(At::Now))
            .await
            .unwrap();
        let types: Vec<&str> = found
            .included
            .iter()
            .map(|stored| stored.key.resource_type.as_str())
            .filter(|name| *name != "Organization" && *name != "Location")
            .collect();
        assert!(types.is_empty(), "{types:?}");
    });
}

#[test]
fn several_types_are_answered_one_after_the_other() {
    on_both(|record, _| async move {
        hospital(&record).await;
        let queries = |rest: &str| -> Vec<_> {
            ["Patient", "Observation", "Location"]
                .iter()
                .map(|name| query(&format!("{name}?{rest}")))
                .collect()
        };
        let keys = |found: &Found| -> Vec<String> {
            found
                .matches
                .iter()
                .map(|stored| stored.key.to_string())
                .collect()
        };
        let caller = operator(&record);
        let whole = record
            .search_types(&caller, &queries("_total=accurate"), &Page::First(At::Now))
            .await
            .unwrap();
        assert_eq!((whole.matches.len(), whole.total), (11, Some(11)));
        for count in [1, 2, 3, 4, 8, 11] {
            let (mut page, mut turned) = (Page::First(At::Now), Vec::new());
            loop {
                let asked = queries(&format!("_count={count}"));
                let next = record.search_types(&caller, &asked, &page).await.unwrap();
                assert!(next.matches.len() <= count);
                turned.extend(keys(&next));
                match next.next {
                    Some(cursor) => page = Page::Next(cursor),
                    None => break,
                }
            }
            assert_eq!(turned, keys(&whole), "{count} at a time");
        }
        let sorted = record
            .search_types(&caller, &queries("_sort=_id"), &Page::First(At::Now))
            .await;
        assert!(matches!(sorted, Err(ReadError::Unreadable { .. })));
    });
}

#[test]
fn a_cursor_is_of_no_use_to_somebody_else() {
    on_both(|record, _| async move {
        hospital(&record).await;
        let asked = query("Organization?_count=1");
        let first = record
            .search(&operator(&record), &asked, &Page::First(At::Now))
            .await
            .unwrap();
        let next = Page::Next(first.next.unwrap());
        assert!(
            record
                .search(&operator(&record), &asked, &next)
                .await
                .is_ok()
        );
        let stolen = record.search(&administrator(), &asked, &next).await;
        assert!(matches!(stolen, Err(ReadError::Unreadable { .. })));
    });
}
