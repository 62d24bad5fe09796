//! A part of the body from the host's catalogue of drawings, with what was found marked on it.
//!
//! Invariant: as its parent's; every mark lies on the drawing.

use serde::Deserialize;

use super::{Absent, Kind};
use crate::screen::check::{Wrong, each, within};
use crate::screen::word::{Decimal, Line};

#[derive(Debug, Deserialize)]
pub(crate) struct BodyMap {
    pub(crate) image: Image,
    pub(crate) note: Option<Line>,
    pub(crate) marks: Option<Vec<Mark>>,
    pub(crate) absent: Option<Absent>,
    #[serde(default)]
    pub(crate) not_seen: Vec<Line>,
}

/// The drawings. In those of an eye, x runs towards the nose; in every drawing, y runs up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Image {
    /// From the front, in radii of the cornea from its middle.
    EyeRight,
    EyeLeft,
    /// The back of the eye, in diameters of the disc from the fovea.
    FundusRight,
    FundusLeft,
    /// From the front, x towards the patient's left, in halves of its width and height from the umbilicus.
    Abdomen,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mark {
    pub(crate) finding: Line,
    pub(crate) shape: Shape,
    pub(crate) x: Decimal,
    pub(crate) y: Decimal,
    pub(crate) note: Option<Line>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Shape {
    Dot,
    Blot,
    Cloud,
    Diamond,
    Ring,
    Cross,
    Square,
}

impl Mark {
    /// Where it lies, in the drawing's own measure.
    pub(crate) fn place(&self) -> Option<(f64, f64)> {
        Some((self.x.scale()?, self.y.scale()?))
    }
}

impl Image {
    /// How far from the middle a mark may lie, across and up.
    pub(crate) fn reach(self) -> (f64, f64) {
        match self {
            Self::EyeRight | Self::EyeLeft => (2.2, 1.4),
            Self::FundusRight | Self::FundusLeft => (5.2, 5.2),
            Self::Abdomen => (1.0, 1.0),
        }
    }

    fn holds(self, (x, y): (f64, f64)) -> bool {
        let (across, up) = self.reach();
        match self {
            Self::EyeRight | Self::EyeLeft | Self::FundusRight | Self::FundusLeft => {
                (x / across).powi(2) + (y / up).powi(2) <= 1.0
            }
            Self::Abdomen => x.abs() <= across && y.abs() <= up,
        }
    }
}

impl Kind for BodyMap {
    fn sound(&self) -> Result<(), Wrong> {
        let marks = match (&self.marks, self.absent) {
            (Some(marks), None) => marks.as_slice(),
            (None, Some(_)) => &[],
            (Some(_), Some(_)) | (None, None) => {
                return Err(Wrong::here("needs exactly one of marks and absent"));
            }
        };
        within("marks", marks.len(), 0, 300)?;
        within("not_seen", self.not_seen.len(), 0, 40)?;
        each("marks", marks, |mark| match mark.place() {
            Some(place) if self.image.holds(place) => Ok(()),
            Some(_) | None => {
                let (across, up) = self.image.reach();
                Err(Wrong::here(format!(
                    "lies outside the drawing, which reaches {across} across and {up} up"
                )))
            }
        })
    }
}
