//! Documents that partners hold by case: what is asked, what is kept and what is shown.
//!
//! Invariant: every row says what leaves, what stays and what is read, so that none of it happens unsaid.
#![expect(clippy::unwrap_used, reason = "a test stops where its story breaks")]

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{Address, DeclareError, Holder, How, Looked, NotShown};
use crate::adviser::{Asked, Errand, Fetched, Outside, OutsideError};
use crate::caller::{Caller, Role};
use crate::clock::Written;
use crate::departmental::tests::{caller, put};
use crate::person::Merge;
use crate::proposal::Proposal;
use crate::tests::{on_both_databases, on_sqlite};
use crate::{Kind, Record};

on_both_databases! {
    only_an_operator_declares_and_what_is_wrong_is_named,
    a_document_is_fetched_renewed_and_withdrawn,
    who_may_not_read_the_pointer_learns_nothing,
    what_is_restricted_is_never_kept,
    pointers_move_with_a_merge,
    copies_are_bounded,
    what_is_kept_here_is_shown_by_the_same_question,
    what_stays_is_what_its_pointer_describes,
}

/// A holder that answers as it is told, in order, and remembers what it was asked.
#[derive(Default)]
struct Way {
    answers: Mutex<VecDeque<Result<Fetched, OutsideError>>>,
    asked: Mutex<Vec<Asked>>,
}

impl Outside for Way {
    fn send(
        &self,
        _errand: Errand,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, OutsideError>> + Send + '_>> {
        Box::pin(async { Err(OutsideError::Late) })
    }

    fn fetch(
        &self,
        asked: Asked,
    ) -> Pin<Box<dyn Future<Output = Result<Fetched, OutsideError>> + Send + '_>> {
        self.asked.lock().unwrap().push(asked);
        let answer = self.answers.lock().unwrap().pop_front().unwrap();
        Box::pin(async move { answer })
    }
}

impl Way {
    fn of(record: &Record) -> Arc<Self> {
        let way = Arc::new(Self::default());
        record.with_outside(Arc::<Self>::clone(&way));
        way
    }

    /// What is answered next: a status and headers as a row writes them, or nothing but silence.
    fn will(&self, row: &str) {
        let mut words = row.split(';').map(str::trim);
        let answer = match words.next().unwrap() {
            "late" => Err(OutsideError::Late),
            status => {
                let pair = |text: &str| {
                    let (name, value) = text.split_once(':').unwrap();
                    (name.trim().to_owned(), value.trim().to_owned())
                };
                let status = status.parse().unwrap();
                let body = if status == 200 {
                    b"Plan".to_vec()
                } else {
                    Vec::new()
                };
                Ok(Fetched {
                    status,
                    headers: words.filter(|it| !it.is_empty()).map(pair).collect(),
                    body,
                })
            }
        };
        self.answers.lock().unwrap().push_back(answer);
    }

    fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

fn holder(id: &str, base: &str) -> Holder {
    Holder {
        id: id.parse().unwrap(),
        name: "St Anne's Hospice".to_owned(),
        base: base.parse().unwrap(),
        sites: Vec::new(),
        runs: true,
        old_copy_hours: 48,
    }
}

async fn declare(record: &Record, holder: Holder) {
    let operator = record.operator(&"RXR".parse().unwrap());
    let seen = record.holders(&operator).await.unwrap().version;
    let done = record.declare_holder(&operator, holder, seen).await;
    done.unwrap();
}

/// A pointer to a document of four bytes, `Plan`.
fn pointer(id: &str, url: &str, stability: &str) -> Value {
    let system = "https://fhir.nhs.uk/England/CodeSystem/England-NRLContentStability";
    json!({
        "resourceType": "DocumentReference", "id": id, "status": "current",
        "subject": { "reference": "Patient/anne" }, "date": "2026-11-18T10:00:00Z",
        "content": [{
            "extension": [{
                "url": "https://fhir.nhs.uk/England/StructureDefinition/Extension-England-ContentStability",
                "valueCodeableConcept": { "coding": [{ "system": system, "code": stability }] },
            }],
            "attachment": { "url": url, "contentType": "text/plain", "size": 4, "hash": "ri+YoJn+WFXDESYjPpwTZB7n/bo=" },
        }],
    })
}

async fn commit(record: &Record, all: Vec<Value>) {
    let operator = record.operator(&"RXR".parse().unwrap());
    let changes = all.into_iter().map(put).collect();
    let done = record.commit_granted(&operator, Proposal::direct(changes));
    done.await.unwrap();
}

fn anne() -> Value {
    json!({ "resourceType": "Patient", "id": "anne", "birthDate": "1948-03-03" })
}

fn registrar() -> Caller {
    caller("registrar", Role::Clinician, "RXR")
}

async fn look(record: &Record, id: &str) -> Looked {
    let key = format!("DocumentReference/{id}").parse().unwrap();
    let looked = record.document(&registrar(), &key, 0).await;
    looked.unwrap()
}

fn word(looked: &Looked) -> String {
    match &looked.outcome {
        Ok(content) => {
            assert_eq!(content.bytes, b"Plan");
            content.how.word().to_owned()
        }
        Err(why) => match why {
            NotShown::Unasked { .. } => "unasked".to_owned(),
            NotShown::Withdrawn { .. } => "withdrawn".to_owned(),
            NotShown::Differs => "differs".to_owned(),
            other => other.to_string(),
        },
    }
}

async fn copies(record: &Record) -> i64 {
    let all = record.store().copies().await.unwrap();
    all.iter().map(|(_, count)| count).sum()
}

const URL: &str = "https://hospice.example/records/plan";

/// What the holder answers first | how long after that somebody looks again, in minutes | dynamic or static | what the
/// holder would answer then | what is shown | whether it was asked | copies kept then.
const RULES: &str = "
    200; cache-control: max-age=600; etag: \"1\"                  |    9 | dynamic | late                   | fresh copy   | no  | 1
    200; cache-control: max-age=600; etag: \"1\"                  |   10 | dynamic | 304                    | renewed copy | if  | 1
    200; cache-control: max-age=600; age: 120; etag: \"1\"        |    8 | dynamic | 304                    | renewed copy | if  | 1
    200; cache-control: max-age=600                             |   11 | dynamic | 200                    | fetched      | yes | 1
    200; cache-control: max-age=600                             |   11 | dynamic | 200; cache-control: no-store | fetched | yes | 0
    200; cache-control: max-age=600                             |   11 | dynamic | late                   | old copy     | yes | 1
    200; cache-control: max-age=600                             |   11 | dynamic | 500                    | old copy     | yes | 1
    200; cache-control: max-age=600                             |   11 | dynamic | 302; location: http://127.0.0.1/ | old copy | yes | 1
    200; cache-control: max-age=600, must-revalidate            |    9 | dynamic | late                   | fresh copy   | no  | 1
    200; cache-control: max-age=600, must-revalidate            |   11 | dynamic | late                   | unasked      | yes | 1
    200; cache-control: max-age=x                               |    1 | dynamic | 200                    | fetched      | yes | 1
    200; cache-control: no-cache; last-modified: Wed, 18 Nov 2026 10:00:00 GMT | 1 | dynamic | 304       | renewed copy | if  | 1
    200; cache-control: no-cache                                |    1 | dynamic | late                   | unasked      | yes | 1
    200; cache-control: no-cache                                |    1 | static  | 200                    | fetched      | yes | 1
    200; cache-control: max-age=600; vary: authorization        |    1 | dynamic | 200                    | fetched      | yes | 1
    200; cache-control: no-store                                |    1 | dynamic | late                   | unasked      | yes | 0
    200; cache-control: no-store                                |    1 | static  | 200                    | fetched      | yes | 1
    200; date: Wed, 18 Nov 2026 10:00:00 GMT; expires: Wed, 18 Nov 2026 10:10:00 GMT | 9 | dynamic | late | fresh copy   | no  | 1
    200; date: Wed, 18 Nov 2026 10:00:00 GMT; expires: Wed, 18 Nov 2026 10:10:00 GMT | 10 | dynamic | 200 | fetched      | yes | 1
    200; expires: 0                                             |    1 | dynamic | 200                    | fetched      | yes | 1
    200                                                         |    1 | dynamic | 200                    | fetched      | yes | 1
    200                                                         | 2880 | dynamic | late                   | old copy     | yes | 1
    200                                                         | 2881 | dynamic | late                   | unasked      | yes | 1
    200                                                         |    1 | dynamic | 401                    | withdrawn    | yes | 0
    200                                                         |    1 | dynamic | 403                    | withdrawn    | yes | 0
    200                                                         |    1 | dynamic | 404                    | withdrawn    | yes | 0
    200                                                         |    1 | dynamic | 410                    | withdrawn    | yes | 0
    200                                                         | 9999 | static  | late                   | fresh copy   | no  | 1
    200; cache-control: max-age=1                               | 9999 | static  | late                   | fresh copy   | no  | 1
    late                                                        |    1 | static  | 200                    | fetched      | yes | 1
    304                                                         |    1 | dynamic | late                   | unasked      | yes | 0
";

#[test]
fn what_is_shown_kept_and_asked_by_case() {
    for row in RULES.lines().filter(|row| !row.trim().is_empty()) {
        on_sqlite(|record, clock| Box::pin(rule(record, clock, row)));
    }
}

async fn rule(record: Record, clock: Arc<Written>, row: &'static str) {
    let cells: Vec<&str> = row.split('|').map(str::trim).collect();
    let way = Way::of(&record);
    declare(
        &record,
        holder("hospice", "https://hospice.example/records"),
    )
    .await;
    commit(&record, vec![anne(), pointer("plan", URL, cells[2])]).await;
    way.will(cells[0]);
    look(&record, "plan").await;
    way.asked();
    clock.advance_ms(cells[1].parse::<i64>().unwrap() * 60_000);
    way.will(cells[3]);
    let looked = look(&record, "plan").await;
    let asked = way.asked();
    let asked = match asked.as_slice() {
        [] => "no",
        [one] if one.unless.is_empty() => "yes",
        _more => "if",
    };
    let found = (word(&looked), asked, copies(&record).await.to_string());
    assert_eq!(
        (found.0.as_str(), found.1, found.2.as_str()),
        (cells[4], cells[5], cells[6]),
        "{row}"
    );
}

#[test]
fn addresses_by_case() {
    // An address | below https://hospice.example/records or not, or what is wrong with it.
    let table = [
        ("https://hospice.example/records/plan", "below"),
        ("HTTPS://Hospice.Example:443/records/plan?v=2", "below"),
        ("https://hospice.example/records", "below"),
        (
            "https://hospice.example/records-of-others/plan",
            "not below",
        ),
        ("https://hospice.example/", "not below"),
        ("http://hospice.example/records/plan", "not below"),
        ("https://hospice.example:8443/records/plan", "not below"),
        (
            "https://hospice.example.evil.example/records/plan",
            "not below",
        ),
        ("http://169.254.169.254/records/plan", "not below"),
        (
            "https://user@hospice.example/records/plan",
            "user or password",
        ),
        ("https://hospice.example/records/../admin", "`..`"),
        ("https://hospice.example/records/%2e%2E/admin", "`..`"),
        ("https://hospice.example/records/..%2fadmin", "`..`"),
        ("https://hospice.example/records\\..\\admin", "visible"),
        ("https://hospice.example/records/plan#1", "visible"),
        ("https://hospice.example/records/a b", "visible"),
        ("https://hospice.example:x/records", "port"),
        ("https:///records", "host"),
        ("javascript:alert(1)", "https://"),
        ("file:///etc/passwd", "https://"),
        ("plan", "https://"),
    ];
    let base: Address = "https://hospice.example/records/".parse().unwrap();
    for (text, want) in table {
        match text.parse::<Address>() {
            Ok(it) if it.is_below(&base) => assert_eq!("below", want, "{text}"),
            Ok(_) => assert_eq!("not below", want, "{text}"),
            Err(why) => assert!(why.to_string().contains(want), "{text}: {why}"),
        }
    }
}

async fn what_stays_is_what_its_pointer_describes(record: Record) {
    const HASH: &str = "ri+YoJn+WFXDESYjPpwTZB7n/bo=";
    let way = Way::of(&record);
    let base = "https://hospice.example/records";
    declare(&record, holder("hospice", base)).await;
    commit(&record, vec![anne()]).await;
    // Whether it stays | size | hash, of a document of four bytes, `Plan` | what is shown | copies kept then.
    let table = [
        ("static", json!(4), json!(HASH), "fetched", 1),
        ("static", Value::Null, Value::Null, "fetched", 1),
        ("static", json!(5), json!(HASH), "differs", 0),
        ("static", json!(5), Value::Null, "differs", 0),
        (
            "static",
            json!(4),
            json!("2jmj7l5rSw0yVb/vlWAYkK/YBwk="),
            "differs",
            0,
        ),
        (
            "dynamic",
            json!(5),
            json!("2jmj7l5rSw0yVb/vlWAYkK/YBwk="),
            "fetched",
            1,
        ),
    ];
    for (n, (stability, size, hash, want, kept)) in table.into_iter().enumerate() {
        let id = format!("plan-{n}");
        let mut described = pointer(&id, URL, stability);
        let attachment = described["content"][0]["attachment"]
            .as_object_mut()
            .unwrap();
        attachment.insert("size".to_owned(), size);
        attachment.insert("hash".to_owned(), hash);
        attachment.retain(|_, it| !it.is_null());
        let before = copies(&record).await;
        commit(&record, vec![described.clone()]).await;
        way.will("200; cache-control: max-age=600");
        let found = (
            word(&look(&record, &id).await),
            copies(&record).await - before,
        );
        assert_eq!((found.0.as_str(), found.1), (want, kept), "{described}");
    }
    // A copy that a changed pointer no longer describes is gone, and the document is asked for anew.
    let mut changed = pointer("plan-0", URL, "static");
    changed["content"][0]["attachment"]["size"] = json!(5);
    let before = copies(&record).await;
    commit(&record, vec![changed]).await;
    way.will("200; cache-control: max-age=600");
    assert_eq!(word(&look(&record, "plan-0").await), "differs");
    assert_eq!(copies(&record).await, before - 1);
}

async fn only_an_operator_declares_and_what_is_wrong_is_named(record: Record) {
    let operator = record.operator(&"RXR".parse().unwrap());
    let good = holder("hospice", "https://hospice.example/records");
    let refused = record.declare_holder(&registrar(), good.clone(), 0).await;
    assert_eq!(refused.unwrap_err().kind(), Kind::Forbidden);
    declare(&record, good.clone()).await;
    let known = record.holders(&operator).await.unwrap();
    assert_eq!(known.all, vec![good.clone()]);
    let quicker = record.declare_holder(&operator, good.clone(), 0).await;
    assert!(matches!(quicker, Err(DeclareError::Changed)), "{quicker:?}");
    let table = [
        (
            Holder {
                name: String::new(),
                ..good.clone()
            },
            "name: write 1 to 120",
        ),
        (
            Holder {
                base: "https://hospice.example/?x=1".parse().unwrap(),
                ..good.clone()
            },
            "base: write https://HOST/",
        ),
        (
            Holder {
                id: "other".parse().unwrap(),
                ..good.clone()
            },
            "base: it is hospice's already",
        ),
        (
            Holder {
                old_copy_hours: 10_000,
                ..good.clone()
            },
            "old_copy_hours: write at most 8784",
        ),
    ];
    for (it, want) in table {
        let why = record.declare_holder(&operator, it, known.version).await;
        let why = why.unwrap_err().to_string();
        assert!(why.contains(want), "{why}");
    }
}

async fn a_document_is_fetched_renewed_and_withdrawn(record: Record) {
    let way = Way::of(&record);
    commit(&record, vec![anne(), pointer("plan", URL, "dynamic")]).await;
    assert_eq!(
        look(&record, "plan").await.outcome,
        Err(NotShown::Undeclared)
    );
    declare(
        &record,
        holder("hospice", "https://hospice.example/records"),
    )
    .await;
    way.will("200; etag: \"1\"; content-type: Text/Plain");
    let looked = look(&record, "plan").await;
    assert_eq!(looked.holder.as_deref(), Some("St Anne's Hospice"));
    let content = looked.outcome.unwrap();
    assert_eq!(
        (content.media_type.as_str(), content.described_as),
        ("text/plain", None)
    );
    way.will("304");
    assert_eq!(word(&look(&record, "plan").await), "renewed copy");
    let asked = way.asked();
    assert_eq!(asked[1].unless, vec![("if-none-match", "\"1\"".to_owned())]);
    let claims = asked[1].bearer.split('.').nth(1).unwrap();
    let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims);
    let claims: Value = serde_json::from_slice(&claims.unwrap()).unwrap();
    assert_eq!(claims["sub"], "registrar");
    assert_eq!(claims["aud"], "https://hospice.example/records");
    assert_eq!(claims["reason_for_request"], "directcare");
    // An operator stops it: the copy is shown, told as old, and nobody is asked.
    let mut stopped = holder("hospice", "https://hospice.example/records");
    stopped.runs = false;
    declare(&record, stopped).await;
    let looked = look(&record, "plan").await;
    assert!(matches!(looked.outcome.unwrap().how, How::Old { why, .. } if why.contains("stopped")));
    let mut elsewhere = holder("hospice", "https://hospice.example/records");
    elsewhere.sites = vec!["RTX".parse().unwrap()];
    declare(&record, elsewhere).await;
    assert!(matches!(
        look(&record, "plan").await.outcome,
        Err(NotShown::NotForSite { .. })
    ));
    declare(
        &record,
        holder("hospice", "https://hospice.example/records"),
    )
    .await;
    way.will("410");
    assert_eq!(word(&look(&record, "plan").await), "withdrawn");
    assert_eq!(copies(&record).await, 0);
    let operator = record.operator(&"RXR".parse().unwrap());
    let leaves = record
        .audit_leaves(&operator, 0, 500)
        .await
        .unwrap()
        .into_iter();
    let leaves = leaves.filter(|it| it.what.starts_with("document"));
    let leaves: Vec<String> = leaves
        .map(|it| format!("{} {}", it.what, it.about.rsplit(": ").next().unwrap()))
        .collect();
    let want = [
        "document-asked asked",
        "document fetched",
        "document-asked asked",
        "document renewed copy",
        "document old copy",
        "document not shown, it is not asked for clinicians of RXR",
        "document-asked asked",
        "document the document was withdrawn, or is not for this record",
    ];
    assert_eq!(leaves, want);
}

