//! The SDK's example as a real component, built by the supplier's tool: what it answers inside the sandbox, how its
//! compiled code is kept, and that changed bytes are not taken.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use record::departmental::Question;
use sandbox::{Budget, Place, Sandbox};
use serde_json::{Value, json};

use crate::window::{Written, apart, ask, config, config_at, digest, load, open};

#[path = "written/window.rs"]
mod window;

/// The example as `cargo xtask build` leaves it.
fn example() -> Vec<u8> {
    let products = std::env::var_os("PALATINE_PRODUCTS").expect("run this by `cargo xtask test`");
    std::fs::read(std::path::Path::new(&products).join("example.wasm")).unwrap()
}

fn weight(kg: u32) -> Value {
    json!({
        "resourceType": "Observation", "id": "w", "status": "final",
        "valueQuantity": { "value": kg, "unit": "kg" },
    })
}

fn react(kg: u32) -> Question {
    Question::React {
        event: json!({ "event": 1, "t": 7, "action": "create", "resource": weight(kg) }),
    }
}

fn submit(action: &str, fields: Value) -> Question {
    Question::Submit {
        screen: "weight".into(),
        action: action.into(),
        form: json!({ "form": 1, "fields": fields }),
    }
}

/// The example as it was built against a version of the contract that is frozen.
fn released(version: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/released");
    std::fs::read(folder.join(version).join("example.wasm")).unwrap()
}

#[tokio::test]
async fn the_example_answers_in_the_sandbox_as_the_contract_says() {
    answers_as_the_contract_says(Place::Here, example()).await;
}

#[tokio::test]
async fn the_example_answers_the_same_in_a_process_of_its_own() {
    answers_as_the_contract_says(apart(), example()).await;
}

fn advise(hook: &str) -> Question {
    Question::Advise {
        hook: hook.into(),
        input: json!({ "hook": 1, "name": hook }),
    }
}

#[tokio::test]
async fn the_example_advises_and_what_is_older_than_advice_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::new(config(folder.path(), Budget::default())).unwrap();
    let example = load(&sandbox, &example()).await.unwrap();
    let older = load(&sandbox, &released("0.1.0")).await.unwrap();
    for (kg, expected) in [
        (
            None,
            r#"advice {"advice":1,"cards":[{"summary":"No weight is recorded.","indicator":"info","#,
        ),
        (Some(250), r#"advice {"advice":1,"cards":[]}"#),
        (
            Some(251),
            r#"advice {"advice":1,"cards":[{"summary":"The newest weight, 251 kg, is above what the scales are made for.","#,
        ),
    ] {
        let mut window = Written::default();
        if let Some(kg) = kg {
            window.resources.insert("Observation/w".into(), weight(kg));
        }
        let window = Arc::new(window);
        let answer = ask(&example, &advise("patient-view"), &window).await;
        assert!(answer.starts_with(expected), "{kg:?}: {answer}");
        let other = ask(&example, &advise("later-hook"), &window).await;
        assert!(other.starts_with("refused not-provided"), "{other}");
        let silent = ask(&older, &advise("patient-view"), &window).await;
        assert!(silent.starts_with("refused not-provided"), "{silent}");
    }
}

#[tokio::test]
async fn the_example_reads_what_scales_send() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::new(config(folder.path(), Budget::default())).unwrap();
    let example = load(&sandbox, &example()).await.unwrap();
    let older = load(&sandbox, &released("0.1.0")).await.unwrap();
    let window = Arc::new(Written::default());
    let usual = r"MSH|^~\&|POC";
    let weight = "OBX|1|NM|29463-7^Body weight^LN||70.50|kg|||||F|||20260702113015";
    let filed = r#""valueQuantity":{"value":70.50,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"},"effectiveDateTime":"2026-07-02"}}]}"#;
    let nothing = r#"proposal {"proposal":1,"summary":"Files what the scales of a ward measured.","changes":[]}"#;
    for (format, message, expected) in [
        ("hl7v2:ORU^R30", format!("{usual}\r{weight}"), filed),
        (
            "hl7v2:ORU^R30",
            format!("{usual}\rOBX|1|NM|8302-2||180|cm|||||F"),
            nothing,
        ),
        (
            "hl7v2:ORU^R30",
            format!("{usual}\r{weight}\r{}", weight.replace("70.50", "7O")),
            "refused invalid: OBX 2: OBX-5 is no number",
        ),
        (
            "hl7v2:ORU^R30",
            format!("{usual}\r{}", weight.replace("|kg|", "|lb|")),
            "refused invalid: OBX 1: OBX-6 is not kg; set the scales to kg",
        ),
        (
            "hl7v2:ORU^R30",
            format!("{usual}\r{}", weight.replace("|F|", "|P|")),
            "refused invalid: OBX 1: OBX-11 is not F; only final weights are filed",
        ),
        (
            "hl7v2:ORU^R30",
            "MSH#".to_owned(),
            r"refused invalid: MSH-1 and MSH-2 are not |^~\&; set the scales to the usual delimiters",
        ),
        (
            "hl7v2:ADT^A01",
            String::new(),
            "refused not-provided: hl7v2:ADT^A01 is not read here",
        ),
    ] {
        let question = Question::Convert {
            format: format.to_owned(),
            message: message.clone().into_bytes(),
        };
        let answer = ask(&example, &question, &window).await;
        assert!(answer.ends_with(expected), "{message}: {answer}");
        let silent = ask(&older, &question, &window).await;
        assert!(silent.starts_with("refused not-provided"), "{silent}");
    }
    let question = Question::Convert {
        format: "hl7v2:ORU^R30".to_owned(),
        message: vec![0xff, 0xfe],
    };
    let answer = ask(&example, &question, &window).await;
    assert!(
        answer.starts_with("refused invalid: the message is not UTF-8"),
        "{answer}"
    );
}

