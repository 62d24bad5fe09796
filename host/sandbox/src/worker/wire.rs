//! What the host and its workers say to each other over a pair of sockets: frames of a tag and some parts.
//!
//! Invariant: whatever the other side sends, reading it is bounded and ends in a message or in a refusal.

use record::departmental::cost::Cost;
use record::departmental::{Failure, FailureKind, Question};
use serde_json::Value;

use crate::budget::Budget;
use crate::contract::{Facts, Version};

/// Bytes of a frame's length.
pub(crate) const HEAD_BYTES: usize = 4;
/// The longest frame to a worker, in bytes: one with code.
pub(crate) const TO_WORKER_BYTES_MAX: usize = 768 * 1024 * 1024;
/// The longest frame from a worker, in bytes: an answer as large as the engine carries over, and what is said with it.
pub(crate) const FROM_WORKER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What was sent is none of the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what was sent cannot be read: {0}")]
pub(crate) struct Unreadable(&'static str);

/// What a worker begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Begin {
    pub(crate) budget: Budget,
    pub(crate) version: Version,
    pub(crate) code: Vec<u8>,
}

/// What a worker wants of the chart and the packs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    Read(String),
    Search(String),
    Rows { view: String, parameters: String },
    Pack(String),
}

impl Wanted {
    /// Bytes of its arguments.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Read(argument) | Self::Search(argument) | Self::Pack(argument) => argument.len(),
            Self::Rows { view, parameters } => view.len().saturating_add(parameters.len()),
        }
    }
}

/// What a worker says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FromWorker {
    /// It can be asked.
    Ready,
    /// Its component does not fit.
    Unfit(String),
    /// It waits for this.
    Wants(Wanted),
    /// A line of the journal.
    Note { level: String, message: String },
    /// The call is over.
    Ended(Said, Cost),
}

pub(crate) use crate::guest::Said;

impl Begin {
    pub(crate) fn frame(budget: &Budget, version: Version, code: &[u8]) -> Vec<u8> {
        let numbers = [
            budget.memory_bytes as u64,
            budget.table_elements as u64,
            budget.wall_ms,
            u64::from(budget.host_calls),
            budget.chart_bytes as u64,
            budget.answer_bytes as u64,
            u64::from(budget.notes),
        ]
        .map(u64::to_le_bytes);
        let mut parts: Vec<&[u8]> = numbers.iter().map(<[u8; 8]>::as_slice).collect();
        parts.push(version_name(version).as_bytes());
        parts.push(code);
        frame(b'b', &parts)
    }

    pub(crate) fn read(body: &[u8]) -> Result<Self, Unreadable> {
        let mut parts = Parts::of(body, b'b')?;
        let budget = Budget {
            memory_bytes: parts.size()?,
            table_elements: parts.size()?,
            wall_ms: parts.number()?,
            host_calls: parts.small()?,
            chart_bytes: parts.size()?,
            answer_bytes: parts.size()?,
            notes: parts.small()?,
        };
        let version = version_named(&parts.text()?)?;
        let code = parts.next()?.to_vec();
        parts.end()?;
        Ok(Self {
            budget,
            version,
            code,
        })
    }
}

fn version_name(version: Version) -> &'static str {
    match version {
        Version::V0_1 => "0.1",
        Version::V0_2 => "0.2",
    }
}

fn version_named(name: &str) -> Result<Version, Unreadable> {
    match name {
        "0.1" => Ok(Version::V0_1),
        "0.2" => Ok(Version::V0_2),
        _other => Err(Unreadable("the version of the contract")),
    }
}

/// A question as it goes to a worker.
pub(crate) fn ask_frame(facts: &Facts, question: &Question) -> Vec<u8> {
    let written = |document: &Value| document.to_string().into_bytes();
    let (kind, first, second, last) = match question {
        Question::Open { screen, parameters } => ("open", screen.as_str(), "", written(parameters)),
        Question::Submit {
            screen,
            action,
            form,
        } => ("submit", screen.as_str(), action.as_str(), written(form)),
        Question::React { event } => ("react", "", "", written(event)),
        Question::Advise { hook, input } => ("advise", hook.as_str(), "", written(input)),
        Question::Convert { format, message } => ("convert", format.as_str(), "", message.clone()),
    };
    // Neither reference is ever empty where it is there.
    let (patient, encounter) = (facts.patient.as_deref(), facts.encounter.as_deref());
    let texts = [
        facts.site.as_str(),
        patient.unwrap_or_default(),
        encounter.unwrap_or_default(),
        &facts.role,
        &facts.now,
        &facts.settings,
        kind,
        first,
        second,
    ];
    let mut parts: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
    parts.push(&last);
    frame(b'a', &parts)
}

