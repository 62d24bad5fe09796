//! dm+d in the XML files of its weekly release.
//!
//! A virtual product lies below its moiety, an actual product below its virtual one, a pack below its product. What the files
//! say of a product becomes a property by the name of its element; forms, routes, units and suppliers are concepts too.
//!
//! Invariant: a product that names another which is not there is a fault, with its place.

use std::io::BufRead;

use quick_xml::events::Event;
use quick_xml::reader::Reader;

use super::base_name;
use super::counted::Counted;
use super::draft::Draft;
use super::files::Files;
use super::identifier::{self, Component};
use super::lines::Faults;
use super::refusal::{Fault, LoadError};
use crate::limits;
use crate::terminology::shown;

/// A release as it was read.
pub(super) struct ReadRelease {
    pub(super) draft: Draft,
    /// The date in the names of the files, year first.
    pub(super) newest: Option<String>,
}

/// A product and how its elements are called.
struct Product {
    record: &'static str,
    id: &'static str,
    name: &'static str,
    parents: &'static [&'static str],
}

const PRODUCTS: [Product; 6] = [
    Product {
        record: "VTM",
        id: "VTMID",
        name: "NM",
        parents: &[],
    },
    Product {
        record: "VMP",
        id: "VPID",
        name: "NM",
        parents: &["VTMID"],
    },
    Product {
        record: "AMP",
        id: "APID",
        name: "DESC",
        parents: &["VPID"],
    },
    Product {
        record: "VMPP",
        id: "VPPID",
        name: "NM",
        parents: &["VPID"],
    },
    Product {
        record: "AMPP",
        id: "APPID",
        name: "NM",
        parents: &["VPPID", "APID"],
    },
    Product {
        record: "ING",
        id: "ISID",
        name: "NM",
        parents: &[],
    },
];

/// Records that say something more of a product: the record, the product's id, and what is said.
const MORE: [(&str, &str, &str); 7] = [
    ("VPI", "VPID", "ISID"),
    ("DFORM", "VPID", "FORMCD"),
    ("ONT", "VPID", "FORMCD"),
    ("DROUTE", "VPID", "ROUTECD"),
    ("CONTROL_INFO", "VPID", "CATCD"),
    ("AP_ING", "APID", "ISID"),
    ("LIC_ROUTE", "APID", "ROUTECD"),
];

/// The beginnings of the names of the files that must be there.
const FILES: [&str; 7] = [
    "f_vtm",
    "f_vmp",
    "f_amp",
    "f_vmpp",
    "f_ampp",
    "f_ingredient",
    "f_lookup",
];

/// Elements within elements: the files have four.
const DEPTH_MAX: usize = 8;

/// Where something was said.
#[derive(Clone, Copy)]
struct At {
    file: usize,
    line: u64,
    column: u64,
}

