//! What it takes to look for a new registration among many people.
//!
//! The people are invented, with names as common and as rare as they are among people (a few very common, most rare);
//! half of those who are looked for are there, with one slip each.

use std::sync::Arc;
use std::time::Instant;

use fhir::resource::{Key, Resource};
use record::Record;
use record::clock::System;
use record::proposal::{Change, Proposal};
use record::store::Place;
use serde_json::{Value, json};

use crate::spread::Spread;

/// Patients in one commit.
const AT_ONCE: usize = 1_000;
/// Registrations that are timed.
const ASKED: u64 = 500;
const SYLLABLES: [&str; 20] = [
    "har", "grea", "ves", "ash", "worth", "ent", "wis", "tle", "pil", "king", "ton", "duck", "rig",
    "by", "hol", "den", "field", "ing", "cart", "mell",
];

/// Loads so many people and times registrations.
pub(crate) async fn figures(place: &Place, people: u64) -> Result<Value, String> {
    let record = Record::open(place, Arc::new(System))
        .await
        .map_err(|why| why.to_string())?;
    let site = "RXR".parse().map_err(|_| "the code of the site")?;
    let caller = record.operator(&site);
    let since = Instant::now();
    for from in (0..people).step_by(AT_ONCE) {
        let changes = (from..people).take(AT_ONCE).map(registered);
        let proposal = Proposal::direct(changes.collect::<Result<_, _>>()?);
        record
            .commit(&caller, proposal)
            .await
            .map_err(|why| why.to_string())?;
    }
    let loading = since.elapsed().as_secs_f64().round();
    let mut spread = Spread::new()?;
    let (mut found, mut answered) = (0_u32, 0_usize);
    let begun = Instant::now();
    for n in 0..ASKED {
        // Every second one is there already.
        let whom = if n % 2 == 0 {
            n * 7_919 % people
        } else {
            people + n
        };
        let asked = person(whom, Some(n / 2));
        let since = Instant::now();
        let matches = record
            .match_patient(&caller, &asked, 10)
            .await
            .map_err(|why| why.to_string())?;
        spread.add(since.elapsed());
        answered += matches.candidates.len();
        let first = matches
            .candidates
            .first()
            .map(|it| it.stored.key.id.to_string());
        found += u32::from(first == Some(format!("p{whom}")));
    }
    record.close().await;
    Ok(
        json!({"people": people, "loading_seconds": loading, "registrations": ASKED, "there_already": ASKED / 2,
        "found_first": found, "candidates_answered": answered, "match": spread.figures(begun.elapsed())}),
    )
}

fn registered(n: u64) -> Result<Change, String> {
    let mut body = person(n, None);
    body["id"] = json!(format!("p{n}"));
    let key: Key = format!("Patient/p{n}")
        .parse()
        .map_err(|_| "the id of a patient")?;
    let resource = Resource::from_value(body).map_err(|why| why.to_string())?;
    Ok(Change::Update {
        key,
        resource,
        seen: None,
        temporary: None,
    })
}

/// Person `n`; with a slip where one is wanted.
pub(super) fn person(n: u64, slip: Option<u64>) -> Value {
    let mut state = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bd1_e995;
    let mut below = |bound: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    // The smallest of three: some names are very common, most are rare.
    let mut rare = |of: u64| below(of).min(below(of)).min(below(of));
    let (family, given) = (rare(8_000), rare(400));
    let postcode = below(60_000);
    let word = |of: u64| {
        let part = |it: u64| SYLLABLES[usize::try_from(it % 20).unwrap_or(0)];
        format!(
            "{}{}{}",
            part(of),
            part(of / 20),
            if of > 2_000 { part(of / 400) } else { "" }
        )
    };
    let (year, month, mut day) = (1930 + below(90), 1 + below(12), 1 + below(28));
    let mut family = word(family);
    match slip.map(|slip| slip % 3) {
        Some(0) => family.push('e'),
        Some(1) => day = day % 28 + 1,
        Some(_) | None => {}
    }
    json!({
        "resourceType": "Patient", "gender": if n.is_multiple_of(2) { "female" } else { "male" },
        "birthDate": format!("{year}-{month:02}-{day:02}"),
        "name": [{"use": "official", "family": family, "given": [word(given + 9_000)]}],
        "telecom": [{"system": "phone", "value": format!("07{:09}", n * 37 % 1_000_000_000)}],
        "address": [{"use": "home", "line": [format!("{} Mill Lane", n % 180)], "postalCode": postcode_of(postcode)}],
    })
}

fn postcode_of(n: u64) -> String {
    let letter = |it: u64| char::from(b'A' + u8::try_from(it % 26).unwrap_or(0));
    format!(
        "PR{} {}{}{}",
        1 + n % 25,
        n / 25 % 10,
        letter(n / 250),
        letter(n / 6_500)
    )
}
