//! The demonstration: five trusts, people with histories, accounts to sign in with, a departmental enabled at each trust.
//!
//! What it makes is the same every time on the same day, and running it again adds nothing twice.

mod chance;
mod history;
pub(crate) mod message;
mod people;
mod results;
pub(crate) mod story;
pub mod trusts;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use record::clock::{Clock as _, System};
use serde_json::{Value, json};

use history::{Setting, history};
use people::nhs_numbers;
use trusts::TRUSTS;

/// The day it is, by the machine's clock; in London, where the wards are.
pub fn today() -> Date {
    let now = Timestamp::from_millisecond(System.now_ms()).unwrap_or(Timestamp::UNIX_EPOCH);
    let zone = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
    now.to_zoned(zone).date()
}

/// The Organizations and Locations of the five trusts, as one transaction that may be sent again.
pub fn trusts_bundle() -> Value {
    let entries: Vec<Value> = TRUSTS
        .iter()
        .flat_map(trusts::Trust::resources)
        .map(|resource| {
            let url = format!(
                "{}/{}",
                resource["resourceType"].as_str().unwrap_or(""),
                resource["id"].as_str().unwrap_or("")
            );
            json!({"request": {"method": "PUT", "url": url}, "resource": resource})
        })
        .collect();
    json!({"resourceType": "Bundle", "type": "transaction", "entry": entries})
}

/// Whole histories of `count` invented people, spread evenly over the trusts, as they stood on `today`.
pub fn people_bundles(count: usize, today: Date) -> impl Iterator<Item = Value> {
    nhs_numbers()
        .take(count)
        .enumerate()
        .map(move |(n, number)| {
            let place = n % TRUSTS.len();
            history(
                n as u64,
                number,
                &Setting {
                    trust: &TRUSTS[place],
                    place,
                    today,
                },
            )
        })
}
