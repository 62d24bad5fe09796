//! The help says what the packs and settings say, and every part of them that nobody has signed.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::bedside::Bedside;
use sdk::{Parameters, json};

use super::{folder, json_of};
use crate::Pathology;

#[test]
fn the_help_says_settings_limits_and_every_unverified_part() {
    let bedside = Bedside::of(folder())
        .unwrap()
        .setting("specimen-days-max", 7)
        .setting("laboratory-contact", "Duty biochemist, 1234");
    let help = bedside.open(&Pathology, "help", &Parameters::default());
    let help = help.unwrap().to_string();
    for said in [
        "collected more than 7 days before",
        "Duty biochemist, 1234",
        "When nobody is reached about a critical result: not recorded for this site",
        "below 2.5 or above 6.5",
        "are not signed",
    ] {
        assert!(help.contains(said), "{said}");
    }
    let manifest = json_of(folder().join("departmental.json"));
    for pack in manifest["packs"].as_array().unwrap() {
        let document = json_of(folder().join(pack["file"].as_str().unwrap()));
        for part in document["unverified"].as_array().unwrap() {
            let text = json!(part).to_string();
            assert!(help.contains(text.trim_matches('"')), "{text}");
        }
    }
}
