//! The door with a real record behind it: who may open what, a patient's pages, a departmental that works and one that fails.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops where its story breaks, and says what was left out"
)]

mod advice;
mod card;
mod cds_hooks;
mod coded;
mod documents;
mod failing;
mod formats;
mod held;
mod identity;
mod interfaces;
mod matching;
mod messages;
mod moments;
mod operations;
mod parked;
mod site;
mod subscribers;

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use record::Record;
use record::account::NewAccount;
use record::caller::Role;
use record::clock::Written;
use record::departmental::scripted::{Scripted, ScriptedLibrary};
use record::departmental::{Answer, FailureKind, Question};
use record::log::T;
use record::store::Place;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::router;
use crate::assets::Assets;
use crate::{Door, Settings};

/// 2026-11-22T14:02:00Z.
const NOW_MS: i64 = 1_795_356_120_000;
const PASSWORD: &str = "correct horse battery";

struct Ground {
    door: Door,
    library: Arc<ScriptedLibrary>,
    clock: Arc<Written>,
    _folder: TempDir,
}

/// An answer as a test looks at it.
struct Said {
    status: StatusCode,
    headers: http::HeaderMap,
    body: String,
}

impl Ground {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("nhsuk.css"), "").unwrap();
        let place = Place::Sqlite(folder.path().join("record"));
        let clock = Arc::new(Written::at_ms(NOW_MS));
        let record = Record::open(&place, clock.clone()).await.unwrap();
        let library = Arc::new(ScriptedLibrary::default());
        record.with_library(library.clone());
        for (account, role) in [
            ("clinician", Role::Clinician),
            ("administrator", Role::TrustAdministrator),
            ("operator", Role::Operator),
        ] {
            let new = NewAccount {
                account: account.to_owned(),
                name: format!("The {account}"),
                role,
                site: "RXR".parse().unwrap(),
                password: PASSWORD.to_owned(),
                feed: None,
            };
            record.put_account(new).await.unwrap();
        }
        let assets = Assets::read(folder.path()).unwrap();
        Self {
            door: Door::new(record, assets, Settings { https: false }),
            library,
            clock,
            _folder: folder,
        }
    }

    async fn ask(&self, request: Request<Body>) -> Said {
        let answer = router(self.door.clone()).oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, 64 << 20).await.unwrap();
        Said {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    async fn get(&self, path: &str, cookie: &str) -> Said {
        self.ask(
            Request::get(path)
                .header(header::COOKIE, cookie)
                .body(Body::empty())
                .unwrap(),
        )
        .await
    }

    async fn post(&self, path: &str, cookie: &str, form: &[(&str, &str)]) -> Said {
        let text: Vec<String> = form
            .iter()
            .map(|(name, value)| {
                format!(
                    "{}={}",
                    crate::address::encoded(name),
                    crate::address::encoded(value)
                )
            })
            .collect();
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request.body(Body::from(text.join("&"))).unwrap())
            .await
    }

    async fn sign_in(&self, account: &str) -> String {
        let said = self
            .post(
                "/sign-in",
                "",
                &[("account", account), ("password", PASSWORD)],
            )
            .await;
        assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.body);
        let cookie = said.headers[header::SET_COOKIE].to_str().unwrap();
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
            "{cookie}"
        );
        cookie.split(';').next().unwrap().to_owned()
    }

    async fn token(&self, account: &str) -> String {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", account),
            ("client_secret", PASSWORD),
        ];
        let said = self.post("/auth/token", "", &form).await;
        assert_eq!(said.status, StatusCode::OK, "{}", said.body);
        serde_json::from_str::<Value>(&said.body).unwrap()["access_token"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    async fn fhir(
        &self,
        method: &str,
        path: &str,
        token: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Said {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.ask(request.body(Body::from(body.to_owned())).unwrap())
            .await
    }

    async fn patient(&self) -> String {
        let token = self.token("clinician").await;
        let patient = json!({
            "resourceType": "Patient", "gender": "female", "birthDate": "1948-03-03",
            "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9991122338"}],
            "name": [{"use": "official", "family": "Hargreaves", "given": ["Maureen"], "prefix": ["Mrs"]}],
        });
        let said = self
            .fhir("POST", "/fhir/Patient", &token, &[], &patient.to_string())
            .await;
        assert_eq!(said.status, StatusCode::CREATED, "{}", said.body);
        serde_json::from_str::<Value>(&said.body).unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

fn manifest() -> Value {
    let screen = |id: &str, title: &str| json!({"id": id, "title": title, "place": "patient", "audience": ["clinician"]});
    json!({
        "manifest": 1, "id": "pathology", "name": "Pathology", "version": "1.0.0", "supplier": "A Laboratory", "contract": "0.1",
        "screens": [screen("acknowledge", "Acknowledge"), screen("diagnose", "Diagnose"), screen("trap", "Trapped"), screen("broken", "Broken")],
        "reads": [{"type": "Patient", "reason": "To say who the results are about."}],
        "writes": [{"type": "Task", "actions": ["create"], "reason": "To keep who acknowledged what."}],
    })
}

fn a_form() -> Value {
    json!({"screen": 1, "root": 0, "nodes": [
        {"kind": "form", "action": "sign", "children": [1, 2]},
        {"kind": "input-text", "field": "comment", "label": "Comment", "required": true},
        {"kind": "action", "label": "Acknowledge and sign"},
    ]})
}

/// The comment, or the concept with its parts.
fn described(fields: &Value) -> String {
    let concept = fields["why"].as_array().cloned().unwrap_or_default();
    let parts = [&fields["comment"]].into_iter().chain(&concept);
    parts
        .filter_map(Value::as_str)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Signs in as the administrator, and gives everything on the page.
async fn enabled(ground: &Ground, patient: &str) {
    let subject = format!("Patient/{patient}");
    let scripted = Scripted::saying(move |_, question| match question {
        Question::Open { screen, .. } if screen == "trap" => Answer::Failed {
            kind: FailureKind::Trap,
            what: "unreachable".to_owned(),
        },
        Question::Open { screen, .. } if screen == "broken" => Answer::Screen(
            json!({"screen": 1, "root": 0, "nodes": [{"kind": "section", "children": [0]}]}),
        ),
        Question::Open { screen, .. } if screen == "diagnose" => Answer::Screen(coded::a_form()),
        Question::Open { .. } => Answer::Screen(a_form()),
        Question::Submit { form, .. } if form["fields"]["comment"] == "no" => Answer::Outcome(
            json!({"outcome": 1, "findings": [{"field": "comment", "message": "Say more than no"}]}),
        ),
        Question::Submit { form, .. } => Answer::Outcome(
            json!({"outcome": 1, "proposal": {"proposal": 1, "summary": "Acknowledged", "changes": [
                {"action": "create", "resource": {"resourceType": "Task", "status": "completed", "intent": "order",
                    "description": described(&form["fields"]), "for": {"reference": subject}}},
            ]}}),
        ),
        Question::React { .. } | Question::Convert { .. } => {
            Answer::Proposal(json!({"proposal": 1, "summary": "", "changes": []}))
        }
        Question::Advise { .. } => Answer::Advice(json!({"advice": 1, "cards": []})),
    });
    let release = ground.library.publish(&manifest(), scripted).unwrap();
    let cookie = ground.sign_in("administrator").await;
    let path = format!("/departmentals/{}", release.digest);
    let page = ground.get(&path, &cookie).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(
        !page.body.contains(" checked"),
        "nothing is given in advance: {}",
        page.body
    );
    for words in [
        "Pathology 1.0.0",
        "A Laboratory",
        "To keep who acknowledged what.",
        "Not enabled",
        "Lancashire Teaching Hospitals",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let token = hidden(&page.body, "form_token");
    let form = [
        ("form_token", token.as_str()),
        ("decision", "enable"),
        ("read", "Patient"),
        ("write", "Task:create"),
    ];
    let said = ground.post(&path, &cookie, &form).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.body);
    let page = ground.get(&path, &cookie).await;
    assert!(page.body.contains("Enabled"), "{}", page.body);
}

#[tokio::test]
async fn an_administrator_chooses_what_becomes_of_broken_profiles() {
    let ground = Ground::new().await;
    let cookie = ground.sign_in("administrator").await;
    let page = ground.get("/profiles", &cookie).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let refuse = "value=\"refuse\" checked";
    let warn = "value=\"warn\" checked";
    assert!(
        page.body.contains(refuse) && !page.body.contains(warn),
        "{}",
        page.body
    );
    let token = hidden(&page.body, "form_token");
    // Token, choices, reason, status.
    let rows = [
        (
            "",
            "warn",
            "accept",
            "agreed for a month",
            StatusCode::FORBIDDEN,
        ),
        (
            token.as_str(),
            "maybe",
            "accept",
            "agreed for a month",
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            token.as_str(),
            "warn",
            "maybe",
            "agreed for a month",
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            token.as_str(),
            "warn",
            "accept",
            "short",
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            token.as_str(),
            "warn",
            "accept",
            "agreed for a month",
            StatusCode::SEE_OTHER,
        ),
    ];
    for (token, feeds, unknown, reason, expected) in rows {
        let before = ground.get("/profiles", &cookie).await;
        assert!(!before.body.contains(warn), "{}", before.body);
        let form = [
            ("form_token", token),
            ("feeds", feeds),
            ("unknown", unknown),
            ("reason", reason),
        ];
        let said = ground.post("/profiles", &cookie, &form).await;
        assert_eq!(
            said.status, expected,
            "{feeds} {unknown} {reason}: {}",
            said.body
        );
    }
    let after = ground.get("/profiles", &cookie).await;
    assert!(after.body.contains(warn), "{}", after.body);
    assert!(
        after.body.contains("Nothing was filed so at your site"),
        "{}",
        after.body
    );
}

#[tokio::test]
async fn who_may_open_what() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    let cookies = [
        String::new(),
        ground.sign_in("clinician").await,
        ground.sign_in("administrator").await,
    ];
    // Path, then the status for nobody, a clinician, a trust administrator.
    let table = "
        /                                    303 200 303
        /sign-in                             200 200 200
        /patients?q=Hargreaves               303 200 403
        /patients/PATIENT                    303 200 403
        /patients/none                       303 404 403
        /patients/PATIENT/departments/x/y    303 404 403
        /departments/x/y                     303 404 403
        /tasks                               303 200 403
        /matching                            303 200 403
        /matching/weights                    303 200 403
        /matching/none                       303 404 403
        /departmentals                       303 403 200
        /departmentals/sha256:0              303 403 404
        /interfaces                          303 403 200
        /messages                            303 200 200
        /messages/1                          303 404 404
        /parked                              303 403 200
        /profiles                            303 403 200
        /gallery                             303 200 200
        /gallery/result-grid                 303 200 200
        /gallery/none                        303 404 404
        /fhir/metadata                       200 200 200
        /fhir/Patient/PATIENT                401 200 403
        /fhir/Patient/none                   401 404 403
        /fhir/Patient                        401 200 403
        /fhir/Nonsense                       401 404 404
        /healthz                             200 200 200
        /nowhere                             404 404 404
    ";
    for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (path, statuses) = row.split_once(' ').unwrap();
        for (cookie, expected) in cookies.iter().zip(statuses.split_whitespace()) {
            let said = ground.get(&path.replace("PATIENT", &patient), cookie).await;
            assert_eq!(
                said.status.as_str(),
                expected,
                "{path} with {cookie:?}: {}",
                said.body
            );
            assert!(
                said.headers[header::CONTENT_SECURITY_POLICY]
                    .to_str()
                    .unwrap()
                    .starts_with("default-src 'none'")
            );
            assert_eq!(said.headers[header::CACHE_CONTROL], "no-store");
            assert!(!said.body.contains("<script") && !said.body.contains("style="));
        }
    }
}

