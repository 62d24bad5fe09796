//! The correction of what was mistyped at a contact, and the striking out of one that was recorded in error.
//!
//! Invariant: only a contact of the open pregnancy is corrected, in the version that the form showed, with the reason; what
//! rests on it (the expected date, a score) is worked out again by the same rules.

use sdk::screen::{ActionButton, EmptyState, Fact, Link, Paragraph, Part, Section};
use sdk::{Call, Failure, Finding, Form, Outcome, Parameters, Screen, Seen, Value};

use crate::contact::{self, Change, Filed, Recorded, Said};
use crate::dating::Basis;
use crate::facts;
use crate::field::{Entry, Field, entry};
use crate::labour::LabourPack;
use crate::pregnancy::{self, Pregnancy};
use crate::sheet::{Typed, button, commit, dating_pack, form, no_pregnancy, typed};
use crate::vte::VtePack;
use crate::{birth, booking, clots, delivery, growth, scan, visit};

/// A contact that may be corrected.
struct Correctable {
    kind: &'static str,
    recorded: Recorded,
    entries: Vec<Entry>,
    seen: Vec<Seen>,
}

impl Correctable {
    /// The contact of that reference, or why it is not corrected here.
    fn read(
        call: &Call<'_>,
        pregnancy: &Pregnancy,
        reference: &str,
    ) -> Result<Result<Self, &'static str>, Failure> {
        if !reference.starts_with("Observation/") {
            return Err(Failure::invalid(format!(
                "`{reference}` is no contact of a pregnancy"
            )));
        }
        let found = call.chart.read(reference)?;
        let text = |path: &str| found.pointer(path).and_then(Value::as_str);
        if text("/focus/0/reference") != Some(pregnancy.reference.as_str()) {
            return Ok(Err(
                "This contact belongs to another pregnancy: a closed one cannot be changed.",
            ));
        }
        if text("/status") == Some("entered-in-error") {
            return Ok(Err("This contact was struck out already."));
        }
        let code = text("/code/coding/0/code");
        let Some((kind, _)) = facts::KINDS.iter().find(|(kind, _)| Some(*kind) == code) else {
            return Ok(Err("This is no contact that can be corrected here."));
        };
        let encounter = text("/encounter/reference");
        let encounter = encounter.ok_or_else(|| Failure::fault("the contact has no encounter"))?;
        let visit = call.chart.read(encounter)?;
        let components = found.get("component").and_then(Value::as_array);
        let entries = components
            .into_iter()
            .flatten()
            .filter_map(Entry::of_component);
        let seen = [(reference, &found), (encounter, &visit)].map(|(reference, it)| {
            let version = it.pointer("/meta/versionId").and_then(Value::as_str);
            Seen {
                resource: reference.to_owned(),
                version: version.unwrap_or_default().to_owned(),
            }
        });
        Ok(Ok(Self {
            kind,
            entries: entries.collect(),
            seen: seen.into(),
            recorded: Recorded { found, visit },
        }))
    }

    /// What is asked again; nothing for a kind that is not corrected.
    fn fields(&self, call: &Call<'_>, pregnancy: &Pregnancy) -> Result<Vec<Field>, Failure> {
        Ok(match self.kind {
            "booking" => booking::fields(),
            "dating" => scan::fields(),
            "visit" => visit::fields(),
            "scan" => growth::fields(pregnancy),
            "vte" => clots::fields(&VtePack::read(&call.packs.get("vte")?)?),
            "labour" => delivery::fields(&LabourPack::read(&call.packs.get("labour")?)?),
            "birth" => {
                let mut fields = birth::fields(&call.packs.get("birth")?, pregnancy)?;
                fields.retain(|it| !birth::OF_THE_BABY.contains(&it.id()));
                fields
            }
            _ => Vec::new(),
        })
    }

    /// What was typed, by the rules of its kind.
    fn filed(
        &self,
        call: &Call<'_>,
        pregnancy: &Pregnancy,
        entries: Vec<Entry>,
    ) -> Result<Result<Filed, Finding>, Failure> {
        // The scan that dated the pregnancy is put right: what is not moved is a date by a transfer.
        let held = pregnancy.edd.filter(|it| it.basis == Basis::Transfer);
        match self.kind {
            "booking" => booking::filed(call, Some(pregnancy), entries),
            "dating" => scan::filed(call, held, entries),
            "visit" => Ok(visit::filed(entries)),
            "scan" => Ok(growth::filed(entries)),
            "vte" => {
                let pack = VtePack::read(&call.packs.get("vte")?)?;
                clots::filed(call, &pack, pregnancy, entries)
            }
            "labour" => Ok(delivery::filed(entries)),
            "birth" => {
                let is_kept = |it: &&Entry| birth::OF_THE_BABY.contains(&it.id.as_str());
                let mut all: Vec<_> = self.entries.iter().filter(is_kept).cloned().collect();
                all.extend(entries);
                birth::filed(call, &call.packs.get("birth")?, pregnancy, all)
            }
            kind => Err(Failure::fault(format!("`{kind}` is not corrected"))),
        }
    }

    /// Whether the whole contact may be struck out: not what a pregnancy or a baby's record rests on.
    fn may_be_struck_out(&self) -> bool {
        !["booking", "birth"].contains(&self.kind)
    }
}