#[tokio::test]
async fn components_of_every_released_version_answer_as_they_did() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/released");
    let mut versions = 0;
    for version in std::fs::read_dir(folder).unwrap() {
        let version = version.unwrap();
        let sums = std::fs::read_to_string(version.path().join("SHA256SUMS")).unwrap();
        let contract = std::fs::read(version.path().join("departmental.wit")).unwrap();
        let digest = digest(&contract).to_string();
        assert!(
            digest.ends_with(sums.split(' ').next().unwrap()),
            "it was changed: {sums}"
        );
        let name = version.file_name();
        for place in [Place::Here, apart()] {
            answers_as_the_contract_says(place, released(name.to_str().unwrap())).await;
        }
        versions += 1;
    }
    assert!(versions > 0);
}

async fn answers_as_the_contract_says(place: Place, wasm: Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::new(config_at(place, folder.path(), Budget::default())).unwrap();
    let loaded = load(&sandbox, &wasm).await.unwrap();
    let mut window = Written::default();
    window.resources.insert("Observation/w".into(), weight(71));
    let window = Arc::new(window);
    for (question, expected) in [
        (
            open("blank"),
            r#"screen {"screen":1,"root":0,"nodes":[{"kind":"section","children":[1]},{"kind":"paragraph","text":"Nothing to see here."}]}"#,
        ),
        (
            open("weight"),
            r#"screen {"screen":1,"root":0,"nodes":[{"kind":"section","children":[1,2,3]},{"kind":"paragraph","text":"Good day."},{"kind":"clinical-value","label":"Weight","value":{"quantity":{"value":"71","unit":"kg"}}}"#,
        ),
        (
            open("elsewhere"),
            "refused not-provided: there is no screen `elsewhere`",
        ),
        (
            submit("ask", json!({})),
            r#"outcome {"outcome":1,"findings":[{"field":"why","#,
        ),
        (
            submit("ask", json!({ "why": "Oedema" })),
            r#"outcome {"outcome":1,"proposal":{"proposal":1,"summary":"Asks for the patient to be weighed.","changes":[{"action":"create","resource":{"resourceType":"Task""#,
        ),
        (
            submit("burn", json!({})),
            "refused not-provided: there is no action `burn`",
        ),
        (
            Question::Submit {
                screen: "weight".into(),
                action: "ask".into(),
                form: json!({ "form": 2 }),
            },
            "refused invalid: the form cannot be read",
        ),
        (
            react(250),
            r#"proposal {"proposal":1,"summary":"Nothing to do.","changes":[]}"#,
        ),
        (
            react(251),
            r#"proposal {"proposal":1,"summary":"Asks for the weight to be confirmed.","changes":[{"action":"create""#,
        ),
    ] {
        let answer = ask(&loaded, &question, &window).await;
        assert!(answer.starts_with(expected), "{question:?}: {answer}");
        assert_eq!(
            answer,
            ask(&loaded, &question, &window).await,
            "the same call has the same answer"
        );
    }
    assert_eq!(
        window.notes(),
        ["information: a weight is above the limit of the pack"; 2]
    );
}

#[tokio::test]
async fn code_is_compiled_once_and_believed_only_if_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let wasm = example();
    let config = config(folder.path(), Budget::default());
    let blank = |config: sandbox::Config| {
        let wasm = wasm.clone();
        async move {
            let sandbox = Sandbox::new(config).unwrap();
            match load(&sandbox, &wasm).await {
                Ok(loaded) => ask(&loaded, &open("blank"), &Arc::new(Written::default())).await,
                Err(why) => why,
            }
        }
    };
    assert!(blank(config.clone()).await.starts_with("screen"));
    let kept: Vec<_> = std::fs::read_dir(folder.path().join("cache"))
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    assert_eq!(kept.len(), 1, "{kept:?}");

    let mut without_compiler = config.clone();
    without_compiler.compiler.program = "/nowhere/compiler".into();
    assert!(
        blank(without_compiler.clone()).await.starts_with("screen"),
        "kept code needs no compiler"
    );

    let untouched = std::fs::read(&kept[0]).unwrap();
    let middle = untouched.len() / 2;
    let mut other_key = without_compiler.clone();
    other_key.key = sandbox::HostKey::load_or_create(&folder.path().join("other.key")).unwrap();
    assert!(
        blank(other_key).await.contains("could not be started"),
        "another host's code is not believed"
    );
    for (what, bytes) in [
        ("a changed byte", {
            let mut it = untouched.clone();
            it[middle] ^= 1;
            it
        }),
        ("half a file", untouched[..middle].to_vec()),
        ("an empty file", Vec::new()),
    ] {
        std::fs::write(&kept[0], bytes).unwrap();
        assert!(
            blank(without_compiler.clone())
                .await
                .contains("could not be started"),
            "{what} was believed"
        );
        assert!(
            blank(config.clone()).await.starts_with("screen"),
            "{what} is not compiled again"
        );
        assert_eq!(
            std::fs::read(&kept[0]).unwrap().len(),
            untouched.len(),
            "{what} is not replaced"
        );
    }
}

#[tokio::test]
async fn a_changed_byte_of_a_component_is_refused_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::new(config(folder.path(), Budget::default())).unwrap();
    let mut wasm = example();
    let signed = digest(&wasm);
    let middle = wasm.len() / 2;
    wasm[middle] ^= 1;
    let refused = sandbox
        .load(&wasm, &signed)
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(
        refused.starts_with(&format!("these are not the bytes of {signed}")),
        "{refused}"
    );
}