#[tokio::test]
async fn a_patient_is_found_and_read_now_and_as_of_before() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    let cookie = ground.sign_in("clinician").await;
    for q in [
        "999%20112%202338",
        "harg",
        "HARGREAVES,+Maureen",
        "harg+3/3/1948",
    ] {
        let found = ground.get(&format!("/patients?q={q}"), &cookie).await;
        for words in [
            "HARGREAVES, Maureen (Mrs)",
            "03-Mar-1948 (78y)",
            "999 112 2338",
        ] {
            assert!(found.body.contains(words), "{q}: {words}: {}", found.body);
        }
    }
    let none = ground.get("/patients?q=Nobody", &cookie).await;
    assert!(
        none.body.contains("No patient found")
            && none.body.contains("family name beginning Nobody"),
        "{}",
        none.body
    );
    let page = ground.get(&format!("/patients/{patient}"), &cookie).await;
    for words in [
        "HARGREAVES, Maureen (Mrs)",
        "Allergies not recorded",
        "No active problem is recorded",
        "Record as at",
        "(t 1)",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let past = ground
        .get(&format!("/patients/{patient}?t=1"), &cookie)
        .await;
    assert!(
        past.body.contains("pal-past") && past.body.contains("Return to now"),
        "{}",
        past.body
    );
    let before = ground
        .get(&format!("/patients/{patient}?t=0"), &cookie)
        .await;
    assert_ne!(
        before.status,
        StatusCode::OK,
        "she was not in the record yet: {}",
        before.body
    );
    let wrong = ground
        .get(&format!("/patients/{patient}?moment=yesterday"), &cookie)
        .await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_form_is_drawn_refused_kept_and_committed_once() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    enabled(&ground, &patient).await;
    let cookie = ground.sign_in("clinician").await;
    let path = format!("/patients/{patient}/departments/pathology/acknowledge");
    let page = ground.get(&path, &cookie).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    for words in [
        "Drawn by module",
        "Pathology 1.0.0",
        "A Laboratory",
        "HARGREAVES, Maureen (Mrs)",
        "Acknowledge and sign",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let (token, sealed) = (
        hidden(&page.body, "form_token"),
        hidden(&page.body, "sealed"),
    );
    let before = ground.door.record.current();
    let send = |comment: &'static str, sealed: String, token: String| {
        let (ground, path, cookie) = (&ground, &path, &cookie);
        async move {
            let form = [
                ("form_token", token.as_str()),
                ("sealed", sealed.as_str()),
                ("action", "sign"),
                ("f.comment", comment),
            ];
            ground.post(path, cookie, &form).await
        }
    };
    let foreign = send("Seen", sealed.clone(), "x".to_owned()).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let tampered = send("Seen", format!("{sealed}x"), token.clone()).await;
    assert!(
        tampered.body.contains("Nothing was saved") && tampered.body.contains("value=\"Seen\""),
        "{}",
        tampered.body
    );
    let empty = send("", sealed.clone(), token.clone()).await;
    assert!(
        empty.status == StatusCode::UNPROCESSABLE_ENTITY && empty.body.contains("Enter: Comment"),
        "{}",
        empty.body
    );
    let refused = send("no", sealed.clone(), token.clone()).await;
    assert!(
        refused.body.contains("Say more than no") && refused.body.contains("value=\"no\""),
        "{}",
        refused.body
    );
    assert_eq!(
        ground.door.record.current(),
        before,
        "nothing was committed"
    );
    let first = send("Seen", sealed.clone(), token.clone()).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.body);
    let after = T(before.0 + 1);
    let again = send("Seen", sealed, token).await;
    assert_eq!(
        (again.status, ground.door.record.current()),
        (StatusCode::SEE_OTHER, after),
        "sent twice, kept once"
    );
    what_was_saved_is_said_once_marked(&ground, &path, &cookie, &first).await;
}