struct Reading {
    draft: Draft,
    faults: Faults,
    files: Vec<String>,
    /// Concept and parent, until all concepts are known.
    parents: Vec<(u32, u64, At)>,
    /// What further records say of a product: its id, the property and the value.
    said: Vec<(u64, &'static str, String, At)>,
}

/// Reads the files of a release.
pub(super) fn read(files: &mut Files) -> Result<ReadRelease, LoadError> {
    let mut reading = Reading {
        draft: Draft::default(),
        faults: Faults::default(),
        files: Vec::new(),
        parents: Vec::new(),
        said: Vec::new(),
    };
    let mut newest: Option<String> = None;
    for wanted in FILES {
        let is = |name: &str| {
            let rest = name
                .strip_prefix(wanted)
                .and_then(|rest| rest.strip_suffix(".xml"));
            rest.is_some_and(|rest| rest.bytes().all(|it| it.is_ascii_digit() || it == b'_'))
        };
        let names = files.named(is);
        let [name] = names.as_slice() else {
            let what = format!(
                "there must be one file {wanted}….xml, and there are {}",
                names.len()
            );
            return Err(LoadError::Incomplete { what });
        };
        newest = newest.max(date_of(name));
        reading.files.push(name.clone());
        files.read(name, |from| reading.file(from))?;
    }
    reading.joined()?;
    let Reading { draft, faults, .. } = reading;
    faults.none()?;
    Ok(ReadRelease { draft, newest })
}

/// `f_vmp2_3161026.xml` is of 16 October 2026: the last six digits are day, month and year.
fn date_of(name: &str) -> Option<String> {
    let digits = base_name(name).strip_suffix(".xml")?;
    let date = digits.get(digits.len().checked_sub(6)?..)?;
    let is_date = date.bytes().all(|it| it.is_ascii_digit());
    is_date.then(|| format!("20{}{}{}", &date[4..], &date[2..4], &date[..2]))
}

/// An element that is open.
struct Open {
    name: String,
    text: String,
    fields: Vec<(String, String)>,
    has_children: bool,
    at: At,
}

impl Reading {
    fn file(&mut self, from: &mut dyn BufRead) -> Result<(), LoadError> {
        let file = self.files.len().saturating_sub(1);
        let mut reader = Reader::from_reader(Counted {
            from,
            line: 1,
            column: 1,
        });
        let mut bytes = Vec::new();
        let mut open: Vec<Open> = Vec::new();
        loop {
            bytes.clear();
            let (line, column) = (reader.get_ref().line, reader.get_ref().column);
            let at = At { file, line, column };
            let event = reader.read_event_into(&mut bytes);
            let event = match event {
                Ok(event) => event,
                Err(why) => {
                    self.fault(at, format!("the XML cannot be read: {why}"))?;
                    return Ok(());
                }
            };
            match event {
                Event::Start(start) => {
                    if open.len() >= DEPTH_MAX {
                        self.fault(at, "elements lie too deep in each other".to_owned())?;
                        return Ok(());
                    }
                    if let Some(around) = open.last_mut() {
                        around.has_children = true;
                    }
                    open.push(Open {
                        name: start.local_name().as_ref().to_owned(),
                        text: String::new(),
                        fields: Vec::new(),
                        has_children: false,
                        at,
                    });
                }
                Event::Empty(_) => {
                    if let Some(around) = open.last_mut() {
                        around.has_children = true;
                    }
                }
                Event::Text(text) => self.text(&mut open, &text.xml10_content(), at)?,
                Event::CData(text) => self.text(&mut open, &text.into_inner(), at)?,
                Event::GeneralRef(name) => {
                    let spelt = format!("&{};", &*name);
                    match quick_xml::escape::unescape(&spelt) {
                        Ok(letters) => self.text(&mut open, &letters, at)?,
                        Err(why) => self.fault(at, format!("{why}"))?,
                    }
                }
                Event::End(_) => self.ended(&mut open)?,
                Event::DocType(_) => self.fault(at, "a DOCTYPE is not taken".to_owned())?,
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
                Event::Eof if open.is_empty() => return Ok(()),
                Event::Eof => {
                    return self.fault(at, "the file ends before its elements do".to_owned());
                }
            }
        }
    }

    /// An element has ended: a field of the one around it, a record, or a group of records.
    fn ended(&mut self, open: &mut Vec<Open>) -> Result<(), LoadError> {
        let Some(element) = open.pop() else {
            return Ok(());
        };
        if element.has_children {
            if element.fields.is_empty() {
                return Ok(());
            }
            let group = open.last().map_or("", |around| around.name.as_str());
            return self.record(group, &element);
        }
        if let Some(around) = open.last_mut() {
            let value = element.text.trim().to_owned();
            around.fields.push((element.name, value));
        }
        Ok(())
    }

    fn text(&mut self, open: &mut [Open], text: &str, at: At) -> Result<(), LoadError> {
        let Some(element) = open.last_mut() else {
            return Ok(());
        };
        if element.text.len() + text.len() > limits::RELEASE_LINE_BYTES_MAX {
            element.text.clear();
            return self.fault(at, "a text is too long".to_owned());
        }
        element.text.push_str(text);
        Ok(())
    }

    fn fault(&mut self, at: At, why: String) -> Result<(), LoadError> {
        let file = self.files.get(at.file).cloned().unwrap_or_default();
        self.faults.add(Fault {
            file,
            line: at.line,
            column: at.column,
            why,
        })
    }

