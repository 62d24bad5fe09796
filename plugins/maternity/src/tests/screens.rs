//! What must be true of screens and their forms, whatever they look like.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::json;

use super::ward::Ward;
use crate::Maternity;

pub(super) const NOW: &str = "2026-11-22T12:00:00Z";

pub(super) fn empty() -> Ward {
    Ward::new(NOW)
}

pub(super) fn booked() -> Ward {
    let mut ward = empty();
    let fields = [
        ("on", "2026-06-18"),
        ("lmp", "2026-04-14"),
        ("cycle", "28"),
        ("parity", "1"),
        ("previous-caesarean", "yes"),
        ("height", "165"),
        ("weight", "85"),
        ("smoker", "yes"),
        ("co", "6"),
    ];
    ward.record("booking", &fields);
    ward
}

pub(super) fn dated() -> Ward {
    let mut ward = booked();
    ward.record(
        "dating",
        &[("on", "2026-07-09"), ("fetuses", "1"), ("crl", "60")],
    );
    ward
}

pub(super) fn followed() -> Ward {
    let mut ward = dated();
    ward.record(
        "visit",
        &[
            ("on", "2026-10-28"),
            ("systolic", "112"),
            ("diastolic", "70"),
            ("movements", "felt"),
        ],
    );
    ward.record(
        "growth",
        &[
            ("on", "2026-10-28"),
            ("fetus", "A"),
            ("hc", "262"),
            ("ac", "236"),
            ("fl", "53"),
        ],
    );
    ward.record(
        "growth",
        &[
            ("on", "2026-11-20"),
            ("fetus", "A"),
            ("hc", "287"),
            ("ac", "262"),
            ("fl", "60"),
        ],
    );
    ward.record(
        "clots",
        &[
            ("on", "2026-10-28"),
            ("phase", "antenatal"),
            ("smoker", "yes"),
            ("previous-vte", "no"),
        ],
    );
    ward
}

pub(super) fn in_labour() -> Ward {
    let mut ward = followed();
    ward.now = "2027-01-15T15:20:00Z".to_owned();
    ward.record(
        "labour",
        &[
            ("at", "2027-01-15T08:10:00Z"),
            ("fetal-heart", "134"),
            ("dilatation", "5"),
            ("position", "OA"),
            ("companion", "Yes"),
        ],
    );
    ward.record(
        "labour",
        &[
            ("at", "2027-01-15T12:05:00Z"),
            ("fetal-heart", "140"),
            ("dilatation", "7"),
            ("contractions", "3"),
            ("pulse", "90"),
        ],
    );
    ward.record(
        "labour",
        &[
            ("at", "2027-01-15T15:10:00Z"),
            ("fetal-heart", "164"),
            ("dilatation", "7"),
            ("temperature", "37.6"),
            ("position", "OT"),
        ],
    );
    ward
}

pub(super) fn born() -> Ward {
    let mut ward = in_labour();
    ward.now = "2027-01-15T22:00:00Z".to_owned();
    let mut fields = vec![
        ("at", "2027-01-15T20:31:00Z"),
        ("fetus", "A"),
        ("outcome", "live"),
        ("lie", "cephalic"),
        ("onset", "spontaneous"),
        ("weight", "3320"),
    ];
    fields.extend([
        ("apgar-1-heart", "2"),
        ("apgar-1-breathing", "2"),
        ("apgar-1-tone", "1"),
        ("apgar-1-reflex", "2"),
        ("apgar-1-colour", "1"),
    ]);
    fields.extend([
        ("apgar-5-heart", "2"),
        ("apgar-5-breathing", "2"),
        ("apgar-5-tone", "2"),
        ("apgar-5-reflex", "2"),
    ]);
    ward.record("birth", &fields);
    ward
}

#[test]
fn a_dating_scan_fixes_the_expected_date_and_no_later_one_moves_it() {
    let mut ward = dated();
    assert!(ward.open("pregnancy").to_string().contains("2027-01-18"));
    // The form is not drawn any more; one kept open elsewhere is refused.
    let (_, mut filled) = ward.filled("visit", &[]);
    filled["fields"] = json!({ "on": "2026-11-20", "fetuses": "1", "hc": "160" });
    let outcome = ward.submit("dating", "date", &filled);
    let message = outcome["findings"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("does not change by a later one"),
        "{message}"
    );
}

