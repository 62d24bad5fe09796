//! A departmental that never comes to an end: enabled by an administrator on their page, named on the clinician's page,
//! and everything else goes on. A version that says what it should answer, and does not, is not enabled.

use serde_json::{Value, json};
use wasm_encoder::{ComponentSection as _, CustomSection};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::browser::Browser;
use crate::ground::{Database, Ground, workspace};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_module_is_named_and_the_rest_works_on_sqlite() {
    module_that_fails(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_module_is_named_and_the_rest_works_on_postgres() {
    module_that_fails(Database::Postgres).await;
}

async fn module_that_fails(database: Database) {
    let ground = Ground::new(database).await;
    let with_a_case = endless(
        "0.2.0",
        Some(json!({
            "golden": 1, "charts": {},
            "cases": [{
                "golden": 1, "name": "opened", "title": "The screen opens",
                "chart": [{ "resourceType": "Patient", "id": "p1" }],
                "at": { "now": "2026-11-22T12:00:00Z", "patient": "Patient/p1" },
                "open": { "screen": "any" }, "answer": {},
            }],
        })),
    );
    tokio::task::block_in_place(|| ground.stall.publish(&endless("0.1.0", None))).unwrap();
    an_administrator_enables_it(&ground).await;
    tokio::task::block_in_place(|| ground.stall.publish(&with_a_case)).unwrap();
    an_administrator_is_told_which_case_fails(&ground).await;
    a_clinician_opens_it(&ground).await;
    ground.host.stop().await;
}

async fn an_administrator_enables_it(ground: &Ground) {
    let browser = Browser::signed_in(ground, "administrator.rxr").await;
    browser.go("/departmentals").await;
    browser
        .picture(&format!("{}-5-departmentals", ground.name))
        .await;
    for words in ["Pathology", "Endless", "Supplier of Tests", "RXR (yours)"] {
        browser.sees(words).await;
    }
    browser.press("Endless").await;
    browser.sees("It gets nothing that you do not tick.").await;
    browser.choose("Read Observation").await;
    browser.picture(&format!("{}-6-release", ground.name)).await;
    browser.press("Enable at my site").await;
    browser.sees("Enabled").await;
    // Clinical pages are not an administrator's to see.
    browser.go("/patients?find=Hargreaves").await;
    browser.does_not_see("NHS No. 999").await;
}

async fn an_administrator_is_told_which_case_fails(ground: &Ground) {
    let browser = Browser::signed_in(ground, "administrator.rxr").await;
    browser.go("/departmentals").await;
    browser.press("Endless 0.2.0").await;
    browser.press("Change to this version").await;
    browser
        .picture(&format!("{}-6-golden-case", ground.name))
        .await;
    for words in ["golden case opened: it failed", "Nothing was changed."] {
        browser.sees(words).await;
    }
}

async fn a_clinician_opens_it(ground: &Ground) {
    let browser = Browser::signed_in(ground, "clinician.rxr").await;
    let patient = ground.any_patient().await;
    browser
        .go(&format!("/patients/{patient}/departments/endless/any"))
        .await;
    browser.picture(&format!("{}-7-failed", ground.name)).await;
    for words in [
        "This module failed",
        "endless 0.1.0",
        "took too long",
        "Results may exist that are not shown",
    ] {
        browser.sees(words).await;
    }
    browser.unfold("Pathology").await;
    browser.press("Cumulative results").await;
    browser.does_not_see("This module failed").await;
    browser.sees("Creatinine").await;
}

/// The sandbox's own endless guest, with a manifest of its own and perhaps golden cases.
fn endless(version: &str, golden: Option<Value>) -> Vec<u8> {
    let guest = workspace().join("host/sandbox/tests/hostile/endless-loop.wat");
    let mut module = wat::parse_file(guest).unwrap();
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_path(workspace().join("wit/released/0.1.0/departmental.wit"))
        .unwrap();
    let world = resolve
        .select_world(&[package], Some("with-screens"))
        .unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let mut component = ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .encode()
        .unwrap();
    let manifest = json!({
        "manifest": 1, "id": "endless", "name": "Endless", "version": version, "supplier": "Supplier of Tests", "contract": "0.1",
        "screens": [{"id": "any", "title": "Never drawn", "place": "patient", "audience": ["clinician"]}],
        "reads": [{"type": "Observation", "reason": "To show that a module which fails harms nobody else."}],
    });
    let sections = [
        ("departmental.json", Some(manifest)),
        ("golden-cases.json", golden),
    ];
    for (name, document) in sections {
        let Some(document) = document else { continue };
        CustomSection {
            name: name.into(),
            data: serde_json::to_vec(&document).unwrap().into(),
        }
        .append_to_component(&mut component);
    }
    component
}