/// A question as a worker reads it.
pub(crate) fn read_ask(body: &[u8]) -> Result<(Facts, Question), Unreadable> {
    let mut parts = Parts::of(body, b'a')?;
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    let facts = Facts {
        site: parts.text()?,
        patient: some(parts.text()?),
        encounter: some(parts.text()?),
        role: parts.text()?,
        now: parts.text()?,
        settings: parts.text()?,
    };
    let (kind, first, second) = (parts.text()?, parts.text()?, parts.text()?);
    let last = parts.next()?;
    parts.end()?;
    let document = || serde_json::from_slice::<Value>(last).map_err(|_| Unreadable("a document"));
    let question = match kind.as_str() {
        "open" => Question::Open {
            screen: first,
            parameters: document()?,
        },
        "submit" => Question::Submit {
            screen: first,
            action: second,
            form: document()?,
        },
        "react" => Question::React { event: document()? },
        "advise" => Question::Advise {
            hook: first,
            input: document()?,
        },
        "convert" => Question::Convert {
            format: first,
            message: last.to_vec(),
        },
        _other => return Err(Unreadable("the kind of a question")),
    };
    Ok((facts, question))
}

/// What a worker waited for.
pub(crate) fn given_frame(given: &Result<String, Failure>) -> Vec<u8> {
    match given {
        Ok(document) => frame(b'g', &[document.as_bytes()]),
        Err(failure) => frame(b'n', &[failure.code.as_bytes(), failure.detail.as_bytes()]),
    }
}

/// What a worker waited for, as it reads it.
pub(crate) fn read_given(body: &[u8]) -> Result<Result<String, Failure>, Unreadable> {
    if body.first() == Some(&b'n') {
        let mut parts = Parts::of(body, b'n')?;
        let failure = parts.failure()?;
        parts.end()?;
        return Ok(Err(failure));
    }
    let mut parts = Parts::of(body, b'g')?;
    let document = parts.text()?;
    parts.end()?;
    Ok(Ok(document))
}

impl FromWorker {
    pub(crate) fn frame(&self) -> Vec<u8> {
        match self {
            Self::Ready => frame(b'r', &[]),
            Self::Unfit(why) => frame(b'u', &[why.as_bytes()]),
            Self::Wants(wanted) => {
                let (function, first, second) = match wanted {
                    Wanted::Read(reference) => ("read", reference.as_str(), ""),
                    Wanted::Search(query) => ("search", query.as_str(), ""),
                    Wanted::Rows { view, parameters } => ("rows", view.as_str(), &**parameters),
                    Wanted::Pack(name) => ("pack", name.as_str(), ""),
                };
                frame(b'w', &[function, first, second].map(str::as_bytes))
            }
            Self::Note { level, message } => frame(b'j', &[level.as_bytes(), message.as_bytes()]),
            Self::Ended(said, cost) => ended_frame(said, cost),
        }
    }

    pub(crate) fn read(body: &[u8]) -> Result<Self, Unreadable> {
        let (tag, mut parts) = Parts::any(body)?;
        let said = match tag {
            b'r' => Self::Ready,
            b'u' => Self::Unfit(parts.text()?),
            b'w' => {
                let (function, first, second) = (parts.text()?, parts.text()?, parts.text()?);
                Self::Wants(match function.as_str() {
                    "read" => Wanted::Read(first),
                    "search" => Wanted::Search(first),
                    "rows" => Wanted::Rows {
                        view: first,
                        parameters: second,
                    },
                    "pack" => Wanted::Pack(first),
                    _other => return Err(Unreadable("the name of a host function")),
                })
            }
            b'j' => Self::Note {
                level: parts.text()?,
                message: parts.text()?,
            },
            b'e' => {
                let cost = Cost {
                    computed_ms: parts.number()?,
                    memory_bytes: parts.number()?,
                    host_calls: parts.small()?,
                    ..Cost::default()
                };
                Self::Ended(parts.said()?, cost)
            }
            _other => return Err(Unreadable("the tag of a frame")),
        };
        parts.end()?;
        Ok(said)
    }
}

