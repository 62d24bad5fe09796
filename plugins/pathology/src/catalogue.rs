//! The catalogue of tests: which names, groups and order the grid shows them under, and ranges for want of better.
//!
//! Invariant: a test that the catalogue does not know is still shown, under the name its laboratory gave it.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use sdk::{Failure, Row, Value};

use crate::result::{LabResult, Number, text};

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
        let wrong = |what: String| {
            Failure::fault(format!(
                "the pack `catalogue` has {what}; publish it again, mended"
            ))
        };
        let groups = pack
            .get("groups")
            .and_then(Value::as_array)
            .ok_or_else(|| wrong("no `groups`".to_owned()))?;
        let sections = pack.get("report_sections").and_then(Value::as_array);
        let sections: Option<Vec<_>> = sections.and_then(|it| {
            it.iter()
                .map(|code| code.as_str().map(str::to_owned))
                .collect()
        });
        let mut catalogue = Self {
            groups: vec![],
            tests: vec![],
            report_sections: sections
                .ok_or_else(|| wrong("no list of texts `report_sections`".to_owned()))?,
            by_code: BTreeMap::new(),
        };
        for group in groups {
            let title =
                text(group, "/title").ok_or_else(|| wrong("a group without a title".to_owned()))?;
            for test in group
                .get("tests")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                let test = Test::read(test, catalogue.groups.len())
                    .ok_or_else(|| wrong(format!("a test without id, name or codes in {title}")))?;
                for code in &test.codes {
                    catalogue
                        .by_code
                        .entry(code.clone())
                        .or_insert(catalogue.tests.len());
                }
                catalogue.tests.push(test);
            }
            catalogue.groups.push(title.to_owned());
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
    fn read(test: &Value, group: usize) -> Option<Self> {
        let pair = |it: &Value| {
            Some((
                it.get(0)?.as_str()?.to_owned(),
                it.get(1)?.as_str()?.to_owned(),
            ))
        };
        let codes: Option<Vec<_>> = test.get("codes")?.as_array()?.iter().map(pair).collect();
        let ranges = test
            .get("ranges")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let ranges: Option<Vec<_>> = ranges.map(CatalogueRange::read).collect();
        let (id, name) = (
            text(test, "/id")?.to_owned(),
            text(test, "/name")?.to_owned(),
        );
        Some(Self {
            id,
            name,
            group,
            codes: codes.filter(|it| !it.is_empty())?,
            ranges: ranges?,
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
    fn read(range: &Value) -> Option<Self> {
        let units = range
            .get("units")?
            .as_array()?
            .iter()
            .map(|unit| unit.as_str().map(str::to_owned));
        let end = |path| text(range, path).map(str::to_owned);
        Some(Self {
            low: end("/low"),
            high: end("/high"),
            population: text(range, "/population")?.to_owned(),
            units: units.collect::<Option<_>>()?,
            sex: end("/sex"),
            from_years: u32::try_from(range.get("from_years")?.as_u64()?).ok()?,
            below_years: match range.get("below_years") {
                None => None,
                Some(below) => Some(u32::try_from(below.as_u64()?).ok()?),
            },
        })
    }
}
