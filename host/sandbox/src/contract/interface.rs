//! The interfaces of the contract as they are told to the engine, for the versions that have them.
//!
//! Invariant: every host function counts its call and its bytes before it does anything.

use record::departmental::Failure;
use wasmtime::StoreContextMut;
use wasmtime::component::types::{ComponentFunc, ComponentItem, Type};
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentType, Lift, LinkerInstance, Lower,
};

use crate::budget::NOTE_BYTES_MAX;
use crate::contract::Visit;

/// `failure` as it crosses.
#[derive(Debug, Clone, ComponentType, Lift, Lower)]
#[component(record)]
pub(super) struct WireFailure {
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

pub(super) type Documented = Result<String, WireFailure>;

/// `packs`.
pub(super) fn packs(packs: &mut LinkerInstance<'_, Visit>) -> wasmtime::Result<()> {
    packs.func_wrap(
        "get",
        |mut visit: StoreContextMut<'_, Visit>, (name,): (String,)| {
            visit.data_mut().usage.host_call(name.len())?;
            let pack = visit.data().window.pack(&name);
            Ok((hand_out(&mut visit, pack),))
        },
    )
}

/// `journal`.
pub(super) fn journal(journal: &mut LinkerInstance<'_, Visit>) -> wasmtime::Result<()> {
    journal.func_wrap(
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
    )
}

/// `context`.
pub(super) fn context(context: &mut LinkerInstance<'_, Visit>) -> wasmtime::Result<()> {
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

/// `chart` with `read` and `search`.
pub(super) fn chart(chart: &mut LinkerInstance<'_, Visit>) -> wasmtime::Result<()> {
    chart.func_wrap_async(
        "read",
        |mut visit: StoreContextMut<'_, Visit>, (reference,): (String,)| {
            Box::new(async move {
                visit.data_mut().usage.host_call(reference.len())?;
                let (window, lane) = visit.data().outside();
                let answer = lane.waiting(window.read(&reference)).await;
                Ok((hand_out(&mut visit, answer),))
            })
        },
    )?;
    chart.func_wrap_async(
        "search",
        |mut visit: StoreContextMut<'_, Visit>, (query,): (String,)| {
            Box::new(async move {
                visit.data_mut().usage.host_call(query.len())?;
                let (window, lane) = visit.data().outside();
                let answer = lane.waiting(window.search(&query)).await;
                Ok((hand_out(&mut visit, answer),))
            })
        },
    )
}

/// `chart.rows`.
pub(super) fn rows(chart: &mut LinkerInstance<'_, Visit>) -> wasmtime::Result<()> {
    chart.func_wrap_async(
        "rows",
        |mut visit: StoreContextMut<'_, Visit>, (view, parameters): (String, String)| {
            Box::new(async move {
                let bytes = view.len().saturating_add(parameters.len());
                visit.data_mut().usage.host_call(bytes)?;
                let (window, lane) = visit.data().outside();
                let answer = lane.waiting(window.rows(&view, &parameters)).await;
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

/// What an exported function takes in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// `string`.
    Text,
    /// `list<u8>`.
    Bytes,
}

impl Takes {
    fn is(self, ty: &Type) -> bool {
        match (self, ty) {
            (Self::Text, Type::String) => true,
            (Self::Bytes, Type::List(of)) => matches!(of.ty(), Type::U8),
            (Self::Text | Self::Bytes, _) => false,
        }
    }
}

/// Whether a function takes these and gives `result<string, failure>`.
fn takes_and_gives(function: &ComponentFunc, wanted: &[Takes]) -> bool {
    let text = |ty: &Type| matches!(ty, Type::String);
    let mut each = function.params().zip(wanted);
    let takes =
        function.params().len() == wanted.len() && each.all(|((_, ty), wanted)| wanted.is(&ty));
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

/// Where a function of an interface that a component may export is, if it exports it.
///
/// # Errors
/// In words, when it is there in another form than the contract's.
pub(super) fn exported(
    component: &Component,
    interface: &str,
    name: &str,
    takes: &[Takes],
) -> Result<Option<ComponentExportIndex>, String> {
    let Some(instance) = component.get_export_index(None, interface) else {
        return Ok(None);
    };
    match component.get_export(Some(&instance), name) {
        Some((ComponentItem::ComponentFunc(it), index)) if takes_and_gives(&it, takes) => {
            Ok(Some(index))
        }
        Some(_) => Err(format!(
            "it exports `{interface}` with a `{name}` of another form"
        )),
        None => Err(format!("it exports `{interface}` without `{name}`")),
    }
}
