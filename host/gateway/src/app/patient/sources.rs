//! When each source of facts was last heard from, at the end of a patient's summary: how complete the page can be.
//!
//! Invariant: a source that has told nothing about this patient is named, and a list that could not be read is never empty.

use fhir::resource::Id;
use maud::{Markup, html};
use record::heard::Source;

use crate::app::look::Reader;
use crate::icon::{Icon, icon};
use crate::written::{moment, plain};

/// The section; nothing where no source was ever heard from.
pub(super) async fn section(reader: Reader<'_>, patient: &Id) -> Markup {
    let found = reader
        .door
        .record
        .heard_of(reader.caller, patient, reader.at)
        .await;
    match found {
        Ok(sources) if sources.is_empty() => html! {},
        Ok(sources) => framed(table(&sources)),
        Err(why) => {
            tracing::warn!("sources could not be read: {}", record::with_causes(&why));
            framed(html! {
                p .pal-pad { (icon(Icon::Warning)) " When sources were last heard from could not be read. What is above may be incomplete." }
            })
        }
    }
}

fn framed(content: Markup) -> Markup {
    html! {
        section .pal-card .pal-card-flush aria-labelledby="sources" {
            div .pal-card__head {
                h2 .pal-h2 id="sources" { "Where this comes from" }
                span .pal-quiet { "What a source has not sent yet is not shown above" }
            }
            (content)
        }
    }
}

fn table(sources: &[Source]) -> Markup {
    html! {
        div .pal-scroll role="region" aria-label="Where this comes from, listed" tabindex="0" { table .pal-table {
            thead { tr { th scope="col" { "Source" } th scope="col" { "Site" } th scope="col" { "About this patient" } th scope="col" { "At all" } } }
            tbody { @for it in sources { tr {
                th scope="row" { (plain(&it.name)) }
                td { (it.site) }
                td {
                    @match &it.of_person {
                        Some(heard) => { "Last heard from at " (moment(&heard.at)) }
                        None => { "Has told nothing" }
                    }
                }
                td { "Last heard from at " (moment(&it.last.at)) }
            } } }
        } }
    }
}
