//! A message as people read it: its segments, and in each the fields with their names and parts.
//!
//! Invariant: nothing of a message is left out or changed; what cannot be read as a message is shown as it is.

use fhir::nhs_number::NhsNumber;

use crate::written::{day, plain};

/// Segments that are shown in parts; what stands behind them is in the text.
const SEGMENTS_MAX: usize = 500;
/// Characters of one value that are shown.
const VALUE_CHARS_MAX: usize = 400;

/// The names of the fields of segments that most messages have, in order from field 1 on.
const NAMES: [(&str, &str); 16] = [
    (
        "MSH",
        "Field separator|Encoding characters|Sending application|Sending facility|Receiving application|Receiving facility|Date and time of message|Security|Message type|Control id|Processing id|Version|Sequence number|Continuation pointer|Accept acknowledgement|Application acknowledgement|Country|Character set",
    ),
    (
        "EVN",
        "Event|Recorded at|Planned for|Reason|Operator|Occurred at|Facility",
    ),
    (
        "PID",
        "Set id|Patient id (external)|Patient identifiers|Alternate patient id|Name|Mother's maiden name|Date of birth|Sex|Alias|Race|Address|County|Telephone (home)|Telephone (work)|Language|Marital status|Religion|Account number|SSN|Driver's licence|Mother's identifier|Ethnic category|Birth place|Multiple birth|Birth order|Citizenship|Veteran status|Nationality|Date of death|Dead",
    ),
    (
        "PD1",
        "Living dependency|Living arrangement|Practice|General practitioner",
    ),
    (
        "NK1",
        "Set id|Name|Relationship|Address|Telephone|Telephone (work)|Role",
    ),
    (
        "MRG",
        "Prior patient identifiers|Prior alternate id|Prior account number|Prior patient id|Prior visit number|Prior alternate visit id|Prior name",
    ),
    (
        "PV1",
        "Set id|Patient class|Location|Admission type|Pre-admit number|Prior location|Attending doctor|Referring doctor|Consulting doctor|Hospital service|Temporary location|Pre-admit test|Re-admission|Admit source|Ambulatory status|VIP|Admitting doctor|Patient type|Visit number",
    ),
    (
        "PV2",
        "Prior pending location|Accommodation|Admit reason|Transfer reason",
    ),
    (
        "AL1",
        "Set id|Type|Allergen|Severity|Reaction|Identified on",
    ),
    (
        "DG1",
        "Set id|Coding method|Code|Description|Diagnosed at|Type",
    ),
    (
        "ORC",
        "Order control|Placer order number|Filler order number|Placer group number|Status|Response|Timing|Parent|Date and time of transaction|Entered by|Verified by|Ordering provider",
    ),
    (
        "OBR",
        "Set id|Placer order number|Filler order number|Test|Priority|Requested at|Observed from|Observed to|Collection volume|Collector|Action|Danger|Clinical information|Specimen received at|Specimen source|Ordering provider|Callback|Placer field 1|Placer field 2|Filler field 1|Filler field 2|Results or status changed at|Charge|Section|Result status|Parent result|Timing|Copies to|Parent|Transport|Reason|Interpreter",
    ),
    (
        "OBX",
        "Set id|Value type|Test|Sub-id|Value|Units|Reference range|Abnormal flags|Probability|Nature of abnormality|Result status|Range effective|User checks|Observed at|Producer|Observer|Method|Equipment|Analysed at",
    ),
    ("NTE", "Set id|Source|Comment|Type"),
    (
        "SPM",
        "Set id|Specimen id|Parent id|Type|Modifier|Additives|Collection method|Source site|Site modifier|Collection site|Role|Amount|Grouped count|Description|Handling|Risk|Collected|Received",
    ),
    (
        "SCH",
        "Placer appointment|Filler appointment|Occurrence|Placer group|Schedule|Event reason|Appointment reason|Type|Duration|Duration units|Timing|Contact",
    ),
];

