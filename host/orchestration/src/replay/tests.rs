//! History read again: by the same maps, and by a table that is tried out.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it is wrong"
)]

use record::log::T;

use super::{Ask, Change, Counts, Fate, replay};
use crate::feed::codes::Codes;
use crate::feed::tests::{Region, case, changed};

async fn history() -> Region {
    let region = Region::open().await;
    region.filed(case("admission.hl7")).await;
    region.filed(case("creatinine.hl7")).await;
    region.filed(case("transfer.hl7")).await;
    region.filed(case("allergy.hl7")).await;
    let unreadable = changed("update.hl7", &[("|ADT-3|", "|ADT-X|"), ("|F|", "|Q|")]);
    region.send(unreadable).await;
    region
}

fn ask(codes: Codes, most: u32) -> Ask {
    Ask {
        codes,
        after: T(0),
        most,
    }
}

#[tokio::test]
async fn the_same_maps_make_the_same_of_history() {
    let region = history().await;
    let t = region.t();
    let found = replay(
        &region.record,
        &region.operator,
        &ask(Codes::current(), 100),
    )
    .await
    .unwrap();
    assert_eq!(found.listed, [], "{:#?}", found.listed);
    assert_eq!((found.looked_at, found.same, found.different), (5, 5, 0));
    assert_eq!(found.more_after, None);
    assert_eq!(region.t(), t, "nothing was written");
}

#[tokio::test]
async fn a_table_that_is_tried_out_says_what_would_be_otherwise() {
    let region = history().await;
    let table = "map\tfrom\tto\tdisplay\tsystem\n\
        PatientClass[EncounterClass]\tI\tACUTE\tinpatient acute\thttp://terminology.hl7.org/CodeSystem/v3-ActCode\n\
        AdministrativeSex\tQ\tother\tOther\thttp://hl7.org/fhir/administrative-gender\n";
    let tried = Codes::current().with(table).unwrap();
    let found = replay(&region.record, &region.operator, &ask(tried.clone(), 100))
        .await
        .unwrap();
    assert_eq!((found.looked_at, found.same, found.different), (5, 2, 3));
    assert_eq!(found.map, tried.version());
    let changed = Counts {
        changed: 1,
        ..Counts::default()
    };
    let of = |kind: &str, element: &str| found.counted[&(kind.to_owned(), element.to_owned())];
    assert_eq!(of("ADT^A01", "Encounter.class"), changed);
    assert_eq!(of("ADT^A02", "Encounter.class"), changed);
    assert_eq!(of("ADT^A08", "(filed)").added, 1);
    let Fate::Otherwise(differences) = &found.listed[0].fate else {
        panic!("{:?}", found.listed[0]);
    };
    assert_eq!(
        (differences[0].element.as_str(), differences[0].change),
        ("Encounter.class", Change::Changed)
    );
    let (then, now) = (&differences[0].then, &differences[0].now);
    assert_eq!(then.as_ref().unwrap()["code"], "IMP");
    assert_eq!(now.as_ref().unwrap()["code"], "ACUTE");
}

#[tokio::test]
async fn a_replay_stops_where_it_is_told_to_and_goes_on_from_there() {
    let region = history().await;
    let all = ask(Codes::current(), 100);
    let first = replay(&region.record, &region.operator, &ask(Codes::current(), 2))
        .await
        .unwrap();
    assert_eq!(first.looked_at, 2);
    let rest = Ask {
        after: first.more_after.unwrap(),
        ..all
    };
    let rest = replay(&region.record, &region.operator, &rest)
        .await
        .unwrap();
    assert_eq!((rest.looked_at, rest.more_after), (3, None));
}
