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
        said.push(format!(
            "{without_side} that name no single eye are not shown here: correct their side."
        ));
    }
    if read.iter().any(|it| it.more) {
        said.push("Only the newest are shown.".to_owned());
    }
    let title = "Not every examination is shown";
    (!said.is_empty()).then(|| WarningCallout::new(title, said.join(" ")).into())
}
