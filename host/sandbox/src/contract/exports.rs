//! What a component may export, and how it is called: the same in every version that has it.
//!
//! Invariant: an export is called only if it has the contract's form; what is not there is told as such.

use record::departmental::Question;
use wasmtime::Store;
use wasmtime::component::{Component, ComponentExportIndex, Instance};

use crate::contract::interface::Takes::{self, Bytes, Text};
use crate::contract::interface::{Documented, exported};
use crate::contract::{CONTRACT, Version, Visit};
use record::departmental::Failure;

/// Where the exports of a component are; those that it does not have are missing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exports {
    open: Option<ComponentExportIndex>,
    submit: Option<ComponentExportIndex>,
    react: Option<ComponentExportIndex>,
    advise: Option<ComponentExportIndex>,
    convert: Option<ComponentExportIndex>,
}

impl Exports {
    /// Looks for each export by itself, in this version of the contract; one that is there in another form than the
    /// contract's is refused by name.
    pub(crate) fn probe(component: &Component, version: Version) -> Result<Self, String> {
        let function = |interface: &str, name: &str, takes: &[Takes]| {
            if !version.exports().contains(&interface) {
                return Ok(None);
            }
            let interface = format!("{CONTRACT}{interface}@{}", version.written());
            exported(component, &interface, name, takes)
        };
        Ok(Self {
            open: function("screens", "open", &[Text, Text])?,
            submit: function("screens", "submit", &[Text, Text, Text])?,
            react: function("reactions", "react", &[Text])?,
            advise: function("advice", "advise", &[Text, Text])?,
            convert: function("intake", "convert", &[Text, Bytes])?,
        })
    }

    /// Puts the question. `None` when the component does not export what answers it.
    pub(crate) async fn ask(
        &self,
        store: &mut Store<Visit>,
        instance: &Instance,
        question: &Question,
    ) -> wasmtime::Result<Option<Result<String, Failure>>> {
        let answer: (Documented,) = match question {
            Question::Open { screen, parameters } => {
                let Some(open) = &self.open else {
                    return Ok(None);
                };
                let open =
                    instance.get_typed_func::<(&str, String), (Documented,)>(&mut *store, open)?;
                open.call_async(store, (screen.as_str(), parameters.to_string()))
                    .await?
            }
            Question::Submit {
                screen,
                action,
                form,
            } => {
                let Some(submit) = &self.submit else {
                    return Ok(None);
                };
                let submit = instance
                    .get_typed_func::<(&str, &str, String), (Documented,)>(&mut *store, submit)?;
                submit
                    .call_async(store, (screen.as_str(), action.as_str(), form.to_string()))
                    .await?
            }
            Question::React { event } => {
                let Some(react) = &self.react else {
                    return Ok(None);
                };
                let react =
                    instance.get_typed_func::<(String,), (Documented,)>(&mut *store, react)?;
                react.call_async(store, (event.to_string(),)).await?
            }
            Question::Convert { format, message } => {
                let Some(convert) = &self.convert else {
                    return Ok(None);
                };
                let convert = instance
                    .get_typed_func::<(&str, &[u8]), (Documented,)>(&mut *store, convert)?;
                convert
                    .call_async(store, (format.as_str(), message.as_slice()))
                    .await?
            }
            Question::Advise { hook, input } => {
                let Some(advise) = &self.advise else {
                    return Ok(None);
                };
                let advise = instance
                    .get_typed_func::<(&str, String), (Documented,)>(&mut *store, advise)?;
                advise
                    .call_async(store, (hook.as_str(), input.to_string()))
                    .await?
            }
        };
        Ok(Some(answer.0.map_err(Failure::from)))
    }
}
