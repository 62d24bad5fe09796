//! A message of HL7 v2 in its segments, fields and components, as far as results of a device need them.
//!
//! Invariant: separators other than the usual ones, and bytes that are no UTF-8, are refused rather than misread.

use sdk::Failure;

use sdk::moment::Moment;

/// Segments of a message.
const SEGMENTS_MAX: usize = 500;
/// What follows `MSH`: separators of fields, components, repetitions, the sign of an escape, of parts of components.
const SEPARATORS: &str = "|^~\\&";

/// A message.
pub(super) struct Message<'m>(Vec<Segment<'m>>);

/// One of its lines.
pub(super) struct Segment<'m> {
    number: usize,
    fields: Vec<&'m str>,
}

impl<'m> Message<'m> {
    /// Reads a message.
    ///
    /// # Errors
    /// `invalid` when it is none, or another than ORU^R30.
    pub(super) fn parse(bytes: &'m [u8]) -> Result<Self, Failure> {
        let wrong = |what: &str| Failure::invalid(format!("the message cannot be read: {what}"));
        let text = std::str::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8"))?;
        let head = text
            .strip_prefix("MSH")
            .ok_or_else(|| wrong("it does not begin with MSH"))?;
        if !head.starts_with(SEPARATORS) {
            return Err(wrong("its separators are not |^~\\&"));
        }
        let lines = text.split(['\r', '\n']).filter(|line| !line.is_empty());
        let segments: Vec<_> = (1..)
            .zip(lines)
            .map(|(number, line)| Segment {
                number,
                fields: line.split('|').collect(),
            })
            .take(SEGMENTS_MAX + 1)
            .collect();
        if segments.len() > SEGMENTS_MAX {
            return Err(wrong("it has too many segments"));
        }
        // In MSH the first separator is itself a field.
        let kind = segments.first().map_or("", |it| it.component(8, 1));
        let event = segments.first().map_or("", |it| it.component(8, 2));
        if (kind, event) != ("ORU", "R30") {
            return Err(wrong("MSH-9 does not say ORU^R30"));
        }
        Ok(Self(segments))
    }

    /// Its lines, in order.
    pub(super) fn segments(&self) -> &[Segment<'m>] {
        &self.0
    }
}

impl<'m> Segment<'m> {
    /// `OBX`.
    pub(super) fn name(&self) -> &'m str {
        self.field(0)
    }

    /// A field by its number; empty when it is not there.
    pub(super) fn field(&self, number: usize) -> &'m str {
        self.fields.get(number).map_or("", |it| it.trim())
    }

    /// A component of a field by its number, which begins with 1.
    pub(super) fn component(&self, field: usize, number: usize) -> &'m str {
        let mut parts = self.field(field).split('^');
        parts.nth(number - 1).unwrap_or_default().trim()
    }

    /// The NHS numbers among the identifiers of a field, which repeat after `~`: those that NHS assigned or whose type is NH.
    pub(super) fn nhs_numbers(&self, field: usize) -> Vec<String> {
        let of = |identifier: &str| {
            let parts: Vec<_> = identifier.split('^').map(str::trim).collect();
            let part = |at: usize| parts.get(at).copied().unwrap_or_default();
            let is_nhs = part(3) == "NHS" || matches!(part(4), "NH" | "NHS");
            let digits = part(0).split_whitespace().collect::<String>();
            (is_nhs && !digits.is_empty()).then_some(digits)
        };
        self.field(field).split('~').filter_map(of).collect()
    }

    /// What is wrong with a field, for whoever looks after the feed.
    pub(super) fn wrong(&self, field: usize, what: &str) -> Failure {
        let (name, number) = (self.name(), self.number);
        Failure::invalid(format!("segment {number}, {name}-{field}: {what}"))
    }
}

/// The moment in a field, as FHIR writes it: minutes and an offset must be given.
///
/// # Errors
/// `invalid` when it is missing, no real moment, or without an offset.
pub(super) fn moment(segment: &Segment<'_>, field: usize) -> Result<String, Failure> {
    let text = segment.component(field, 1);
    let wrong = || {
        segment.wrong(
            field,
            "write a moment with its offset, as 20261124113000+0000",
        )
    };
    let at = text.rfind(['+', '-']).ok_or_else(wrong)?;
    let (clock, offset) = (&text[..at], &text[at..]);
    let is_digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = matches!(clock.len(), 12 | 14) && is_digits(clock);
    if !is_whole || offset.len() != 5 || !is_digits(&offset[1..]) {
        return Err(wrong());
    }
    let second = if clock.len() == 14 {
        &clock[12..]
    } else {
        "00"
    };
    let (year, month, day) = (&clock[..4], &clock[4..6], &clock[6..8]);
    let (hour, minute) = (&clock[8..10], &clock[10..12]);
    let (ahead, more) = offset.split_at(3);
    let written = format!("{year}-{month}-{day}T{hour}:{minute}:{second}{ahead}:{more}");
    Moment::parse(&written).map(|_| written).ok_or_else(wrong)
}
