//! Documents on a patient's pages, kept here and held by partners: listed, opened, old, withdrawn, and never this host's page.
//!
//! Invariant: nothing that a holder sends is drawn as markup.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use record::adviser::{Asked, Errand, Fetched, Outside, OutsideError};
use record::locator::Holder;
use serde_json::{Value, json};

use super::{Ground, Said, hidden};

/// A holder that answers as it is told, in order; after that it is away.
#[derive(Default)]
struct Way(Mutex<VecDeque<Fetched>>);

impl Outside for Way {
    fn send(
        &self,
        _errand: Errand,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, OutsideError>> + Send + '_>> {
        Box::pin(async { Err(OutsideError::Late) })
    }

    fn fetch(
        &self,
        _asked: Asked,
    ) -> Pin<Box<dyn Future<Output = Result<Fetched, OutsideError>> + Send + '_>> {
        let answer = self.0.lock().unwrap().pop_front();
        Box::pin(async move { answer.ok_or(OutsideError::Late) })
    }
}

impl Way {
    fn will(&self, status: u16, media_type: &str, body: &str) {
        self.0.lock().unwrap().push_back(Fetched {
            status,
            headers: vec![("content-type".to_owned(), media_type.to_owned())],
            body: body.as_bytes().to_vec(),
        });
    }
}

async fn declared(ground: &Ground) -> Arc<Way> {
    let way = Arc::new(Way::default());
    ground.door.record.with_outside(way.clone());
    let operator = ground.door.record.operator(&"RXR".parse().unwrap());
    let holder = Holder {
        id: "hospice".parse().unwrap(),
        name: "St Anne's <Hospice>".to_owned(),
        base: "https://hospice.example/records".parse().unwrap(),
        sites: Vec::new(),
        runs: true,
        old_copy_hours: 48,
    };
    let done = ground.door.record.declare_holder(&operator, holder, 0);
    done.await.unwrap();
    way
}

/// Files a pointer, and gives its id.
async fn pointed(ground: &Ground, patient: &str, changes: Value) -> String {
    let mut value = json!({
        "resourceType": "DocumentReference", "status": "current",
        "subject": {"reference": format!("Patient/{patient}")},
        "type": {"text": "Care plan"}, "date": "2026-11-20T09:00:00Z",
        "custodian": {"display": "St Anne's <Hospice>"},
        "content": [{"attachment": {"contentType": "text/plain", "url": "https://hospice.example/records/plan"}}],
    });
    for (name, it) in changes.as_object().unwrap() {
        value[name] = it.clone();
    }
    value.as_object_mut().unwrap().retain(|_, it| !it.is_null());
    let token = ground.token("clinician").await;
    let said = ground
        .fhir(
            "POST",
            "/fhir/DocumentReference",
            &token,
            &[],
            &value.to_string(),
        )
        .await;
    assert_eq!(said.status, StatusCode::CREATED, "{}", said.body);
    let body: Value = serde_json::from_str(&said.body).unwrap();
    body["id"].as_str().unwrap().to_owned()
}

fn has(said: &Said, words: &[&str]) {
    for words in words {
        assert!(said.body.contains(words), "{words}: {}", said.body);
    }
}

#[tokio::test]
async fn documents_are_listed_whatever_their_state() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    let cookie = ground.sign_in("clinician").await;
    let summary = format!("/patients/{patient}");
    let page = ground.get(&summary, &cookie).await;
    has(
        &page,
        &["No document is recorded here, and no partner has told of one"],
    );
    pointed(&ground, &patient, json!({})).await;
    pointed(
        &ground,
        &patient,
        json!({"status": "superseded", "type": {"text": "Old plan"}}),
    )
    .await;
    pointed(
        &ground,
        &patient,
        json!({"status": "entered-in-error", "type": {"text": "Wrong plan"}, "date": null}),
    )
    .await;
    let kept = json!([{"attachment": {"contentType": "text/plain", "data": "UGxhbg=="}}]);
    pointed(
        &ground,
        &patient,
        json!({"type": {"text": "Letter"}, "date": "2026-11-21T09:00:00Z", "content": kept}),
    )
    .await;
    let list = format!("{summary}/documents");
    for path in [&summary, &list] {
        let page = ground.get(path, &cookie).await;
        assert_eq!(page.status, StatusCode::OK);
        has(
            &page,
            &[
                "Care plan",
                "Old plan",
                "Replaced by a newer one",
                "Wrong plan",
                "Entered in error",
                "Letter",
                "Elsewhere",
                "Here",
                "St Anne's &lt;Hospice&gt;",
            ],
        );
        let first = page.body.find("Letter").unwrap();
        assert!(
            first < page.body.find("Care plan").unwrap(),
            "the newest first"
        );
    }
    let administrator = ground.sign_in("administrator").await;
    let page = ground.get(&list, &administrator).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn there_are_more_pages_than_one() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    let cookie = ground.sign_in("clinician").await;
    for n in 0..52 {
        pointed(
            &ground,
            &patient,
            json!({"type": {"text": format!("Plan {n}.")}}),
        )
        .await;
    }
    let list = format!("/patients/{patient}/documents");
    let page = ground.get(&list, &cookie).await;
    assert_eq!(page.body.matches(">Plan ").count(), 50);
    let (_, rest) = page.body.split_once("documents?after=").unwrap();
    let (after, _) = rest.split_once('"').unwrap();
    let page = ground.get(&format!("{list}?after={after}"), &cookie).await;
    assert_eq!(page.body.matches(">Plan ").count(), 2, "{}", page.body);
    let page = ground.get(&format!("{list}?after=x"), &cookie).await;
    assert_eq!(
        page.status,
        StatusCode::UNPROCESSABLE_ENTITY.min(page.status)
    );
}

