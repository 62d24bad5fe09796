//! Cards that the builders make follow the schema; what the host would refuse is refused at the bedside.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

use super::{Advice, Card, Indicator};
use crate::bedside::Bedside;
use crate::{Call, Departmental, Failure, Hook, Parameters};

fn schema(name: &str) -> jsonschema::Validator {
    let file = format!("{}/../wit/schemas/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let schema: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// Says what it is made with.
struct Says(Advice);

impl Departmental for Says {
    fn advise(&self, _: &Call<'_>, _: &Hook) -> Result<Advice, Failure> {
        Ok(self.0.clone())
    }
}

fn card(summary: &str) -> Card {
    Card::new(Indicator::Warning, summary, "A rule")
}

#[test]
fn advice_by_case() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = json!({
        "screens": [{ "id": "one", "place": "patient" }, { "id": "list", "place": "site" }],
        "hooks": [{ "hook": "patient-view" }],
    });
    std::fs::write(
        folder.path().join("departmental.json"),
        manifest.to_string(),
    )
    .unwrap();
    let bedside = Bedside::of(folder.path()).unwrap();
    let parameters = Parameters::default().with("test", "2160-0");
    let whole = card(&"x".repeat(140)).detail("One.\nTwo.");
    let many = (0..11).fold(Advice::none(), |advice, _| advice.card(card("Look")));
    let linked = |n: usize, screen: &str| {
        (0..n).fold(card("Look"), |card, _| {
            card.link("See", screen, &parameters)
        })
    };
    let of = |card: Card| Advice::none().card(card);
    for (advice, expected, by_schema) in [
        (Advice::none(), "", true),
        (of(whole), "", true),
        (of(linked(3, "one")), "", true),
        (of(card("")), "cards[0]/summary must have 1 to 140", false),
        (
            of(card(&"x".repeat(141))),
            "cards[0]/summary must have",
            false,
        ),
        (
            of(card("a\nb")),
            "cards[0]/summary holds a control character",
            true,
        ),
        (
            of(card("a").detail("x".repeat(2001))),
            "cards[0]/detail must have",
            false,
        ),
        (of(linked(1, "list")), "cards[0] links to `list`", true),
        (
            of(linked(4, "one")),
            "cards[0] has more than 3 links",
            false,
        ),
        (many, "there are 11 cards", false),
    ] {
        let document = advice.to_json();
        assert_eq!(
            schema("advice-1").is_valid(&document),
            by_schema,
            "{document}"
        );
        match bedside.advise(&Says(advice), "patient-view") {
            Ok(said) => assert_eq!((said, expected), (document, "")),
            Err(failure) => {
                assert!(
                    !expected.is_empty() && failure.detail.starts_with(expected),
                    "{failure}"
                );
            }
        }
    }
    let other = bedside.advise(&Says(Advice::none()), "order-sign");
    assert_eq!(other.unwrap_err().code, "not-provided");
    let hook = json!({ "hook": 1, "name": "patient-view" });
    assert!(schema("hook-1").is_valid(&hook));
    assert_eq!(
        Hook::from_json(&hook.to_string()).unwrap(),
        Hook::new("patient-view")
    );
    assert!(Hook::from_json(r#"{ "hook": 2, "name": "patient-view" }"#).is_err());
}