async fn what_was_saved_is_said_once_marked(
    ground: &Ground,
    path: &str,
    cookie: &str,
    first: &Said,
) {
    let next = ground
        .get(first.headers[header::LOCATION].to_str().unwrap(), cookie)
        .await;
    assert!(next.body.contains("Saved"), "{}", next.body);
    let forged = ground.get(&format!("{path}?done=9.x"), cookie).await;
    assert!(!forged.body.contains("Saved"), "{}", forged.body);
}

#[tokio::test]
async fn a_departmental_that_fails_is_named_and_the_rest_works() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    enabled(&ground, &patient).await;
    let cookie = ground.sign_in("clinician").await;
    for screen in ["trap", "broken"] {
        let page = ground
            .get(
                &format!("/patients/{patient}/departments/pathology/{screen}"),
                &cookie,
            )
            .await;
        assert_eq!(page.status, StatusCode::BAD_GATEWAY);
        for words in [
            "This module failed",
            "1.0.0",
            "Results may exist that are not shown",
            "give this number",
            "HARGREAVES, Maureen (Mrs)",
            "Summary",
            "Acknowledge",
        ] {
            assert!(
                page.body.contains(words),
                "{screen}: {words}: {}",
                page.body
            );
        }
        assert!(!page.body.contains("No results"));
    }
    assert_eq!(
        ground
            .get(&format!("/patients/{patient}"), &cookie)
            .await
            .status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn bad_fhir_is_answered_with_what_where_and_what_to_do() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    let token = ground.token("clinician").await;
    let hers = format!("/fhir/Patient/{patient}");
    let body = ground.fhir("GET", &hers, &token, &[], "").await.body;
    // Request, header, body (HERS: as it is kept); the status and words of the answer.
    let table = r#"
        POST /fhir/Patient                   | - | {"resourceType":                              | 400 line 1
        POST /fhir/Patient                   | - | {"resourceType":"Pateint"}                    | 400 Pateint
        POST /fhir/Patient                   | - | {"resourceType":"Patient","birthDate":7}      | 422 birthDate
        POST /fhir/Patient                   | - | {"resourceType":"Patient","id":"a","id":"b"}  | 400 id
        POST /fhir/Observation               | - | {"resourceType":"Patient"}                    | 400 Observation
        POST /fhir/Observation               | - | {"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/nobody"}} | 422 Patient/nobody
        GET /fhir/Patient?colour=red         | - | -                                             | 400 colour
        GET /fhir/Patient?_count=1&_count=2  | - | -                                             | 400 _count
        GET /fhir/Patient?_format=ttl        | - | -                                             | 406 application/fhir+json
        GET /fhir/Patient?name='%20OR%201=1;-- | - | -                                           | 200 searchset
        PUT PATH                             | if-match W/"7" | HERS                             | 412 version
        PUT PATH                             | if-match seven | HERS                             | 400 If-Match
        PUT /fhir/Patient/another            | - | HERS                                          | 400 id
        POST /fhir/Patient                   | if-none-exist identifier=https://fhir.nhs.uk/Id/nhs-number%7C9991122338 | HERS | 200 HARG
    "#;
    for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let (method, path) = cells[0].split_once(' ').unwrap();
        let headers: Vec<(&str, &str)> = cells[1].split_once(' ').into_iter().collect();
        let sent = match cells[2] {
            "-" => "",
            "HERS" => body.as_str(),
            text => text,
        };
        let (status, words) = cells[3].split_once(' ').unwrap();
        let said = ground
            .fhir(method, &path.replace("PATH", &hers), &token, &headers, sent)
            .await;
        assert_eq!(said.status.as_str(), status, "{row}: {}", said.body);
        let lower = said.body.to_lowercase();
        assert!(
            lower.contains(&words.to_lowercase()),
            "{row}: {}",
            said.body
        );
        assert!(
            status == "200" || said.body.contains("OperationOutcome"),
            "{row}: {}",
            said.body
        );
        assert!(
            !lower.contains("sqlite") && !lower.contains("/tmp"),
            "{row}: {}",
            said.body
        );
    }
}

#[tokio::test]
async fn a_body_over_the_bound_is_refused() {
    let ground = Ground::new().await;
    let token = ground.token("clinician").await;
    let large = " ".repeat(crate::limits::FHIR_BODY_BYTES_MAX + 1);
    let said = ground
        .fhir("POST", "/fhir/Patient", &token, &[], &large)
        .await;
    assert_eq!(said.status, StatusCode::PAYLOAD_TOO_LARGE);
}
