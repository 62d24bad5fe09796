//! A score: its number, the bands it may fall into, and the parts it is made of.
//!
//! Invariant: as its parent's; the number lies in the band it is said to be in, and is the sum of its parts where it is
//! said to be.

use serde::Deserialize;

use super::{Absent, Kind, Tone, Value};
use crate::screen::check::{Wrong, each, unique, within};
use crate::screen::word::{Decimal, Line, Reference, When, Word};

/// How near two sums of a few decimals are when they are the same.
const SAME: f64 = 1e-9;

#[derive(Debug, Deserialize)]
pub(crate) struct Score {
    pub(crate) title: Line,
    pub(crate) value: Option<Decimal>,
    pub(crate) absent: Option<Absent>,
    pub(crate) band: Option<Word>,
    #[serde(default)]
    pub(crate) bands: Vec<ScoreBand>,
    #[serde(default)]
    pub(crate) components: Vec<Component>,
    #[serde(default)]
    pub(crate) adds_up: bool,
    pub(crate) when: Option<When>,
    pub(crate) rule: Option<Line>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScoreBand {
    pub(crate) id: Word,
    pub(crate) label: Line,
    pub(crate) from: Option<Decimal>,
    pub(crate) to: Option<Decimal>,
    #[serde(default)]
    pub(crate) tone: Tone,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Component {
    pub(crate) label: Line,
    pub(crate) value: Option<Value>,
    pub(crate) points: Option<Decimal>,
    pub(crate) absent: Option<Absent>,
    pub(crate) most: Option<Decimal>,
}

impl Score {
    /// What it could be at most, where parts of a sum are missing and it is known what each may give.
    pub(crate) fn most(&self) -> Option<f64> {
        let value = self.value.as_ref()?.scale()?;
        let mut missing = self.components.iter().filter(|it| it.points.is_none());
        let more = missing.try_fold(0.0, |sum, it| Some(sum + it.most.as_ref()?.scale()?))?;
        (self.adds_up && more > 0.0).then_some(value + more)
    }

    fn in_its_band(&self) -> Result<(), Wrong> {
        let Some(id) = &self.band else { return Ok(()) };
        let Some(band) = self.bands.iter().find(|band| band.id == *id) else {
            return Err(Wrong::at("band", format!("{} is no band", id.as_str())));
        };
        let Some(value) = &self.value else {
            return Err(Wrong::at("band", "without a value no band is said"));
        };
        let number = |it: Option<&Decimal>| it.and_then(Decimal::scale);
        let Some(at) = value.scale() else {
            return Err(Wrong::at("value", "is too large for a score"));
        };
        let below = number(band.from.as_ref()).is_some_and(|from| at < from - SAME);
        let above = number(band.to.as_ref()).is_some_and(|to| at > to + SAME);
        if below || above {
            let (value, label) = (value.as_str(), band.label.as_str());
            return Err(Wrong::at(
                "band",
                format!("{value} does not lie in {label:?}"),
            ));
        }
        Ok(())
    }

    fn adds_up(&self) -> Result<(), Wrong> {
        let Some(value) = self.value.as_ref().filter(|_| self.adds_up) else {
            return Ok(());
        };
        let points = self.components.iter().filter_map(|it| it.points.as_ref());
        let sum: Option<f64> = points.map(Decimal::scale).sum();
        match (sum, value.scale()) {
            (Some(sum), Some(value)) if (sum - value).abs() < SAME => Ok(()),
            (Some(sum), Some(_)) => {
                let what = format!("{} is not {sum}, the sum of the components", value.as_str());
                Err(Wrong::at("value", what))
            }
            (_, _) => Err(Wrong::at("value", "is too large for a score")),
        }
    }
}

impl Kind for Score {
    fn sound(&self) -> Result<(), Wrong> {
        if self.value.is_some() == self.absent.is_some() {
            return Err(Wrong::here("needs exactly one of value and absent"));
        }
        within("bands", self.bands.len(), 0, 12)?;
        within("components", self.components.len(), 0, 60)?;
        unique("bands", self.bands.iter().map(|it| &it.id))?;
        each("components", &self.components, |it| {
            if it.points.is_some() == it.absent.is_some() {
                return Err(Wrong::here("needs exactly one of points and absent"));
            }
            Ok(())
        })?;
        self.in_its_band()?;
        self.adds_up()
    }

    fn references<'a>(&'a self, found: &mut Vec<&'a Reference>) {
        let values = self.components.iter().filter_map(|it| it.value.as_ref());
        found.extend(values.filter_map(Value::reference));
    }
}
