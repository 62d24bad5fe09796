//! One person who was registered twice, in a browser: the pair is found, compared, merged and, when it turns out that they
//! are two after all, parted, and what came meanwhile is given to whom it belongs.

use crate::browser::Browser;
use crate::departments::looked_at;
use crate::gallery::judged;
use crate::ground::{Database, Ground};
use crate::hl7::{Person, admission, creatinine};

const MAUREEN: Person<'_> = Person {
    nhs_number: "9991122338",
    family: "HARGREAVES",
    given: "Maureen",
};

/// Her registration at the front desk without her NHS number.
fn at_the_desk(message: &str) -> String {
    message.replace("9991122338^^^NHS^NH", "M20417^^^RXR^PI")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_person_registered_twice() {
    let ground = Ground::new(Database::Sqlite).await;
    let browser = Browser::signed_in(&ground, "clinician.rxr").await;
    browser.with_axe().await;
    let mut said = Vec::new();
    for message in [
        admission(&MAUREEN, "A1"),
        creatinine(&MAUREEN, "R1", "78", 30),
        at_the_desk(&admission(&MAUREEN, "A2")),
        at_the_desk(&creatinine(&MAUREEN, "R2", "81", 20)),
    ] {
        let answer = ground.send(&message).await;
        assert!(answer.contains("MSA|AA"), "{answer:?}");
    }
    somebody_says_that_they_are_one(&browser, &mut said).await;
    they_are_merged(&browser, &mut said).await;
    let later = at_the_desk(&creatinine(&MAUREEN, "R3", "83", 1));
    let answer = ground.send(&later).await;
    assert!(answer.contains("MSA|AA"), "{answer:?}");
    they_are_parted(&browser, &mut said).await;
    what_came_meanwhile_is_settled(&browser, &mut said).await;
    assert!(
        said.is_empty(),
        "{} findings:\n{}",
        said.len(),
        said.join("\n")
    );
    ground.host.stop().await;
}

async fn somebody_says_that_they_are_one(browser: &Browser, said: &mut Vec<String>) {
    browser.awaits("/matching", "Nobody has looked").await;
    looked_at(browser, "identity-1-pairs", said).await;
    browser.press("Compare").await;
    looked_at(browser, "identity-2-pair", said).await;
    browser.press("They are one person").await;
    browser.sees("Say why, in at least 10 characters").await;
    judged(browser, "identity-3-refused", said).await;
    browser
        .fill(
            "How do you know?",
            "She is here and says that she was registered twice",
        )
        .await;
    browser.press("They are one person").await;
    looked_at(browser, "identity-4-said", said).await;
}

async fn they_are_merged(browser: &Browser, said: &mut Vec<String>) {
    browser.press("Compare the two charts and merge them").await;
    looked_at(browser, "identity-5-merge", said).await;
    browser
        .fill(
            "How do you know",
            "She is here and says that she was registered twice",
        )
        .await;
    browser.choose("I have compared the two records").await;
    browser.press("Merge: end the record on the left").await;
    looked_at(browser, "identity-6-merged", said).await;
    browser.go("/matching").await;
    browser.sees("No pair waits").await;
    browser.go("/matching/weights").await;
    looked_at(browser, "identity-8-weights", said).await;
}

async fn they_are_parted(browser: &Browser, said: &mut Vec<String>) {
    browser.go("/patients").await;
    browser.fill("Find patient", MAUREEN.nhs_number).await;
    browser.press("Find patient").await;
    browser.press("HARGREAVES, Maureen").await;
    looked_at(browser, "identity-9-chart", said).await;
    browser.press("Identity").await;
    browser.press("Undo this merge").await;
    looked_at(browser, "identity-10-unmerge", said).await;
    browser
        .fill(
            "How do you know that they are two",
            "Her twin sister has come with her passport",
        )
        .await;
    browser.press("Undo the merge").await;
    looked_at(browser, "identity-11-parted", said).await;
}

async fn what_came_meanwhile_is_settled(browser: &Browser, said: &mut Vec<String>) {
    browser.press("What was left to decide").await;
    looked_at(browser, "identity-12-settle", said).await;
    browser
        .choose("The other record: HARGREAVES, Maureen")
        .await;
    browser.press("Keep these decisions").await;
    browser.sees("Your decisions were kept.").await;
    looked_at(browser, "identity-13-settled", said).await;
    browser.go("/matching").await;
    browser.sees("No pair waits").await;
}