fn ended_frame(said: &Said, cost: &Cost) -> Vec<u8> {
    let (how, first, second) = match said {
        Said::Document(document) => ("document", document.as_str(), ""),
        Said::Refused(failure) => ("refused", failure.code.as_str(), failure.detail.as_str()),
        Said::NotProvided => ("not-provided", "", ""),
        Said::Failed { kind, what } => ("failed", kind.word(), what.as_str()),
    };
    let computed = cost.computed_ms.to_le_bytes();
    let memory = cost.memory_bytes.to_le_bytes();
    let calls = u64::from(cost.host_calls).to_le_bytes();
    let texts = [how.as_bytes(), first.as_bytes(), second.as_bytes()];
    let numbers: [&[u8]; 3] = [&computed, &memory, &calls];
    frame(b'e', &[&numbers, texts.as_slice()].concat())
}

/// The parts of a frame one after the other.
struct Parts<'b> {
    left: &'b [u8],
}

impl<'b> Parts<'b> {
    fn any(body: &'b [u8]) -> Result<(u8, Self), Unreadable> {
        let (tag, left) = body.split_first().ok_or(Unreadable("an empty frame"))?;
        Ok((*tag, Self { left }))
    }

    fn of(body: &'b [u8], wanted: u8) -> Result<Self, Unreadable> {
        let (tag, parts) = Self::any(body)?;
        if tag == wanted {
            Ok(parts)
        } else {
            Err(Unreadable("another frame than the one waited for"))
        }
    }

    fn next(&mut self) -> Result<&'b [u8], Unreadable> {
        let short = Unreadable("a part is shorter than it says");
        let (length, rest) = self.left.split_first_chunk::<HEAD_BYTES>().ok_or(short)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| short)?;
        let (part, left) = rest.split_at_checked(length).ok_or(short)?;
        self.left = left;
        Ok(part)
    }

    fn text(&mut self) -> Result<String, Unreadable> {
        let text = std::str::from_utf8(self.next()?);
        text.map(str::to_owned)
            .map_err(|_| Unreadable("a text that is no UTF-8"))
    }

    fn number(&mut self) -> Result<u64, Unreadable> {
        let bytes = self.next()?.try_into();
        bytes
            .map(u64::from_le_bytes)
            .map_err(|_| Unreadable("a number"))
    }

    fn small(&mut self) -> Result<u32, Unreadable> {
        u32::try_from(self.number()?).map_err(|_| Unreadable("a number"))
    }

    fn size(&mut self) -> Result<usize, Unreadable> {
        usize::try_from(self.number()?).map_err(|_| Unreadable("a number"))
    }

    fn failure(&mut self) -> Result<Failure, Unreadable> {
        Ok(Failure {
            code: self.text()?,
            detail: self.text()?,
        })
    }

    fn said(&mut self) -> Result<Said, Unreadable> {
        let how = self.text()?;
        let Failure { code, detail } = self.failure()?;
        match how.as_str() {
            "document" => Ok(Said::Document(code)),
            "refused" => Ok(Said::Refused(Failure { code, detail })),
            "not-provided" => Ok(Said::NotProvided),
            "failed" => {
                let kind = FailureKind::named(&code);
                let kind = kind.ok_or(Unreadable("the kind of a failure"))?;
                Ok(Said::Failed { kind, what: detail })
            }
            _other => Err(Unreadable("how a call ended")),
        }
    }

    fn end(&self) -> Result<(), Unreadable> {
        if self.left.is_empty() {
            Ok(())
        } else {
            Err(Unreadable("more parts than the frame has"))
        }
    }
}

/// Length, tag, and each part with its length. A part longer than a length can say cannot be had in memory here.
fn frame(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
    let body_bytes = 1 + parts
        .iter()
        .map(|part| HEAD_BYTES + part.len())
        .sum::<usize>();
    let mut frame = Vec::with_capacity(HEAD_BYTES + body_bytes);
    frame.extend(length(body_bytes));
    frame.push(tag);
    for part in parts {
        frame.extend(length(part.len()));
        frame.extend_from_slice(part);
    }
    frame
}

#[cfg(test)]
mod tests;
