//! The header of a message that goes out (MSH).
//!
//! Invariant: it says of the message what is so: its character set, its version, and which acknowledgements are waited for.

use record::sending::{Acknowledgements, Declaration};

use super::coded::moment;
use super::segment::{Field, Segment};
use crate::feed::message::charset::CharacterSet;

/// MSH.
pub(super) fn msh(
    declaration: &Declaration,
    kind: &str,
    control_id: &str,
    at: &str,
    set: CharacterSet,
) -> Segment {
    let mut msh = Segment::new("MSH");
    msh.text(3, Some(&declaration.sending_application));
    msh.text(4, Some(&declaration.sending_facility));
    msh.text(5, Some(&declaration.receiving_application));
    msh.text(6, Some(&declaration.receiving_facility));
    msh.text(7, Some(moment(at)));
    let (code, event) = kind.split_once('^').unwrap_or((kind, ""));
    let has_structures = !matches!(declaration.version.as_str(), "2.2" | "2.3");
    let structure = if has_structures { structure(event) } else { "" };
    msh.put(9, Field::components([code, event, structure]));
    msh.text(10, Some(control_id));
    msh.text(11, Some(&declaration.processing_id));
    msh.text(12, Some(&declaration.version));
    let (accept, application) = match declaration.acknowledgements {
        Acknowledgements::Original => (None, None),
        Acknowledgements::Accept => (Some("AL"), Some("NE")),
        Acknowledgements::Application => (Some("AL"), Some("AL")),
    };
    msh.text(15, accept);
    msh.text(16, application);
    msh.text(18, Some(set.name()));
    msh
}

/// The structure of an event's message (table 0354).
fn structure(event: &str) -> &'static str {
    match event {
        "A01" | "A04" | "A08" | "A13" => "ADT_A01",
        "A02" => "ADT_A02",
        "A03" => "ADT_A03",
        "A05" | "A28" | "A31" => "ADT_A05",
        "A06" | "A07" => "ADT_A06",
        "A11" => "ADT_A09",
        "A12" => "ADT_A12",
        "A40" => "ADT_A39",
        "R01" => "ORU_R01",
        _ => "",
    }
}
