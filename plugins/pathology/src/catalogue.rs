//! The catalogue of tests: which names, groups and order the grid shows them under, and ranges for want of better.
//!
//! Invariant: a test that the catalogue does not know is still shown, under the name its laboratory gave it.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use sdk::pack::Part;
use sdk::{Failure, Row, Value};

use crate::result::{LabResult, Number};

/// Where tests stand that the catalogue does not know.
pub(crate) const OTHER_TESTS: &str = "Other tests";

/// Tests in their groups.
#[derive(Debug, Clone)]
pub(crate) struct Catalogue {
    /// Titles, in the order in which they are shown.
    pub(crate) groups: Vec<String>,
    /// Tests, in the order in which they are shown.
    pub(crate) tests: Vec<Test>,
    /// Codes of HL7's table 0074 by which a laboratory's report is told from others.
    pub(crate) report_sections: Vec<String>,
    by_code: BTreeMap<(String, String), usize>,
}

/// One test.
#[derive(Debug, Clone)]
pub(crate) struct Test {
    /// Stable; used in links.
    pub(crate) id: String,
    /// As it is shown.
    pub(crate) name: String,
    /// Index of its group.
    pub(crate) group: usize,
    /// System and code of every way it is reported.
    pub(crate) codes: Vec<(String, String)>,
    ranges: Vec<CatalogueRange>,
}

/// A reference range for want of the laboratory's own.
#[derive(Debug, Clone)]
pub(crate) struct CatalogueRange {
    /// Lower end.
    pub(crate) low: Option<String>,
    /// Upper end.
    pub(crate) high: Option<String>,
    /// For whom, in words.
    pub(crate) population: String,
    units: Vec<String>,
    sex: Option<String>,
    from_years: u32,
    below_years: Option<u32>,
}

/// What of a person a reference range depends on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Person {
    /// FHIR's administrative gender, where it is male or female.
    pub(crate) sex: Option<String>,
    /// Date of birth as written.
    pub(crate) birth: Option<String>,
}

impl Person {
    /// Reads a row of the view `person`.
    pub(crate) fn of_row(row: Row<'_>) -> Self {
        let sex = row
            .text("gender")
            .filter(|sex| matches!(*sex, "male" | "female"));
        Self {
            sex: sex.map(str::to_owned),
            birth: row.text("birth").map(str::to_owned),
        }
    }

    /// The least and the most completed years at a moment as written.
    pub(crate) fn age_years(&self, at: &str) -> Option<(u32, u32)> {
        sdk::moment::age_years(self.birth.as_deref()?, at)
    }
}

impl Catalogue {
    /// Reads the pack `catalogue`.
    ///
    /// # Errors
    /// `fault` with the group or test that is not as it should be.
    pub(crate) fn read(pack: &Value) -> Result<Self, Failure> {
        let pack = Part::of("catalogue", pack);
        let groups = pack.each("/groups", |group| {
            Ok((group.text("/title")?, group.each("/tests", Test::read)?))
        })?;
        let mut catalogue = Self {
            groups: vec![],
            tests: vec![],
            report_sections: pack.texts("/report_sections")?,
            by_code: BTreeMap::new(),
        };
        for (title, tests) in groups {
            for mut test in tests {
                test.group = catalogue.groups.len();
                for code in &test.codes {
                    let place = catalogue.tests.len();
                    catalogue.by_code.entry(code.clone()).or_insert(place);
                }
                catalogue.tests.push(test);
            }
            catalogue.groups.push(title);
        }
        Ok(catalogue)
    }

    /// The place in `tests` of the test that a result is of.
    pub(crate) fn place_of(&self, result: &LabResult) -> Option<usize> {
        result
            .codings
            .iter()
            .find_map(|coding| self.by_code.get(coding).copied())
    }

    /// The test with this id.
    pub(crate) fn test(&self, id: &str) -> Option<&Test> {
        self.tests.iter().find(|test| test.id == id)
    }
}

impl Test {
    /// A test, of the first group until it is put into its own.
    fn read(test: Part<'_>) -> Result<Self, Failure> {
        Ok(Self {
            id: test.text("/id")?,
            name: test.text("/name")?,
            group: 0,
            codes: test.each_of_some("/codes", |it| Ok((it.text("/0")?, it.text("/1")?)))?,
            ranges: match test.has("/ranges") {
                true => test.each("/ranges", CatalogueRange::read)?,
                false => vec![],
            },
        })
    }

    /// A search parameter's value with every code by which it is reported.
    pub(crate) fn code_query(&self) -> String {
        let each = self.codes.iter();
        let each: Vec<_> = each
            .map(|(system, code)| format!("{system}|{code}"))
            .collect();
        each.join(",")
    }

    /// The range for this number and person, where there is one in the number's unit for that sex and age.
    pub(crate) fn range_for(
        &self,
        number: &Number,
        person: &Person,
        at: &str,
    ) -> Option<&CatalogueRange> {
        let (youngest, oldest) = person.age_years(at)?;
        self.ranges.iter().find(|range| {
            let of_sex = range.sex.is_none() || range.sex == person.sex;
            let of_age = youngest >= range.from_years
                && range.below_years.is_none_or(|below| oldest < below);
            of_sex && of_age && number.has_unit(&range.units)
        })
    }
}

impl CatalogueRange {
    fn read(range: Part<'_>) -> Result<Self, Failure> {
        // As it is written is how it is shown, so the digits stay.
        let end = |path| {
            range.decimal_or_none(path)?;
            range.text_or_none(path)
        };
        Ok(Self {
            low: end("/low")?,
            high: end("/high")?,
            population: range.text("/population")?,
            units: range.texts("/units")?,
            sex: range.text_or_none("/sex")?,
            from_years: range.whole("/from_years")?,
            below_years: range.whole_or_none("/below_years")?,
        })
    }
}