async fn who_may_not_read_the_pointer_learns_nothing(record: Record) {
    let way = Way::of(&record);
    declare(
        &record,
        holder("hospice", "https://hospice.example/records"),
    )
    .await;
    commit(&record, vec![anne(), pointer("plan", URL, "static")]).await;
    way.will("200");
    look(&record, "plan").await;
    assert_eq!(way.asked().len(), 1);
    let administrator = caller("administrator", Role::TrustAdministrator, "RXR");
    for id in ["plan", "none"] {
        let key = format!("DocumentReference/{id}").parse().unwrap();
        let why = record.document(&administrator, &key, 0).await.unwrap_err();
        assert_eq!(why.kind(), Kind::Forbidden, "{id}");
    }
    let key = "DocumentReference/none".parse().unwrap();
    let why = record.document(&registrar(), &key, 0).await.unwrap_err();
    assert_eq!(why.kind(), Kind::NotFound);
    assert!(way.asked().is_empty(), "nobody was asked");
}

async fn what_is_restricted_is_never_kept(record: Record) {
    let way = Way::of(&record);
    declare(
        &record,
        holder("hospice", "https://hospice.example/records"),
    )
    .await;
    commit(&record, vec![anne(), pointer("plan", URL, "static")]).await;
    way.will("200");
    look(&record, "plan").await;
    assert_eq!(copies(&record).await, 1);
    let mut restricted = pointer("plan", URL, "static");
    let system = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
    restricted["meta"] = json!({ "security": [{ "system": system, "code": "R" }] });
    commit(&record, vec![restricted]).await;
    way.will("200");
    assert_eq!(word(&look(&record, "plan").await), "fetched");
    assert_eq!(copies(&record).await, 0);
    way.will("late");
    assert_eq!(word(&look(&record, "plan").await), "unasked");
}

