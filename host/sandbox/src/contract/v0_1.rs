//! Contract 0.1: its host functions, and how its exports are called.
//!
//! Frozen with that version: a departmental built against it is answered by this file for as long as it runs anywhere.

use record::departmental::{Failure, Question};
use wasmtime::component::types::{ComponentFunc, ComponentItem, Type};
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentType, Instance, Lift, Linker, LinkerInstance, Lower,
};
use wasmtime::{Engine, Store, StoreContextMut};

use crate::budget::NOTE_BYTES_MAX;
use crate::contract::{CONTRACT, Visit};

/// `failure` as it crosses.
#[derive(Debug, Clone, ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct WireFailure {
    code: String,
    detail: String,
}

impl From<Failure> for WireFailure {
    fn from(failure: Failure) -> Self {
        Self {
            code: failure.code,
            detail: failure.detail,
        }
    }
}

impl From<WireFailure> for Failure {
    fn from(wire: WireFailure) -> Self {
        Self {
            code: wire.code,
            detail: wire.detail,
        }
    }
}

type Documented = Result<String, WireFailure>;

/// The functions of the contract that a departmental may import, and nothing else.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Visit>> {
    let mut linker = Linker::new(engine);
    let name = |interface: &str| format!("{CONTRACT}{interface}@0.1.0");
    linker.instance(&name("types"))?;
    context(&mut linker.instance(&name("context"))?)?;
    chart(&mut linker.instance(&name("chart"))?)?;
    linker.instance(&name("packs"))?.func_wrap(
        "get",
        |mut visit: StoreContextMut<'_, Visit>, (name,): (String,)| {
            visit.data_mut().usage.host_call(name.len())?;
            let pack = visit.data().window.pack(&name);
            Ok((hand_out(&mut visit, pack),))
        },
    )?;
    linker.instance(&name("journal"))?.func_wrap(
        "note",
        |mut visit: StoreContextMut<'_, Visit>, (level, message): (String, String)| {
            visit.data_mut().usage.host_call(level.len())?;
            if visit.data_mut().usage.note() {
                let known = ["error", "warning", "information", "debug"]
                    .into_iter()
                    .find(|word| *word == level);
                let end = message.floor_char_boundary(NOTE_BYTES_MAX);
                visit
                    .data()
                    .window
                    .note(known.unwrap_or("information"), &message[..end]);
            }
            Ok(())
        },
    )?;
    Ok(linker)
}

fn context(context: &mut LinkerInstance<'_, Visit>) -> wasmtime::Result<()> {
    let mut fact = |name: &str, of: fn(&Visit) -> String| {
        context.func_wrap(
            name,
            move |mut visit: StoreContextMut<'_, Visit>, (): ()| {
                visit.data_mut().usage.host_call(0)?;
                Ok((of(visit.data()),))
            },
        )
    };
    fact("site", |visit| visit.facts.site.clone())?;
    fact("role", |visit| visit.facts.role.clone())?;
    fact("now", |visit| visit.facts.now.clone())?;
    fact("settings", |visit| visit.facts.settings.clone())?;
    let mut reference = |name: &str, of: fn(&Visit) -> Option<String>| {
        context.func_wrap(
            name,
            move |mut visit: StoreContextMut<'_, Visit>, (): ()| {
                visit.data_mut().usage.host_call(0)?;
                Ok((of(visit.data()),))
            },
        )
    };
    reference("patient", |visit| visit.facts.patient.clone())?;
    reference("encounter", |visit| visit.facts.encounter.clone())
}

fn chart(chart: &mut LinkerInstance<'_, Visit>) -> wasmtime::Result<()> {
    chart.func_wrap_async(
        "read",
        |mut visit: StoreContextMut<'_, Visit>, (reference,): (String,)| {
            Box::new(async move {
                visit.data_mut().usage.host_call(reference.len())?;
                let window = visit.data().window.clone();
                let answer = window.read(&reference).await;
                Ok((hand_out(&mut visit, answer),))
            })
        },
    )?;
    chart.func_wrap_async(
        "search",
        |mut visit: StoreContextMut<'_, Visit>, (query,): (String,)| {
            Box::new(async move {
                visit.data_mut().usage.host_call(query.len())?;
                let window = visit.data().window.clone();
                let answer = window.search(&query).await;
                Ok((hand_out(&mut visit, answer),))
            })
        },
    )
}

/// An answer of the chart, if the call may still have so many bytes.
fn hand_out(visit: &mut StoreContextMut<'_, Visit>, answer: Result<String, Failure>) -> Documented {
    let document = answer?;
    if visit.data_mut().usage.hand_out(document.len()) {
        return Ok(document);
    }
    Err(WireFailure {
        code: "limit".into(),
        detail:
            "this call has read as many bytes as one call may; ask for less, with a narrower search"
                .into(),
    })
}

/// Whether a function takes this many strings and gives `result<string, failure>`.
fn takes_and_gives(function: &ComponentFunc, arguments: usize) -> bool {
    let text = |ty: &Type| matches!(ty, Type::String);
    let takes = function.params().len() == arguments && function.params().all(|(_, ty)| text(&ty));
    let mut results = function.results();
    let (Some(Type::Result(given)), None) = (results.next(), results.next()) else {
        return false;
    };
    let failure = |ty: Type| match ty {
        Type::Record(record) => {
            let fields: Vec<_> = record
                .fields()
                .map(|field| (field.name, text(&field.ty)))
                .collect();
            fields == [("code", true), ("detail", true)]
        }
        _ => false,
    };
    takes && given.ok().is_some_and(|ty| text(&ty)) && given.err().is_some_and(failure)
}

/// Where the exports of a component are; those that it does not have are missing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exports {
    open: Option<ComponentExportIndex>,
    submit: Option<ComponentExportIndex>,
    react: Option<ComponentExportIndex>,
}

impl Exports {
    /// Looks for each export by itself; one that is there in another form than the contract's is refused by name.
    pub(crate) fn probe(component: &Component) -> Result<Self, String> {
        let function = |interface: &str, name: &str, arguments: usize| {
            let interface = format!("{CONTRACT}{interface}@0.1.0");
            let Some(instance) = component.get_export_index(None, interface.as_str()) else {
                return Ok(None);
            };
            match component.get_export(Some(&instance), name) {
                Some((ComponentItem::ComponentFunc(it), index))
                    if takes_and_gives(&it, arguments) =>
                {
                    Ok(Some(index))
                }
                Some(_) => Err(format!(
                    "it exports `{interface}` with a `{name}` of another form"
                )),
                None => Err(format!("it exports `{interface}` without `{name}`")),
            }
        };
        Ok(Self {
            open: function("screens", "open", 2)?,
            submit: function("screens", "submit", 3)?,
            react: function("reactions", "react", 1)?,
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
        };
        Ok(Some(answer.0.map_err(Failure::from)))
    }
}