    /// One record: a product, something more of one, or a line of a look-up.
    fn record(&mut self, group: &str, record: &Open) -> Result<(), LoadError> {
        if record.name == "INFO" {
            return self.looked_up(group, record);
        }
        if let Some(product) = PRODUCTS.iter().find(|it| it.record == record.name) {
            return self.product(product, record);
        }
        let more = MORE.iter().filter(|(name, _, _)| *name == record.name);
        for (_, id, property) in more {
            let Some(code) = self.identifier(record, id)? else {
                continue;
            };
            if let Some(value) = field(record, property) {
                self.said
                    .push((code, property, value.to_owned(), record.at));
                super::draft::bounded(self.said.len())?;
            }
        }
        Ok(())
    }

    /// The identifier in a field that must be there.
    fn identifier(&mut self, record: &Open, name: &str) -> Result<Option<u64>, LoadError> {
        let read = match field(record, name) {
            None => Err(format!("a {} has no {name}", record.name)),
            Some(text) => identifier::read(text, Component::Concept),
        };
        match read {
            Ok(code) => Ok(Some(code)),
            Err(why) => self.fault(record.at, why).map(|()| None),
        }
    }

    fn product(&mut self, product: &Product, record: &Open) -> Result<(), LoadError> {
        let Some(code) = self.identifier(record, product.id)? else {
            return Ok(());
        };
        if self.draft.place(code).is_some() {
            return self.fault(record.at, format!("`{code}` is there twice"));
        }
        let inactive = field(record, "INVALID") == Some("1");
        let place = self.draft.concept(code, inactive)?;
        let Some(name) = field(record, product.name).or_else(|| field(record, "NM")) else {
            return self.fault(record.at, format!("`{code}` has no {}", product.name));
        };
        self.draft.name(place, ('s', "en-GB", 0), name)?;
        self.draft.say(place, ('c', "kind"), product.record)?;
        for parent in product.parents {
            // A virtual product need not have a moiety.
            if field(record, parent).is_none() && *parent == "VTMID" {
                continue;
            }
            if let Some(parent) = self.identifier(record, parent)? {
                self.parents.push((place, parent, record.at));
                super::draft::bounded(self.parents.len())?;
            }
        }
        for (field, value) in &record.fields {
            match field.as_str() {
                _ if value.is_empty() => {}
                "INVALID" => {}
                own if own == product.id || own == product.name => {}
                "NM" | "ABBREVNM" => self.draft.name(place, ('s', "en-GB", 1), value)?,
                coded if coded.ends_with("CD") || coded.ends_with("ID") => {
                    self.draft.say(place, ('c', coded), value)?;
                }
                other => self.draft.say(place, ('s', other), value)?,
            }
        }
        Ok(())
    }

    /// A line of a look-up: a concept where its code is one, and otherwise of no use.
    fn looked_up(&mut self, group: &str, record: &Open) -> Result<(), LoadError> {
        let Some(text) = field(record, "CD") else {
            return self.fault(record.at, "a line of a look-up has no CD".to_owned());
        };
        let Ok(code) = identifier::read(text, Component::Concept) else {
            return Ok(());
        };
        let is_there = self.draft.place(code).is_some();
        let inactive = field(record, "INVALID") == Some("1");
        let place = self.draft.concept(code, inactive)?;
        if let Some(name) = field(record, "DESC").filter(|_| !is_there) {
            self.draft.name(place, ('s', "en-GB", 0), name)?;
        }
        self.draft.say(place, ('c', "kind"), &shown(group))
    }

    /// Puts together what names other concepts.
    fn joined(&mut self) -> Result<(), LoadError> {
        for (concept, parent, at) in std::mem::take(&mut self.parents) {
            match self.draft.place(parent) {
                Some(parent) => self.draft.parent(concept, parent)?,
                None => self.fault(at, format!("there is no `{parent}`"))?,
            }
        }
        for (code, property, value, at) in std::mem::take(&mut self.said) {
            match self.draft.place(code) {
                Some(place) => self.draft.say(place, ('c', property), &value)?,
                None => self.fault(at, format!("there is no `{code}`"))?,
            }
        }
        Ok(())
    }
}

fn field<'o>(record: &'o Open, name: &str) -> Option<&'o str> {
    let found = record.fields.iter().find(|(own, _)| own == name);
    found
        .map(|(_, value)| value.as_str())
        .filter(|value| !value.is_empty())
}