/// Draws the form with what was recorded in it.
///
/// # Errors
/// Any failure of the chart or the packs; `invalid` without the contact.
pub(crate) fn open(call: &Call<'_>, parameters: &Parameters) -> Result<Screen, Failure> {
    let reference = parameters.required("contact")?;
    let Some(pregnancy) = pregnancy::open_one(call)? else {
        return Ok(no_pregnancy());
    };
    let it = match Correctable::read(call, &pregnancy, reference)? {
        Ok(it) => it,
        Err(why) => {
            let link = Link::new("All contacts", "contacts");
            let empty = EmptyState::new("Not corrected here", why);
            return Ok(Screen::new(Section::new().child(empty).child(link)));
        }
    };
    let words = facts::words(it.kind);
    let when = it
        .recorded
        .found
        .get("effectiveDateTime")
        .and_then(Value::as_str);
    let mut root = Section::new().child(Paragraph::new(vec![
        Part::plain(format!("{words} of ")),
        Part::strong(Fact::date(when.unwrap_or_default())),
        Part::plain(
            ". What was recorded stays in the history; the correction replaces it everywhere.",
        ),
    ]));
    if it.kind == "birth" {
        let words = "Time, baby, outcome and sex are not changed here: the baby's own record rests on them. Ask the team that merges and corrects records.";
        root = root.child(Paragraph::new(words));
    }
    let carried = pregnancy.carried().with("contact", reference);
    let mut seen: Vec<Seen> = pregnancy.seen().into();
    seen.extend(it.seen.iter().cloned());
    let asked = it.fields(call, &pregnancy)?;
    let inputs = asked.iter().map(|field| {
        let held = entry(&it.entries, field.id()).map(Entry::as_text);
        field.node(held)
    });
    let correct = form("correct", "Correct it", &[], None)
        .children(inputs.collect::<Vec<_>>())
        .child(why("why").node(None))
        .carries(&carried)
        .seen(&seen)
        .child(button("Record the correction"));
    root = root.child(correct);
    if it.may_be_struck_out() {
        let strike = ActionButton::new("Strike it out").confirm(
            "This contact did not happen, or is about somebody else. It is struck out as a whole.",
        );
        let strike = form("strike-out", "Recorded in error", &[], None)
            .child(why("why-struck-out").node(None))
            .carries(&carried)
            .seen(&seen)
            .child(strike);
        root = root.child(strike);
    }
    Ok(Screen::new(root))
}

fn why(id: &str) -> Field {
    Field::text(id, "Why").required()
}

/// Answers the forms.
///
/// # Errors
/// Any failure of the chart or the packs; `not-provided` for another action.
pub(crate) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    let refuse = |what: &str| Ok(Outcome::findings(&[Finding::about_form(what)]));
    let open = match pregnancy::of_form(call, form)? {
        Ok(open) => open,
        Err(finding) => return Ok(Outcome::findings(&[finding])),
    };
    let Some(reference) = form.carried("contact") else {
        return Err(Failure::invalid("the form carries no contact"));
    };
    let it = match Correctable::read(call, &open, reference)? {
        Ok(it) => it,
        Err(why) => return refuse(why),
    };
    let is_current = |seen: &Seen| form.seen(&seen.resource) == Some(seen.version.as_str());
    if !it.seen.iter().all(is_current) {
        return refuse("This contact has changed since the form was opened. Open the form again.");
    }
    let is_strike = action == "strike-out";
    let (known, mut asked, reason) = match is_strike {
        true => ("strike-out", Vec::new(), "why-struck-out"),
        false => ("correct", it.fields(call, &open)?, "why"),
    };
    asked.push(why(reason));
    let (pregnancy, mut entries) = match typed(call, [action, known], form, &asked)? {
        Typed::Wrong(outcome) => return Ok(outcome),
        Typed::Facts(pregnancy, entries) => (pregnancy, entries),
    };
    let why = entry(&entries, reason)
        .map(Entry::as_text)
        .unwrap_or_default()
        .to_owned();
    entries.retain(|it| it.id != reason);
    if is_strike {
        if !it.may_be_struck_out() {
            return refuse(
                "A booking or a birth is not struck out: correct it, or end the pregnancy as booked by mistake.",
            );
        }
        let change = undone(call, &it, &pregnancy)?;
        let proposal = contact::strike_out(call, &pregnancy, &it.recorded, &change, &why)?;
        return Ok(commit(&proposal, "contacts"));
    }
    Ok(match it.filed(call, &pregnancy, entries)? {
        Ok(filed) => {
            let proposal = contact::correct(call, &pregnancy, &it.recorded, &filed, &why)?;
            commit(&proposal, "contacts")
        }
        Err(finding) => Outcome::findings(&[finding]),
    })
}

/// What of the pregnancy falls with a contact: without its dating scan it is dated by its booking again.
fn undone(call: &Call<'_>, it: &Correctable, pregnancy: &Pregnancy) -> Result<Change, Failure> {
    if it.kind != "dating" {
        return Ok(Change::default());
    }
    let all = facts::all(call, &["booking"])?;
    let booking = facts::of(&all, &pregnancy.reference, "booking")
        .last()
        .copied();
    let pack = dating_pack(call)?;
    let expected = booking.map(|booking| {
        let said = |id: &str| booking.text(id).map(str::to_owned);
        booking::expected(&pack, said, &booking.when)
    });
    // A booking that dates nothing, or no more by the pack in force, leaves it undated.
    let edd = expected.and_then(Result::ok).flatten();
    Ok(Change {
        edd: edd.map_or(Said::NoMore, Said::Now),
        fetuses: Said::NoMore,
        ..Change::default()
    })
}