/// A message in parts.
pub(crate) struct Reading {
    pub(crate) segments: Vec<Segment>,
    /// Whether there are more segments than are shown in parts.
    pub(crate) more: bool,
}

pub(crate) struct Segment {
    pub(crate) name: String,
    /// Which of that name, from 1.
    pub(crate) occurrence: usize,
    pub(crate) fields: Vec<Field>,
}

pub(crate) struct Field {
    /// As an acknowledgement names it: `PID-5`, `OBX[3]-5`.
    pub(crate) place: String,
    pub(crate) name: &'static str,
    /// Each repetition in its components.
    pub(crate) repetitions: Vec<Vec<String>>,
}

/// Bytes as text: UTF-8 where they are that, else each byte as the letter of Latin-1.
pub(crate) fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// The text of an edited copy as bytes in the way of the original. `None`: a letter that its character set does not have.
pub(crate) fn bytes_like(original: &[u8], edited: &str) -> Option<Vec<u8>> {
    let edited = edited.replace("\r\n", "\r").replace('\n', "\r");
    if std::str::from_utf8(original).is_ok() {
        return Some(edited.into_bytes());
    }
    edited.chars().map(|c| u8::try_from(c).ok()).collect()
}

/// A message with each segment on a line of its own.
pub(crate) fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

impl Reading {
    pub(crate) fn of(text: &str) -> Self {
        let lined = lines(text);
        let mut marks = lined
            .trim_start()
            .strip_prefix("MSH")
            .unwrap_or_default()
            .chars();
        let separator = marks.next().unwrap_or('|');
        let component = marks.next().unwrap_or('^');
        let repetition = marks.next().unwrap_or('~');
        let mut segments: Vec<Segment> = Vec::new();
        let mut more = false;
        for line in lined.lines().filter(|line| !line.trim().is_empty()) {
            if segments.len() >= SEGMENTS_MAX {
                more = true;
                break;
            }
            let mut cut: Vec<&str> = line.split(separator).collect();
            let name = cut.remove(0).trim().to_owned();
            let marks = separator.to_string();
            if name == "MSH" {
                cut.insert(0, &marks);
            }
            let occurrence = 1 + segments.iter().filter(|it| it.name == name).count();
            let names = NAMES
                .iter()
                .find(|(it, _)| *it == name)
                .map_or("", |(_, names)| names);
            let fields = cut
                .iter()
                .enumerate()
                .filter(|(_, value)| !value.is_empty());
            let fields = fields.map(|(at, value)| Field {
                place: place(&name, occurrence, at + 1),
                name: names.split('|').nth(at).unwrap_or_default(),
                repetitions: match name == "MSH" && at < 2 {
                    true => vec![vec![(*value).to_owned()]],
                    false => value
                        .split(repetition)
                        .map(|one| one.split(component).map(short).collect())
                        .collect(),
                },
            });
            segments.push(Segment {
                fields: fields.collect(),
                name,
                occurrence,
            });
        }
        Self { segments, more }
    }
}

/// About whom a message says it is: name, day of birth and numbers of its PID segment, in words.
pub(crate) fn about(bytes: &[u8]) -> Option<String> {
    let reading = Reading::of(&text(bytes));
    let pid = reading.segments.iter().find(|it| it.name == "PID")?;
    let field = |place: &str| {
        let found = pid.fields.iter().find(|it| it.place == place);
        found.map_or(&[][..], |it| it.repetitions.as_slice())
    };
    let part = |of: &Vec<String>, at: usize| of.get(at).filter(|it| !it.is_empty()).cloned();
    let name = field("PID-5").first().map(|it| {
        let family = part(it, 0).map(|it| it.to_uppercase());
        let parts: Vec<String> = family.into_iter().chain(part(it, 1)).collect();
        parts.join(", ")
    });
    let born = field("PID-7").first().and_then(|it| part(it, 0));
    let born = born.map(|it| format!("born {}", day_of(&it)));
    let numbers = field("PID-3").iter().filter_map(|it| {
        let number = part(it, 0)?;
        match number.parse::<NhsNumber>() {
            Ok(number) if part(it, 3).as_deref() == Some("NHS") => {
                Some(format!("NHS No. {number}"))
            }
            Ok(_) | Err(_) => Some(number),
        }
    });
    let said: Vec<String> = name.into_iter().chain(born).chain(numbers).collect();
    (!said.is_empty()).then(|| said.join(", "))
}

