//! The departmental as a component: the contract's imports behind the SDK's traits, its exports in front of them.
//!
//! The only part of the SDK that exists in WebAssembly alone; nothing but the contract is imported.

use serde_json::Value;

use crate::{
    Call, Chart, Context, Departmental, Event, Failure, Form, Hook, Journal, Level, Packs, Page,
    Parameters, Rows, ViewQuery,
};

/// What `wit-bindgen` makes of `wit/departmental.wit`.
#[expect(
    missing_docs,
    reason = "generated from the contract, which holds the documentation"
)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../wit",
        world: "with-everything",
        pub_export_macro: true,
        export_macro_name: "export_component",
        generate_all,
    });
}

pub use bindings::export_component;
pub use bindings::exports::palatine::departmental::advice::Guest as Advising;
pub use bindings::exports::palatine::departmental::intake::Guest as Intake;
pub use bindings::exports::palatine::departmental::reactions::Guest as Reactions;
pub use bindings::exports::palatine::departmental::screens::Guest as Screens;
pub use bindings::palatine::departmental::types::Failure as WireFailure;
use bindings::palatine::departmental::{chart, context, journal, packs};

struct Host;

const CALL: Call<'static> = Call {
    context: &Host,
    chart: &Host,
    packs: &Host,
    journal: &Host,
};

impl Context for Host {
    fn site(&self) -> String {
        context::site()
    }
    fn patient(&self) -> Option<String> {
        context::patient()
    }
    fn encounter(&self) -> Option<String> {
        context::encounter()
    }
    fn role(&self) -> String {
        context::role()
    }
    fn now(&self) -> String {
        context::now()
    }
    fn settings(&self) -> Result<Value, Failure> {
        document("the settings", &context::settings())
    }
}

impl Chart for Host {
    fn read(&self, reference: &str) -> Result<Value, Failure> {
        document("a resource", &chart::read(reference).map_err(received)?)
    }
    fn search(&self, query: &str) -> Result<Page, Failure> {
        Page::from_bundle(document(
            "a bundle",
            &chart::search(query).map_err(received)?,
        )?)
    }
    fn rows(&self, view: &str, query: &ViewQuery) -> Result<Rows, Failure> {
        let rows = chart::rows(view, &query.to_json().to_string());
        Rows::from_text(rows.map_err(received)?)
    }
}

impl Packs for Host {
    fn get(&self, name: &str) -> Result<Value, Failure> {
        document("a pack", &packs::get(name).map_err(received)?)
    }
}

impl Journal for Host {
    fn note(&self, level: Level, message: &str) {
        journal::note(level.word(), message);
    }
}

/// Answers `screens.open`.
///
/// # Errors
/// What the departmental answers, or `invalid` for a document that cannot be read.
pub fn open<D: Departmental>(
    departmental: &D,
    screen: &str,
    parameters: &str,
) -> Result<String, WireFailure> {
    let parameters = Parameters::from_json(parameters)?;
    let screen = departmental.open(&CALL, screen, &parameters)?.into_json();
    let text = serde_json::to_string(&screen);
    Ok(text.map_err(|wrong| Failure::fault(format!("the screen cannot be written: {wrong}")))?)
}

/// Answers `screens.submit`.
///
/// # Errors
/// As [`open`].
pub fn submit<D: Departmental>(
    departmental: &D,
    screen: &str,
    action: &str,
    form: &str,
) -> Result<String, WireFailure> {
    let form = Form::from_json(form)?;
    Ok(departmental
        .submit(&CALL, screen, action, &form)?
        .to_json()
        .to_string())
}

/// Answers `reactions.react`.
///
/// # Errors
/// As [`open`].
pub fn react<D: Departmental>(departmental: &D, event: &str) -> Result<String, WireFailure> {
    let event = Event::from_json(event)?;
    Ok(departmental.react(&CALL, &event)?.to_json().to_string())
}

/// Answers `advice.advise`.
///
/// # Errors
/// As [`open`].
pub fn advise<D: Departmental>(
    departmental: &D,
    hook: &str,
    input: &str,
) -> Result<String, WireFailure> {
    let input = Hook::from_json(input)?;
    if input.name != hook {
        return Err(Failure::invalid("the hook is not the one of its document").into());
    }
    Ok(departmental.advise(&CALL, &input)?.to_json().to_string())
}

/// Answers `intake.convert`.
///
/// # Errors
/// What the departmental answers.
pub fn convert<D: Departmental>(
    departmental: &D,
    format: &str,
    message: &[u8],
) -> Result<String, WireFailure> {
    let proposal = departmental.convert(&CALL, format, message)?;
    Ok(proposal.to_json().to_string())
}

/// Not a `From`: what compiles natively, where there is none, has to compile here.
fn received(wire: WireFailure) -> Failure {
    Failure {
        code: wire.code,
        detail: wire.detail,
    }
}

impl From<Failure> for WireFailure {
    fn from(failure: Failure) -> Self {
        Self {
            code: failure.code,
            detail: failure.detail,
        }
    }
}

fn document(what: &str, text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text)
        .map_err(|wrong| Failure::fault(format!("{what} from the host cannot be read: {wrong}")))
}
