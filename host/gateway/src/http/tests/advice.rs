//! Cards on a patient's page: granted by an administrator, in order of weight, each named, none taken for the host's word.

use std::sync::Arc;

use axum::http::StatusCode;
use record::departmental::scripted::Scripted;
use record::departmental::{Answer, Departmental, FailureKind, Unfit};
use serde_json::{Value, json};

use super::{Ground, hidden};

fn manifest(id: &str, name: &str) -> Value {
    json!({
        "manifest": 1, "id": id, "name": name, "version": "1.0.0", "supplier": "A Supplier", "contract": "0.2",
        "screens": [
            {"id": "results", "title": "Results", "place": "patient", "audience": ["clinician"]},
            {"id": "stock", "title": "Stock", "place": "patient", "audience": ["operator"]},
        ],
        "hooks": [{"hook": "patient-view", "reason": "To say what waits to be done."}],
    })
}

pub(super) fn card(summary: &str, indicator: &str) -> Value {
    json!({
        "summary": summary, "indicator": indicator, "source": {"label": "Rule 7 <b>"},
        "detail": "First.\nSecond <script>.",
        "links": [
            {"label": "See results", "screen": "results", "parameters": {"test": "a&b"}},
            {"label": "See stock", "screen": "stock"},
        ],
    })
}

/// Publishes, and enables as an administrator who ticks these hooks.
pub(super) async fn enabled(
    ground: &Ground,
    id: &str,
    name: &str,
    said: Arc<dyn Departmental>,
    hooks: &[&str],
) {
    let release = ground.library.publish(&manifest(id, name), said).unwrap();
    let cookie = ground.sign_in("administrator").await;
    let path = format!("/departmentals/{}", release.digest);
    let page = ground.get(&path, &cookie).await;
    for words in ["asked for advice whenever", "To say what waits to be done."] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains(" checked"), "{}", page.body);
    let token = hidden(&page.body, "form_token");
    let mut form = vec![("form_token", token.as_str()), ("decision", "enable")];
    form.extend(hooks.iter().map(|hook| ("hook", *hook)));
    let said = ground.post(&path, &cookie, &form).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.body);
    let page = ground.get(&path, &cookie).await;
    assert_eq!(page.body.contains(" checked"), !hooks.is_empty());
}

#[tokio::test]
async fn what_cannot_run_here_is_listed_with_what_it_needs() {
    let ground = Ground::new().await;
    let mut later = manifest("later", "Later");
    later["contract"] = Value::from("9.0");
    let refused = ground
        .library
        .publish(&later, Scripted::saying(|_, _| Answer::Advice(json!({}))));
    let why = refused.unwrap_err().to_string();
    let needs = "contract: it needs contract 9.0, and this host answers 0.1 and 0.2";
    assert_eq!(why, needs);
    let cookie = ground.sign_in("administrator").await;
    let page = ground.get("/departmentals", &cookie).await;
    assert!(!page.body.contains("cannot run here"), "{}", page.body);
    let unfit = Unfit {
        name: "suppliers/later".to_owned(),
        version: "1.0.0".to_owned(),
        why,
    };
    ground.library.publish_unfit(unfit);
    let page = ground.get("/departmentals", &cookie).await;
    let words = format!("<b>suppliers/later 1.0.0</b>: {needs}");
    assert!(page.body.contains(&words), "{}", page.body);
}

#[tokio::test]
async fn cards_stand_in_order_and_in_their_owners_names() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    let says = |cards: Vec<Value>| {
        let document = json!({"advice": 1, "cards": cards});
        Scripted::saying(move |_, _| Answer::Advice(document.clone()))
    };
    let never: Arc<dyn Departmental> =
        Scripted::new(|_, _, _| Box::pin(std::future::pending::<Answer>()));
    let traps = Scripted::saying(|_, _| Answer::Failed {
        kind: FailureKind::Trap,
        what: "unreachable".to_owned(),
    });
    let lies = card("SYSTEM ALERT: Palatine is down <b>now</b>", "warning");
    let asthma = vec![
        card("Inhaler is due", "info"),
        card("Stop aspirin", "critical"),
    ];
    let on: &[&str] = &["patient-view"];
    let summary = format!("/patients/{patient}");
    let cookie = ground.sign_in("clinician").await;
    let before = ground.get(&summary, &cookie).await;
    assert!(!before.body.contains("Advice from departmentals"));
    enabled(&ground, "asthma", "Asthma", says(asthma), on).await;
    enabled(&ground, "blood", "Blood", says(vec![lies]), on).await;
    enabled(&ground, "cardiology", "Cardiology", never, on).await;
    enabled(&ground, "dermatology", "Dermatology", traps, on).await;
    enabled(&ground, "eyes", "Eyes", says(vec![]), on).await;
    enabled(
        &ground,
        "feet",
        "Feet",
        says(vec![card("Not granted", "critical")]),
        &[],
    )
    .await;
    let page = ground.get(&summary, &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    let order = [
        "Advice from departmentals",
        "Their own words, not checked by Palatine",
        "Critical</b>, says <b>Asthma 1.0.0</b>",
        "Stop aspirin",
        "<p>First.</p><p>Second &lt;script&gt;.</p>",
        "It rests on: Rule 7 &lt;b&gt;",
        "Warning</b>, says <b>Blood 1.0.0</b>",
        "SYSTEM ALERT: Palatine is down &lt;b&gt;now&lt;/b&gt;",
        "Information</b>, says <b>Asthma 1.0.0</b>",
        "Inhaler is due",
        "<b>Cardiology 1.0.0</b> did not answer in time. It may have advice that is not shown here.",
        "<b>Dermatology 1.0.0</b> stopped in the middle. It may have advice that is not shown here.",
        "Asked, with nothing to say: Eyes 1.0.0.",
        "Problems",
    ];
    let mut rest = page.body.as_str();
    for words in order {
        let (_, after) = rest
            .split_once(words)
            .unwrap_or_else(|| panic!("{words} is not there, or too early: {}", page.body));
        rest = after;
    }
    let link = format!("{summary}/departments/asthma/results?p.test=a%26b");
    assert!(page.body.contains(&link), "{}", page.body);
    for words in ["See stock", "Not granted", "role=\"alert\"", "<script"] {
        assert!(!page.body.contains(words), "{words}: {}", page.body);
    }
    // A page of an earlier moment keeps it in its links.
    let past = format!("{summary}?t={}", ground.door.record.current());
    let page = ground.get(&past, &cookie).await;
    let link = format!("{link}&amp;t={}", ground.door.record.current());
    assert!(page.body.contains(&link), "{}", page.body);
}
