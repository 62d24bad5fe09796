//! A written chart, and a sandbox whose compiler is the small program of this package.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use record::departmental::{Answer, Digest, Failure, Question, Reply};
use sandbox::contract::{Facts, Window};
use sandbox::{Budget, Config, HostKey, Loaded, Place, Program, Sandbox};
use serde_json::{Value, json};

/// A chart of a few resources; `Observation/never` is never answered.
#[derive(Default)]
pub(crate) struct Written {
    pub(crate) resources: BTreeMap<String, Value>,
    pub(crate) notes: Mutex<Vec<String>>,
}

impl Written {
    pub(crate) fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap().clone()
    }
}

impl Window for Written {
    fn read<'a>(&'a self, reference: &'a str) -> Reply<'a, Result<String, Failure>> {
        Box::pin(async move {
            if reference == "Observation/never" {
                std::future::pending::<()>().await;
            }
            if !reference.starts_with("Observation/") {
                return Err(Failure {
                    code: "not-granted".into(),
                    detail: format!("{reference} is not granted"),
                });
            }
            let found = self.resources.get(reference);
            found.map(Value::to_string).ok_or_else(|| Failure {
                code: "not-found".into(),
                detail: String::new(),
            })
        })
    }

    fn search<'a>(&'a self, query: &'a str) -> Reply<'a, Result<String, Failure>> {
        let entries: Vec<Value> = self
            .resources
            .values()
            .map(|it| json!({ "resource": it }))
            .collect();
        let bundle = json!({ "resourceType": "Bundle", "type": "searchset", "entry": entries });
        assert!(query.starts_with("Observation?"), "{query}");
        Box::pin(async move { Ok(bundle.to_string()) })
    }

    fn rows<'a>(
        &'a self,
        view: &'a str,
        parameters: &'a str,
    ) -> Reply<'a, Result<String, Failure>> {
        let quantity = |it: &Value| {
            let part = |name: &str| it["valueQuantity"][name].clone();
            json!([part("value"), part("unit")])
        };
        let values: Vec<Value> = self.resources.values().map(quantity).collect();
        assert_eq!(view, "weights");
        assert!(parameters.contains("_sort=-date"), "{parameters}");
        let rows =
            json!({ "rows": 1, "columns": ["value", "unit"], "values": values, "more": false });
        Box::pin(async move { Ok(rows.to_string()) })
    }

    fn pack(&self, name: &str) -> Result<String, Failure> {
        assert_eq!(name, "weight-limits");
        Ok(json!({ "heavy_kg": 250 }).to_string())
    }

    fn note(&self, level: &str, message: &str) {
        self.notes
            .lock()
            .unwrap()
            .push(format!("{level}: {message}"));
    }
}

/// A sandbox whose departmentals run in this process.
pub(crate) fn config(folder: &Path, budget: Budget) -> Config {
    config_at(Place::Here, folder, budget)
}

/// In processes of their own.
pub(crate) fn apart() -> Place {
    Place::Apart(Program {
        program: env!("CARGO_BIN_EXE_run-departmental").into(),
        arguments: Vec::new(),
    })
}

pub(crate) fn config_at(place: Place, folder: &Path, budget: Budget) -> Config {
    Config {
        budget,
        compiler: Program {
            program: env!("CARGO_BIN_EXE_compile-component").into(),
            arguments: Vec::new(),
        },
        cache: folder.join("cache"),
        key: HostKey::load_or_create(&folder.join("host.key")).unwrap(),
        place,
    }
}

pub(crate) fn digest(wasm: &[u8]) -> Digest {
    sandbox::digest_of(wasm).parse().unwrap()
}

pub(crate) async fn load(sandbox: &Sandbox, wasm: &[u8]) -> Result<Loaded, String> {
    sandbox
        .load(wasm, &digest(wasm))
        .await
        .map_err(|wrong| wrong.to_string())
}

pub(crate) fn facts() -> Facts {
    Facts {
        site: "RXR".into(),
        patient: Some("Patient/a".into()),
        encounter: None,
        role: "doctor".into(),
        now: "2026-11-22T12:00:00Z".into(),
        settings: json!({ "greeting": "Good day." }).to_string(),
    }
}

pub(crate) fn open(screen: &str) -> Question {
    Question::Open {
        screen: screen.into(),
        parameters: json!({}),
    }
}

/// An answer in a line.
pub(crate) fn in_words(answer: &Answer) -> String {
    match answer {
        Answer::Screen(it) => format!("screen {it}"),
        Answer::Outcome(it) => format!("outcome {it}"),
        Answer::Proposal(it) => format!("proposal {it}"),
        Answer::Advice(it) => format!("advice {it}"),
        Answer::Refused(failure) => format!("refused {}: {}", failure.code, failure.detail),
        Answer::Failed { kind, what } => format!("failed {kind:?}: {what}"),
    }
}

pub(crate) async fn ask(loaded: &Loaded, question: &Question, window: &Arc<Written>) -> String {
    let answered = loaded.ask_through(facts(), question, window.clone()).await;
    in_words(&answered.answer)
}
