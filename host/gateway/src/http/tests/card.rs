//! Cards of departmentals on a patient's summary: drawn in their owners' names, waited for in one time, never with a form.

use std::sync::Arc;

use axum::http::StatusCode;
use record::departmental::scripted::Scripted;
use record::departmental::{Answer, Departmental, FailureKind};
use serde_json::{Value, json};

use super::{Ground, hidden};

async fn enabled(ground: &Ground, id: &str, name: &str, said: Arc<dyn Departmental>) {
    let manifest = json!({
        "manifest": 1, "id": id, "name": name, "version": "1.0.0", "supplier": "A Supplier", "contract": "0.2",
        "screens": [
            {"id": "results", "title": "Results", "place": "patient", "audience": ["clinician"]},
            {"id": "glance", "title": "At a glance", "place": "summary", "audience": ["clinician"]},
        ],
    });
    let release = ground.library.publish(&manifest, said).unwrap();
    let cookie = ground.sign_in("administrator").await;
    let path = format!("/departmentals/{}", release.digest);
    let page = ground.get(&path, &cookie).await;
    let token = hidden(&page.body, "form_token");
    let form = [("form_token", token.as_str()), ("decision", "enable")];
    let said = ground.post(&path, &cookie, &form).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.body);
}

fn says(nodes: Value) -> Arc<dyn Departmental> {
    let screen = json!({"screen": 1, "root": 0, "nodes": nodes});
    Scripted::saying(move |_, _| Answer::Screen(screen.clone()))
}

#[tokio::test]
async fn a_card_is_drawn_or_said_to_be_missing() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    let tabs = json!([
        {"kind": "tabs", "labels": ["One", "Two"], "children": [1, 2]},
        {"kind": "paragraph", "text": "Pressure <b>18</b> mmHg"},
        {"kind": "paragraph", "text": "Nothing"},
    ]);
    let form = json!([
        {"kind": "form", "action": "save", "children": [1]},
        {"kind": "action", "label": "Save"},
    ]);
    let never: Arc<dyn Departmental> =
        Scripted::new(|_, _, _| Box::pin(std::future::pending::<Answer>()));
    let traps = Scripted::saying(|_, _| Answer::Failed {
        kind: FailureKind::Trap,
        what: "unreachable".to_owned(),
    });
    enabled(&ground, "asthma", "Asthma", says(tabs.clone())).await;
    enabled(&ground, "blood", "Blood", never).await;
    enabled(&ground, "cardiology", "Cardiology", traps).await;
    enabled(&ground, "diabetes", "Diabetes", says(form)).await;
    enabled(&ground, "eyes", "Eyes", says(tabs)).await;
    let cookie = ground.sign_in("clinician").await;
    let page = ground.get(&format!("/patients/{patient}"), &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    let order = [
        "id=\"card-1\">Asthma</h2>",
        "Pressure &lt;b&gt;18&lt;/b&gt; mmHg",
        "/departments/asthma/results\">Results</a>",
        "id=\"card-2\">Blood</h2>",
        "This module did not answer in time. It may have something that is not shown here.",
        "id=\"card-3\">Cardiology</h2>",
        "This module stopped in the middle. It may have something that is not shown here.",
        "id=\"card-4\">Diabetes</h2>",
        "This module answered a card with a form on it",
        "id=\"card-5\">Eyes</h2>",
        "Problems",
    ];
    let mut rest = page.body.as_str();
    for words in order {
        let (_, after) = rest
            .split_once(words)
            .unwrap_or_else(|| panic!("{words} is not there, or too early: {}", page.body));
        rest = after;
    }
    let mut ids: Vec<&str> = page.body.split(" id=\"").skip(1).collect();
    for id in &mut ids {
        *id = id.split('"').next().unwrap();
    }
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "an id stands on the page twice");
    for words in ["At a glance", "<textarea", "name=\"action\""] {
        assert!(!page.body.contains(words), "{words}: {}", page.body);
    }
    // A card is no screen of the menu, and its address is one of a chart like any.
    let alone = format!("/patients/{patient}/departments/asthma/glance");
    let page = ground.get(&alone, &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
}