#[tokio::test]
async fn a_document_is_shown_with_its_age_or_says_why_not() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    let cookie = ground.sign_in("clinician").await;
    let id = pointed(&ground, &patient, json!({})).await;
    let path = format!("/patients/{patient}/documents/{id}");
    let page = ground.get(&path, &cookie).await;
    has(
        &page,
        &[
            "This document is not shown.",
            "no holder of documents is declared",
            "There is a document.",
        ],
    );
    let way = declared(&ground).await;
    way.will(200, "text/plain", "Not for <b>resuscitation</b>\n\nSecond");
    let page = ground.get(&path, &cookie).await;
    has(
        &page,
        &[
            "Fetched from St Anne's &lt;Hospice&gt; now.",
            "Not for &lt;b&gt;resuscitation&lt;/b&gt;",
            "NHS No.",
        ],
    );
    ground.clock.advance_ms(3_600_000);
    let page = ground.get(&path, &cookie).await;
    has(
        &page,
        &[
            "This is the document as it was at",
            "could not be asked at",
            "it did not answer in time",
            "Not for &lt;b&gt;",
        ],
    );
    ground.clock.advance_ms(48 * 3_600_000);
    let cookie = ground.sign_in("clinician").await;
    let page = ground.get(&path, &cookie).await;
    has(
        &page,
        &[
            "This document is not shown.",
            "There is a document. Open the page again",
        ],
    );
    assert!(!page.body.contains("resuscitation"));
    way.will(410, "text/plain", "");
    let page = ground.get(&path, &cookie).await;
    has(&page, &["does not hand the document over (status 410)"]);
    let past = format!("{path}?t={}", ground.door.record.current());
    let page = ground.get(&past, &cookie).await;
    has(
        &page,
        &["Of an earlier moment only what the record said of the document is shown"],
    );
    // Somebody else's, and nobody's, are one answer.
    let other = format!("/patients/none/documents/{id}");
    let none = format!("/patients/{patient}/documents/none");
    for path in [
        other.clone(),
        none.clone(),
        format!("{other}/content"),
        format!("{none}/content"),
    ] {
        assert_eq!(
            ground.get(&path, &cookie).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_a_holder_sends_runs_nowhere() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    let cookie = ground.sign_in("clinician").await;
    let way = declared(&ground).await;
    let id = pointed(&ground, &patient, json!({})).await;
    let path = format!("/patients/{patient}/documents/{id}");
    // What comes | how the page draws it | how its bytes are sent | the beginning of what a browser may do with them.
    let table = [
        (
            "text/html",
            "Download it",
            "application/octet-stream",
            "attachment; filename=\"document-",
            "sandbox; default-src 'none'",
        ),
        (
            "image/svg+xml",
            "Download it",
            "application/octet-stream",
            "attachment; filename=\"document-",
            "sandbox; default-src 'none'",
        ),
        (
            "application/fhir+json",
            "Download it",
            "application/octet-stream",
            "attachment; filename=\"document-",
            "sandbox; default-src 'none'",
        ),
        (
            "application/pdf",
            "<iframe",
            "application/pdf",
            "inline; filename=\"document-",
            "default-src 'none'",
        ),
        (
            "image/png",
            "<img",
            "image/png",
            "inline; filename=\"document-",
            "sandbox; default-src 'none'",
        ),
        (
            "IMAGE/JPEG; x=y",
            "<img",
            "image/jpeg",
            "inline; filename=\"document-",
            "sandbox; default-src 'none'",
        ),
        (
            "text/plain",
            "&lt;script&gt;",
            "text/plain; charset=utf-8",
            "inline; filename=\"document-",
            "sandbox; default-src 'none'",
        ),
    ];
    for (came, drawn, media_type, disposition, policy) in table {
        way.will(200, came, "<script>alert(1)</script>");
        let page = ground.get(&path, &cookie).await;
        has(&page, &[drawn]);
        assert!(!page.body.contains("<script"), "{came}: {}", page.body);
        let csp = page.headers["content-security-policy"].to_str().unwrap();
        assert!(csp.contains("frame-src 'self'") && csp.contains("frame-ancestors 'none'"));
        way.will(200, came, "<script>alert(1)</script>");
        let said = ground.get(&format!("{path}/content"), &cookie).await;
        assert_eq!(said.status, StatusCode::OK);
        let header = |name: &str| said.headers[name].to_str().unwrap();
        assert_eq!(header("content-type"), media_type);
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("x-frame-options"), "SAMEORIGIN");
        assert!(
            header("content-disposition").starts_with(disposition),
            "{came}"
        );
        assert!(
            header("content-security-policy").starts_with(policy),
            "{came}"
        );
        assert!(header("cache-control").contains("no-store"));
    }
    way.will(403, "text/html", "");
    let said = ground.get(&format!("{path}/content"), &cookie).await;
    assert_eq!(said.status, StatusCode::BAD_GATEWAY);
    has(
        &said,
        &["This document is not shown: it answered with status 403"],
    );
}

