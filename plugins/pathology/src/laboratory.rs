//! What a laboratory decides by for each of its tests: section, units, limits, variation, age of the specimen.
//!
//! Invariant: rules are signed when somebody put a name to them and nothing of them is left unverified; never otherwise.

#[cfg(test)]
mod tests;

use sdk::{Failure, Value, json};

use crate::catalogue::{Catalogue, Test};
use crate::delta::Variation;
use crate::flag::Ends;
use sdk::decimal::Decimal;
use sdk::pack::Part;

/// What the pack `laboratory` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LaboratoryPack {
    /// Where the tests are done.
    pub(crate) sections: Vec<Section>,
    /// Each test.
    pub(crate) tests: Vec<LaboratoryTest>,
    /// How old an earlier result may be to be compared with.
    pub(crate) delta_days: u32,
    /// Whether a result without an earlier one is let through by the delta check.
    pub(crate) lets_first_through: bool,
    /// Within how many minutes somebody is to be told of a critical result.
    pub(crate) call_minutes: u32,
    /// What of it nobody answerable has verified.
    pub(crate) unverified: Vec<String>,
    signed_by: Option<String>,
}

/// A section of the laboratory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// Stable; used in links.
    pub(crate) id: String,
    /// As it is read.
    pub(crate) title: String,
}

/// What is decided by for one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LaboratoryTest {
    /// The test of the catalogue.
    pub(crate) test: String,
    /// System and code as which it is requested and reported.
    pub(crate) code: (String, String),
    /// Its section.
    pub(crate) section: String,
    /// Its unit first, then other ways to write the same.
    pub(crate) units: Vec<String>,
    /// Within these it may be released without a person.
    pub(crate) release: Ends,
    /// Beyond these somebody is told at once.
    pub(crate) critical: Option<Ends>,
    /// What a result can be at all.
    pub(crate) possible: Ends,
    /// How much it varies by itself.
    pub(crate) variation: Variation,
    /// How old a specimen may be.
    pub(crate) specimen_hours: u32,
}

impl LaboratoryPack {
    /// Reads the pack.
    ///
    /// # Errors
    /// `fault` with the part that is missing or not of its kind.
    pub(crate) fn read(pack: &Value) -> Result<Self, Failure> {
        let pack = Part::of("laboratory", pack);
        let z = pack.decimal("/delta/z")?;
        let first = [("hold", false), ("release", true)];
        let lets_first_through = pack.one_of("/delta/first_result", &first)?;
        Ok(Self {
            sections: pack.each("/sections", |it| {
                Ok(Section {
                    id: it.text("/id")?,
                    title: it.text("/title")?,
                })
            })?,
            tests: pack.each("/tests", |it| LaboratoryTest::read(it, z))?,
            delta_days: pack.whole("/delta/within_days")?,
            lets_first_through,
            call_minutes: pack.whole("/call_within_minutes")?,
            unverified: pack.unverified()?,
            signed_by: pack.text_or_none("/signed_by")?,
        })
    }

    /// Whether somebody answerable has signed all of it.
    pub(crate) fn is_signed(&self) -> bool {
        self.signed_by.is_some() && self.unverified.is_empty()
    }

    /// What is decided by for a test of the catalogue.
    pub(crate) fn test(&self, id: &str) -> Option<&LaboratoryTest> {
        self.tests.iter().find(|it| it.test == id)
    }

    /// The title of a section.
    pub(crate) fn section(&self, id: &str) -> Option<&Section> {
        self.sections.iter().find(|it| it.id == id)
    }
}

impl LaboratoryTest {
    fn read(it: Part<'_>, z: Decimal) -> Result<Self, Failure> {
        let ends = |name: &str| {
            Ok::<_, Failure>(Ends {
                low: it.decimal_or_none(&format!("/{name}/0"))?,
                high: it.decimal_or_none(&format!("/{name}/1"))?,
            })
        };
        let has_critical = it.has("/critical");
        let units = it.each_of_some("/units", |it| it.text(""))?;
        Ok(Self {
            test: it.text("/test")?,
            code: (it.text("/code/0")?, it.text("/code/1")?),
            section: it.text("/section")?,
            units,
            release: ends("release")?,
            critical: if has_critical {
                Some(ends("critical")?)
            } else {
                None
            },
            possible: ends("possible")?,
            variation: Variation {
                z,
                analytical: it.decimal("/cv/analytical")?,
                within_person: it.decimal("/cv/within_person")?,
            },
            specimen_hours: it.whole("/specimen_hours")?,
        })
    }

    /// The test as a concept of the record.
    pub(crate) fn concept(&self, catalogue: &Catalogue) -> Value {
        let (system, code) = &self.code;
        let name = self.listed(catalogue).map_or(&self.test, |it| &it.name);
        json!({ "coding": [{ "system": system, "code": code }], "text": name })
    }

    /// A value with the unit in which it is reported; a pure number has none.
    pub(crate) fn measured(&self, value: &str) -> String {
        match self.unit() {
            "1" => value.to_owned(),
            unit => format!("{value} {unit}"),
        }
    }

    /// The unit in which it is reported.
    pub(crate) fn unit(&self) -> &str {
        self.units.first().map_or("", String::as_str)
    }

    /// The test in the catalogue.
    pub(crate) fn listed<'c>(&self, catalogue: &'c Catalogue) -> Option<&'c Test> {
        catalogue.test(&self.test)
    }
}