#[test]
fn findings_are_on_their_fields() {
    type Row = (
        &'static str,
        &'static [(&'static str, &'static str)],
        &'static str,
        &'static str,
    );
    let table: [Row; 10] = [
        (
            "dating",
            &[("fetuses", "1"), ("crl", "60")],
            "on",
            "Answer this: date of scan.",
        ),
        (
            "dating",
            &[("on", "2026-07-09"), ("fetuses", "1"), ("crl", "44.9")],
            "crl",
            "crown-rump length must be 45 to 84 mm; scan again later",
        ),
        (
            "dating",
            &[("on", "2026-07-09"), ("fetuses", "1"), ("crl", "85")],
            "crl",
            "crown-rump length must be 45 to 84 mm; measure the head circumference",
        ),
        (
            "dating",
            &[("on", "2026-07-09"), ("fetuses", "1")],
            "crl",
            "cannot be calculated: a length that dates is not recorded",
        ),
        (
            "dating",
            &[("on", "2026-07-09"), ("fetuses", "1.5"), ("crl", "60")],
            "fetuses",
            "Give a whole number from 1 to 4.",
        ),
        (
            "dating",
            &[("on", "2027-07-09"), ("fetuses", "1"), ("crl", "60")],
            "on",
            "Give a date that is not in the future.",
        ),
        (
            "visit",
            &[("on", "2026-02-30"), ("pulse", "80")],
            "on",
            "Give a real date.",
        ),
        (
            "visit",
            &[("on", "2026-11-20"), ("systolic", "120")],
            "diastolic",
            "Give both pressures, or neither.",
        ),
        (
            "growth",
            &[("on", "2026-11-20"), ("fetus", "A"), ("hc", "28.7")],
            "hc",
            "Give a number from 100 to 450 mm.",
        ),
        (
            "clots",
            &[("on", "2026-11-20"), ("phase", "maybe")],
            "phase",
            "Select one of the answers offered.",
        ),
    ];
    for (screen, fields, field, message) in table {
        let findings = booked().findings(screen, fields);
        assert_eq!(
            findings,
            [(field.to_owned(), message.to_owned())],
            "{screen} {fields:?}"
        );
    }
}

#[test]
fn unknown_is_not_no_in_the_score_for_clots() {
    let screen = followed().open("clots").to_string();
    assert!(screen.contains("The score is at least"), "{screen}");
    assert!(screen.contains("Unknown is not no"));
}

#[test]
fn what_is_unverified_is_said_where_it_is_used() {
    let ward = dated();
    for screen in ["pregnancy", "growth", "clots"] {
        assert!(
            ward.open(screen).to_string().contains("\"Unverified\""),
            "{screen}"
        );
    }
    assert!(
        ward.open("visit")
            .to_string()
            .contains("National MEWS: not available here")
    );
}

#[test]
fn other_departments_are_told_of_a_pregnancy() {
    let cards =
        |ward: &Ward| ward.bedside().advise(&Maternity, "patient-view").unwrap()["cards"].clone();
    assert_eq!(cards(&empty()).as_array().unwrap().len(), 0);
    assert_eq!(
        cards(&dated())[0]["summary"],
        "Pregnant, 31+6 weeks today. Expected 18-Jan-2027."
    );
    let mut closed = dated();
    closed.close();
    assert_eq!(cards(&closed)[0]["summary"], "Pregnancy ended today.");
    closed.now = "2026-12-20T12:00:00Z".to_owned();
    assert_eq!(cards(&closed)[0]["summary"], "Pregnancy ended 28 days ago.");
    closed.now = "2026-12-21T12:00:00Z".to_owned();
    assert_eq!(cards(&closed).as_array().unwrap().len(), 0);
}

#[test]
fn labour_says_what_alerts_and_what_was_not_assessed() {
    let screen = in_labour().open("labour").to_string();
    for words in [
        "Fetal heart 164 /min",
        "Cervix 7 cm for 3 h 5 min",
        "Temperature 37.6 °C",
        "Position: OT",
        "4 to review",
    ] {
        assert!(screen.contains(words), "{words}");
    }
    assert!(screen.contains("Not assessed: Systolic"), "{screen}");
}

#[test]
fn a_birth_has_a_score_only_with_all_its_parts_and_a_group_only_with_what_decides_it() {
    let screen = born().open("birth").to_string();
    assert!(screen.contains(r#""text":"8""#), "{screen}");
    assert!(screen.contains("cannot be calculated: colour is not recorded"));
    assert!(screen.contains("5: Previous caesarean"));
    let mut undated = empty();
    undated.record("booking", &[("on", "2026-11-01")]);
    undated.record(
        "birth",
        &[
            ("at", "2026-11-20T10:00:00Z"),
            ("fetus", "A"),
            ("outcome", "live"),
        ],
    );
    let screen = undated.open("birth").to_string();
    assert!(
        screen.contains("Unclassified; cannot be calculated: the number of babies is not recorded"),
        "{screen}"
    );
}

#[test]
fn a_pregnancy_is_closed_only_once_every_baby_is_recorded() {
    let close = |ward: &mut Ward| {
        let (_, filled) = ward.filled("visit", &[]);
        ward.submit("birth", "close", &filled)
    };
    let mut none = followed();
    assert_eq!(
        close(&mut none)["findings"][0]["message"],
        "No birth is recorded in this pregnancy."
    );
    let mut twins = booked();
    twins.record(
        "dating",
        &[("on", "2026-07-09"), ("fetuses", "2"), ("crl", "60")],
    );
    twins.record(
        "birth",
        &[
            ("at", "2026-11-20T10:00:00Z"),
            ("fetus", "A"),
            ("outcome", "live"),
        ],
    );
    assert_eq!(
        close(&mut twins)["findings"][0]["message"],
        "1 of 2 babies are recorded. Record every birth first."
    );
    assert_eq!(
        twins.findings(
            "birth",
            &[
                ("at", "2026-11-20T10:00:00Z"),
                ("fetus", "A"),
                ("outcome", "live")
            ]
        )[0]
        .0,
        "fetus"
    );
    let mut ward = born();
    close(&mut ward);
    assert!(!ward.closed().is_empty());
    assert!(ward.open("visit").to_string().contains("No open pregnancy"));
    assert!(ward.open("pregnancy").to_string().contains("2027-01-15"));
}
