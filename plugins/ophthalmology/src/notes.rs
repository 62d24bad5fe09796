//! What every screen says of the rules that it uses.
//!
//! Invariant: a rule with an unverified part is never shown without it.

use sdk::screen::{Details, List, Node, WarningCallout, Words};

use crate::examination::Examinations;

/// What of the packs nobody compared with its source, by the name of each; nothing when all was.
pub(crate) fn unverified(packs: &[(&str, &Vec<String>)]) -> Option<Node> {
    let items: Vec<Words> = packs
        .iter()
        .flat_map(|(name, parts)| {
            parts
                .iter()
                .map(move |part| format!("{name}: {part}").into())
        })
        .collect();
    if items.is_empty() {
        return None;
    }
    let text = "Parts of the rules on this screen were not compared with their sources, and no clinical safety officer has signed them.";
    let details = Details::new("Which parts are unverified").child(List::new(items));
    Some(
        WarningCallout::new("Unverified rules", text)
            .child(details)
            .into(),
    )
}

/// What of the chart is not shown.
pub(crate) fn left_out(read: &[&Examinations]) -> Option<Node> {
    let without_side: usize = read.iter().map(|it| it.without_side).sum();
    let mut said = Vec::new();
    if without_side > 0 {
        let which = match without_side {
            1 => "1 examination names no single eye and is".to_owned(),
            many => format!("{many} examinations name no single eye and are"),
        };
        said.push(format!("{which} shown of neither: correct the side."));
    }
    if read.iter().any(|it| it.more) {
        said.push("There are older ones, which are not shown on this page.".to_owned());
    }
    let title = "Not every examination is shown";
    (!said.is_empty()).then(|| WarningCallout::new(title, said.join(" ")).into())
}

/// A day or moment of the record as a clinician reads it, and as it was written when it cannot be read.
pub(crate) fn day(when: &str) -> String {
    let day = when.get(..10).unwrap_or(when);
    sdk::moment::words(day).unwrap_or_else(|| when.to_owned())
}
