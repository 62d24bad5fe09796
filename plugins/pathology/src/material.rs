//! Control materials: what each should measure, as the laboratory's pack has it.
//!
//! Invariant: a material has a mean and a deviation above 0, as they are written; none is made up for a test without one.

use sdk::decimal::Decimal;
use sdk::pack::Part;
use sdk::{Failure, Value};

/// What the pack `control` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ControlPack {
    /// Each material of each test.
    pub(crate) materials: Vec<Material>,
    /// Runs that are drawn and judged.
    pub(crate) runs_shown: usize,
    /// What of it nobody answerable has signed.
    pub(crate) unverified: Vec<String>,
}

/// One material, for one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Material {
    /// The test of the catalogue.
    pub(crate) test: String,
    /// 1 is the lowest as a rule.
    pub(crate) level: u32,
    /// As the laboratory calls it.
    pub(crate) name: String,
    /// The lot in use.
    pub(crate) lot: String,
    /// Its mean, as written.
    pub(crate) mean: String,
    /// Its standard deviation, as written.
    pub(crate) sd: String,
}

impl ControlPack {
    /// Reads the pack.
    ///
    /// # Errors
    /// `fault` with the part that is missing or not of its kind.
    pub(crate) fn read(pack: &Value) -> Result<Self, Failure> {
        let pack = Part::of("control", pack);
        Ok(Self {
            materials: pack.each("/materials", Material::read)?,
            runs_shown: pack.whole("/runs_shown")?,
            unverified: pack.unverified()?,
        })
    }

    /// The materials of a test, the lowest level first.
    pub(crate) fn of_test(&self, test: &str) -> Vec<&Material> {
        let mut found: Vec<_> = self.materials.iter().filter(|it| it.test == test).collect();
        found.sort_by_key(|it| it.level);
        found
    }
}

impl Material {
    fn read(it: Part<'_>) -> Result<Self, Failure> {
        it.decimal("/mean")?;
        if it.decimal("/sd")? <= Decimal::ZERO {
            return Err(it.missing("/sd", "decimal above 0"));
        }
        Ok(Self {
            test: it.text("/test")?,
            level: it.whole("/level")?,
            name: it.text("/name")?,
            lot: it.text("/lot")?,
            mean: it.text("/mean")?,
            sd: it.text("/sd")?,
        })
    }
}