/// `19480303` as a day; anything else as it stands.
fn day_of(text: &str) -> String {
    match (text.get(..4), text.get(4..6), text.get(6..8)) {
        (Some(year), Some(month), Some(of_month)) => day(&format!("{year}-{month}-{of_month}")),
        _shorter => text.to_owned(),
    }
}

fn place(segment: &str, occurrence: usize, field: usize) -> String {
    match occurrence {
        1 => format!("{segment}-{field}"),
        more => format!("{segment}[{more}]-{field}"),
    }
}

fn short(value: &str) -> String {
    let cut: String = value.chars().take(VALUE_CHARS_MAX).collect();
    match cut.len() < value.len() {
        true => format!("{} … ({} characters)", plain(&cut), value.chars().count()),
        false => plain(&cut),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

    use super::{Reading, about, bytes_like, text};

    #[test]
    fn a_message_says_about_whom_it_is() {
        let rows = [
            (
                "PID|1||9991122338^^^NHS^NH~M1^^^RXR^PI||Hargreaves^Maureen||19480303|F",
                "HARGREAVES, Maureen, born 03-Mar-1948, NHS No. 999 112 2338, M1",
            ),
            ("PID|1||M1^^^RXR^PI||||1948", "born 1948, M1"),
            ("PID|1||not a number^^^NHS^NH", "not a number"),
            ("PID|1", ""),
            ("PV1|1|I", ""),
        ];
        for (segment, words) in rows {
            let message = format!("MSH|^~\\&|PAS|RXR\r{segment}\r");
            assert_eq!(
                about(message.as_bytes()).unwrap_or_default(),
                words,
                "{segment}"
            );
        }
    }

    #[test]
    fn a_message_is_read_in_its_own_delimiters() {
        let rows = [
            (
                "MSH|^~\\&|PAS|RXR\rPID|1||943^^^NHS~A1||WRIGHT^Ann\r",
                "PID-3",
                "Patient identifiers",
                "943,,,NHS;A1",
            ),
            (
                "MSH#*!?%#PAS\nPID#1##D4***RXR\n",
                "PID-3",
                "Patient identifiers",
                "D4,,,RXR",
            ),
            (
                "MSH|^~\\&|PAS\rOBX|1\rOBX|2|NM\r",
                "OBX[2]-2",
                "Value type",
                "NM",
            ),
            ("MSH|^~\\&|PAS\rZU1|x\r", "ZU1-1", "", "x"),
            ("nothing of the kind", "", "", ""),
        ];
        for (message, place, name, value) in rows {
            let reading = Reading::of(message);
            let found = reading.segments.iter().flat_map(|it| &it.fields);
            let found = found.into_iter().find(|it| it.place == place);
            let Some(found) = found else {
                assert_eq!(place, "", "{message}");
                continue;
            };
            let each: Vec<String> = found.repetitions.iter().map(|it| it.join(",")).collect();
            assert_eq!((found.name, each.join(";")), (name, value.to_owned()));
        }
    }

    #[test]
    fn an_edited_copy_has_the_letters_of_the_original() {
        let latin = b"MSH|^~\\&\rPID|||||S\xC1NCHEZ";
        let edited = text(latin).replace("NCHEZ", "NCHES");
        assert_eq!(
            bytes_like(latin, &edited.replace('\r', "\r\n")).unwrap(),
            b"MSH|^~\\&\rPID|||||S\xC1NCHES"
        );
        assert_eq!(bytes_like(latin, "MSH|\u{20AC}"), None);
        assert_eq!(
            bytes_like(b"MSH", "MSH|\u{20AC}").unwrap(),
            "MSH|\u{20AC}".as_bytes()
        );
    }
}
