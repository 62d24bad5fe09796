//! What each ADT event does to a stay.
//!
//! Source: HL7 Version 2 to FHIR, code map Event[EncounterStatus].

/// What an event does to a stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Movement {
    /// A01, A04: the patient is here.
    Admitted,
    /// A02, A09, A10, A17: the patient is somewhere else now.
    Moved,
    /// A03: the stay has ended.
    Discharged,
    /// A05, A14: the patient will come.
    Expected,
    /// A06, A07: inpatient instead of outpatient, or the other way.
    Reclassified,
    /// A08: what is known was corrected.
    Updated,
    /// A11, A27, A38: the stay did not take place, or will not.
    Cancelled,
    /// A12: the patient was not moved.
    MoveCancelled,
    /// A13: the stay has not ended.
    DischargeCancelled,
    /// A15: the patient will be moved.
    MovePlanned,
    /// A26: that will not be.
    MoveNotPlanned,
    /// A16: the stay will end.
    DischargePlanned,
    /// A25: that is not planned any more.
    DischargeNotPlanned,
    /// A21: the patient is away for a while.
    OnLeave,
    /// A22: the patient is back.
    BackFromLeave,
    /// A23: the stay was never true.
    EnteredInError,
    /// A28, A31: about the person; the stay is not told of.
    PersonOnly,
}

impl Movement {
    /// What an ADT event does. `None`: it is none of these.
    #[must_use]
    pub fn of(event: &str) -> Option<Self> {
        Some(match event {
            "A01" | "A04" => Self::Admitted,
            "A02" | "A09" | "A10" => Self::Moved,
            "A03" => Self::Discharged,
            "A05" | "A14" => Self::Expected,
            "A06" | "A07" => Self::Reclassified,
            "A08" => Self::Updated,
            "A11" | "A27" | "A38" => Self::Cancelled,
            "A12" => Self::MoveCancelled,
            "A13" => Self::DischargeCancelled,
            "A15" => Self::MovePlanned,
            "A26" => Self::MoveNotPlanned,
            "A16" => Self::DischargePlanned,
            "A25" => Self::DischargeNotPlanned,
            "A21" => Self::OnLeave,
            "A22" => Self::BackFromLeave,
            "A23" => Self::EnteredInError,
            "A28" | "A31" => Self::PersonOnly,
            _ => return None,
        })
    }
    /// The status that the event gives the stay. `None`: what the class and the end of the stay say.
    pub(super) fn status(self) -> Option<&'static str> {
        match self {
            Self::Discharged => Some("finished"),
            Self::Expected => Some("planned"),
            Self::Cancelled => Some("cancelled"),
            Self::OnLeave => Some("onleave"),
            Self::BackFromLeave | Self::DischargeCancelled => Some("in-progress"),
            Self::EnteredInError => Some("entered-in-error"),
            Self::Admitted
            | Self::Moved
            | Self::Reclassified
            | Self::Updated
            | Self::MoveCancelled
            | Self::MovePlanned
            | Self::MoveNotPlanned
            | Self::DischargePlanned
            | Self::DischargeNotPlanned
            | Self::PersonOnly => None,
        }
    }
    /// Whether PV1-45 says when the stay ended; elsewhere it is the end that is planned, or that was cancelled.
    pub(super) fn tells_end(self) -> bool {
        match self {
            Self::Admitted
            | Self::Moved
            | Self::Discharged
            | Self::Reclassified
            | Self::Updated
            | Self::OnLeave
            | Self::BackFromLeave => true,
            Self::Expected
            | Self::Cancelled
            | Self::MoveCancelled
            | Self::DischargeCancelled
            | Self::MovePlanned
            | Self::MoveNotPlanned
            | Self::DischargePlanned
            | Self::DischargeNotPlanned
            | Self::EnteredInError
            | Self::PersonOnly => false,
        }
    }
}
