//! What machines send and are sent, looked after in a browser by the administrator of a trust: a message that cannot be
//! filed is found, put right and filed, and what it held back follows; what a receiver and a subscriber did not take is
//! sent again.

use serde_json::json;

use crate::browser::Browser;
use crate::departments::looked_at;
use crate::ground::{Database, Ground};
use crate::hl7::{Person, admission, creatinine};
use crate::neighbour::Neighbour;
use crate::partner::Partner;

const MAUREEN: Person<'_> = Person {
    nhs_number: "9991122338",
    family: "HARGREAVES",
    given: "Maureen",
};
const RALPH: Person<'_> = Person {
    nhs_number: "9434765919",
    family: "ASHWORTH",
    given: "Ralph",
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_is_put_right() {
    let receiver = Neighbour::of_messages().await;
    let subscriber = Neighbour::of_notifications().await;
    let neighbours = [receiver.address, subscriber.address];
    let ground = Ground::beside(Database::Sqlite, &neighbours).await;
    let browser = Browser::signed_in(&ground, "administrator.rxr").await;
    browser.with_axe().await;
    let mut said = Vec::new();
    others_are_to_be_told(
        &ground,
        &browser,
        neighbours.map(|it| it.to_string()),
        &mut said,
    )
    .await;
    a_poison_message_holds_back_its_patient(&ground).await;
    it_is_found(&browser, &mut said).await;
    receiver.mend();
    subscriber.mend();
    it_is_put_right(&browser, &mut said).await;
    what_was_not_taken_is_sent_again(&browser, &mut said).await;
    assert!(
        said.is_empty(),
        "{} findings:\n{}",
        said.len(),
        said.join("\n")
    );
    ground.host.stop().await;
}

async fn others_are_to_be_told(
    ground: &Ground,
    browser: &Browser,
    [receiver, subscriber]: [String; 2],
    said: &mut Vec<String>,
) {
    browser.go("/messages").await;
    looked_at(browser, "feeds-1-nothing-yet", said).await;
    browser.go("/interfaces").await;
    looked_at(browser, "feeds-2-no-interface", said).await;
    let declaration = json!({
        "id": "rxr-ward-board", "site": "RXR", "active": true, "address": receiver, "tls": false,
        "sendingApplication": "PALATINE", "sendingFacility": "RXR", "receivingApplication": "BOARD", "receivingFacility": "RXR",
        "processingId": "P", "version": "2.4", "characterSet": "UNICODE UTF-8", "events": ["ADT^A01"],
        "acknowledgements": "original", "answerMs": 30_000, "triesMax": 1,
    });
    browser.fill("Declaration", &declaration.to_string()).await;
    browser.press("Declare").await;
    browser.sees("The interface is declared.").await;
    let subscription = json!({
        "resourceType": "Subscription", "status": "requested", "reason": "Community nurses plan their visits",
        "criteria": "urn:palatine:topic:patient-changed",
        "channel": { "type": "rest-hook", "endpoint": format!("http://{subscriber}/told") },
    });
    Partner::sign_in(ground).await.create(&subscription).await;
}

/// Maureen's admission says nonsense of her class, so that her creatinine waits; Ralph's admission does not.
async fn a_poison_message_holds_back_its_patient(ground: &Ground) {
    let poison = admission(&MAUREEN, "A1").replace("PV1|1|I|", "PV1|1|Q|");
    for (message, answer) in [
        (poison, "MSA|AE|A1"),
        (creatinine(&MAUREEN, "R1", "78", 2), "MSA|A"),
        (admission(&RALPH, "A2"), "MSA|AA|A2"),
    ] {
        let acknowledged = ground.send(&message).await;
        assert!(
            acknowledged.contains(answer),
            "{answer} was expected: {acknowledged:?}"
        );
    }
}

async fn it_is_found(browser: &Browser, said: &mut Vec<String>) {
    browser
        .awaits("/operations", "1 message was not taken")
        .await;
    looked_at(browser, "feeds-3-operations", said).await;
    browser
        .sees("HARGREAVES, Maureen, born 03-Mar-1948, NHS No. 999 112 2338")
        .await;
    browser.does_not_see("ASHWORTH").await;
}

async fn it_is_put_right(browser: &Browser, said: &mut Vec<String>) {
    browser.press("Correct, file again or drop").await;
    looked_at(browser, "feeds-4-message", said).await;
    browser.sees("At fault").await;
    let text = browser
        .ask("return document.getElementById('text').value")
        .await;
    let right = text.as_str().unwrap().replace("PV1|1|Q|", "PV1|1|I|");
    browser.fill("Corrected copy", &right).await;
    browser.press("File the corrected copy").await;
    browser.sees("This is the copy.").await;
    browser.awaits("/messages", "No message waits").await;
    looked_at(browser, "feeds-5-all-filed", said).await;
}

async fn what_was_not_taken_is_sent_again(browser: &Browser, said: &mut Vec<String>) {
    browser.go("/interfaces").await;
    browser.sees("Ward C3 is not configured here").await;
    looked_at(browser, "feeds-6-dead-letter", said).await;
    browser.press("Send again").await;
    browser.sees("The message is sent again.").await;
    browser.go("/subscribers").await;
    looked_at(browser, "feeds-7-in-error", said).await;
    browser.press("Send again").await;
    browser.awaits("/subscribers", ", 0 waiting").await;
    looked_at(browser, "feeds-8-taken", said).await;
    browser.awaits("/interfaces", "0 dead letters").await;
    browser.go("/operations").await;
    browser.sees("Every message was taken").await;
    looked_at(browser, "feeds-9-operations", said).await;
}
