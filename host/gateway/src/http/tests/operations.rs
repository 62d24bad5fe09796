//! The operations page by case: who sees it, what stands on it, and what its buttons do.
//!
//! Invariant: an administrator sees nothing of the region, and nobody acts without a form of their own.

use axum::http::StatusCode;
use record::job::export::{ExportAsk, Level};
use record::log::At;

use super::{Ground, hidden};

#[tokio::test]
async fn the_page_shows_what_waits_and_its_buttons_act() {
    let ground = Ground::new().await;
    ground.patient().await;
    let record = &ground.door.record;
    let folder = tempfile::tempdir().unwrap();
    record.with_jobs(folder.path().to_owned());
    let clinician = ground.sign_in("clinician").await;
    assert_eq!(
        ground.get("/operations", &clinician).await.status,
        StatusCode::FORBIDDEN
    );
    let administrator = ground.sign_in("administrator").await;
    let page = ground.get("/operations", &administrator).await;
    assert_eq!(page.status, StatusCode::OK);
    for (words, is_there) in [
        ("Feeds", true),
        ("Events put aside", true),
        ("Exports and imports", false),
        ("Services that give advice", false),
    ] {
        assert_eq!(
            page.body.contains(words),
            is_there,
            "{words}: {}",
            page.body
        );
    }
    let ask = ExportAsk {
        level: Level::System,
        types: Vec::new(),
        since: None,
        filters: Vec::new(),
        at: At::Now,
        request: "/fhir/$export?<b>".to_owned(),
    };
    let site = "RXR".parse().unwrap();
    let job = record.export(&record.operator(&site), &ask).await.unwrap();
    let operator = ground.sign_in("operator").await;
    let page = ground.get("/operations", &operator).await;
    for words in [
        "/fhir/$export?&lt;b&gt;",
        "No feed was ever heard from",
        "No message waits",
        "No service is declared",
        "PALATINE_EVENTS",
        ">Pause<",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let token = hidden(&page.body, "form_token");
    let path = format!("/operations/jobs/{}", job.as_str());
    let form = |decision| [("form_token", token.as_str()), ("decision", decision)];
    let table = [
        ("pause", 303, ">Go on<"),
        ("go-on", 303, ">Pause<"),
        ("dance", 400, "use the buttons"),
        ("end", 303, "No export or import is under way"),
        ("end", 404, "Nothing was changed"),
    ];
    for (decision, status, words) in table {
        let said = ground.post(&path, &operator, &form(decision)).await;
        assert_eq!(said.status.as_u16(), status, "{decision}: {}", said.body);
        let page = if said.status == StatusCode::SEE_OTHER {
            ground.get("/operations", &operator).await
        } else {
            said
        };
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let foreign = ground.post(&path, &operator, &[("decision", "end")]).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let other = ground.post(&path, &administrator, &form("end")).await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
}