#[tokio::test]
async fn operations_show_how_a_holder_has_answered() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    let clinician = ground.sign_in("clinician").await;
    let operator = ground.sign_in("operator").await;
    let page = ground.get("/operations", &operator).await;
    has(&page, &["No holder is declared: palatine locator declare"]);
    let way = declared(&ground).await;
    let page = ground.get("/operations", &operator).await;
    has(
        &page,
        &[
            "St Anne's &lt;Hospice&gt;",
            "has not asked it since it was started",
            "0 copies kept",
            "Stop asking",
        ],
    );
    let id = pointed(&ground, &patient, json!({})).await;
    let path = format!("/patients/{patient}/documents/{id}");
    way.will(200, "text/plain", "Plan");
    ground.get(&path, &clinician).await;
    let page = ground.get("/operations", &operator).await;
    has(&page, &["Last answered at", "1 copy kept"]);
    assert!(!page.body.contains("Last failed at"));
    ground.clock.advance_ms(60_000);
    ground.get(&path, &clinician).await;
    let page = ground.get("/operations", &operator).await;
    has(&page, &["Last failed at", "it did not answer in time"]);
}

#[tokio::test]
async fn a_holder_is_stopped_and_asked_again_from_the_operations_page() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    let clinician = ground.sign_in("clinician").await;
    let operator = ground.sign_in("operator").await;
    let way = declared(&ground).await;
    let id = pointed(&ground, &patient, json!({})).await;
    let path = format!("/patients/{patient}/documents/{id}");
    let page = ground.get("/operations", &operator).await;
    let token = hidden(&page.body, "form_token");
    let seen = hidden(&page.body, "seen");
    let action = "/operations/holders/hospice";
    let form = |token, seen, decision| {
        vec![
            ("form_token", token),
            ("seen", seen),
            ("decision", decision),
        ]
    };
    let said = ground
        .post(action, &operator, &form("x", &seen, "stop"))
        .await;
    assert_eq!(said.status, StatusCode::FORBIDDEN);
    let said = ground
        .post(action, &clinician, &form(&token, &seen, "stop"))
        .await;
    assert_eq!(said.status, StatusCode::FORBIDDEN);
    let said = ground
        .post(action, &operator, &form(&token, &seen, "burn"))
        .await;
    assert_eq!(said.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = ground
        .post(
            "/operations/holders/nobody",
            &operator,
            &form(&token, &seen, "stop"),
        )
        .await;
    assert_eq!(said.status, StatusCode::UNPROCESSABLE_ENTITY);
    has(&said, &["none is declared as nobody"]);
    let said = ground
        .post(action, &operator, &form(&token, &seen, "stop"))
        .await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.body);
    let said = ground
        .post(action, &operator, &form(&token, &seen, "ask"))
        .await;
    assert_eq!(said.status, StatusCode::CONFLICT, "on what it was before");
    has(
        &said,
        &[
            "Not asked",
            "Ask it",
            "somebody else declared something meanwhile",
        ],
    );
    let page = ground.get(&path, &clinician).await;
    has(&page, &["an operator stopped it from being asked"]);
    let seen = hidden(&said.body, "seen");
    let said = ground
        .post(action, &operator, &form(&token, &seen, "ask"))
        .await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.body);
    way.will(200, "text/plain", "Plan");
    let page = ground.get(&path, &clinician).await;
    has(&page, &["Fetched from St Anne's"]);
}