async fn pointers_move_with_a_merge(record: Record) {
    let way = Way::of(&record);
    declare(
        &record,
        holder("hospice", "https://hospice.example/records"),
    )
    .await;
    let mut survivor = anne();
    survivor["id"] = Value::from("grace");
    commit(
        &record,
        vec![anne(), survivor, pointer("plan", URL, "dynamic")],
    )
    .await;
    let merge = Merge {
        source: "Patient/anne".parse().unwrap(),
        target: "Patient/grace".parse().unwrap(),
        reason: "one person, registered twice".to_owned(),
        evidence: Some("wristband".to_owned()),
        stands: None,
        accepted: std::collections::BTreeSet::new(),
        seen: None,
        message: None,
    };
    record.merge(&registrar(), &merge).await.unwrap();
    let key = "DocumentReference/plan".parse().unwrap();
    let stored = record
        .read(&registrar(), &key, &crate::log::At::Now)
        .await
        .unwrap();
    assert!(stored.body.unwrap().contains("Patient/grace"));
    way.will("200");
    assert_eq!(word(&look(&record, "plan").await), "fetched");
}

async fn copies_are_bounded(record: Record) {
    use crate::store::document_copy::{CopyRow, Keeping};
    let row = |n: i64, bytes: usize| CopyRow {
        pointer: format!("p{n}"),
        address: "https://hospice.example/x".to_owned(),
        holder: "hospice".to_owned(),
        version: 1,
        media_type: "text/plain".to_owned(),
        etag: String::new(),
        last_modified: String::new(),
        asked_ms: n,
        life_ms: None,
        keeping: Keeping::Free,
        used_ms: n,
        body: vec![b'x'; bytes],
    };
    for n in 0..4 {
        record
            .store()
            .keep_copy(row(n, 10), 1_000, 3)
            .await
            .unwrap();
    }
    let found = async |n: i64| {
        let place = (format!("p{n}"), "https://hospice.example/x".to_owned());
        record
            .store()
            .document_copy(place.0, place.1)
            .await
            .unwrap()
    };
    assert_eq!(found(0).await, None, "the longest unused went");
    assert_eq!(found(1).await, Some(row(1, 10)));
    let used = record.store();
    used.copy_used("p1".to_owned(), "https://hospice.example/x".to_owned(), 9)
        .await
        .unwrap();
    record.store().keep_copy(row(10, 10), 20, 9).await.unwrap();
    let kept = [
        found(1).await,
        found(2).await,
        found(3).await,
        found(10).await,
    ];
    let kept = kept.map(|it| it.is_some());
    assert_eq!(kept, [true, false, false, true]);
    record.store().keep_copy(row(10, 30), 20, 9).await.unwrap();
    assert_eq!(
        copies(&record).await,
        0,
        "one that is too large is not kept"
    );
}

async fn what_is_kept_here_is_shown_by_the_same_question(record: Record) {
    let mut inline = pointer("inline", URL, "dynamic");
    inline["content"][0]["attachment"] = json!({ "contentType": "text/plain", "data": "UGxhbg==" });
    let mut binary = pointer("binary", "Binary/b1", "dynamic");
    binary["content"][0]["attachment"]["contentType"] = Value::from("application/pdf");
    let b1 = json!({ "resourceType": "Binary", "id": "b1", "contentType": "text/plain", "data": "UGxhbg==" });
    let mut nowhere = pointer("nowhere", URL, "dynamic");
    nowhere["content"][0]["attachment"] = json!({ "contentType": "text/plain" });
    commit(&record, vec![anne(), inline, b1, binary, nowhere]).await;
    assert_eq!(word(&look(&record, "inline").await), "here");
    let content = look(&record, "binary").await.outcome.unwrap();
    assert_eq!(content.media_type, "text/plain");
    assert_eq!(content.described_as.as_deref(), Some("application/pdf"));
    assert_eq!(
        look(&record, "nowhere").await.outcome,
        Err(NotShown::Nowhere)
    );
}
