//! Where a `urn:uuid:` is a link, and where it is only text.
#![expect(clippy::unwrap_used, reason = "a test stops where its story breaks")]

use serde_json::{Value, json};

use super::rewrite;
use crate::resource::Resource;

const URN: &str = "urn:uuid:0b0e7a4c-0000-4000-8000-000000000001";

#[test]
fn links_are_rewritten_by_the_type_of_their_element() {
    let div = |link: &str| {
        format!(
            "<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"{link}\">{URN}</a><img src='{link}'/></div>"
        )
    };
    // The resource with the link; whether it is rewritten.
    let rows: [(Value, bool); 7] = [
        (
            json!({"resourceType": "Patient", "extension": [{"url": "http://x", "valueUri": URN}]}),
            true,
        ),
        (
            json!({"resourceType": "Patient", "extension": [{"url": "http://x", "valueCanonical": URN}]}),
            false,
        ),
        (
            json!({"resourceType": "Patient", "identifier": [{"system": "urn:ietf:rfc:3986", "value": URN}]}),
            false,
        ),
        (
            json!({"resourceType": "Patient", "meta": {"source": URN}}),
            true,
        ),
        (
            json!({"resourceType": "DocumentReference", "status": "current",
                "content": [{"attachment": {"url": URN}}]}),
            true,
        ),
        (
            json!({"resourceType": "Patient", "_birthDate": {"extension": [{"url": "http://x", "valueUrl": URN}]}}),
            true,
        ),
        (
            json!({"resourceType": "Patient", "contained": [{"resourceType": "Basic", "implicitRules": URN}]}),
            true,
        ),
    ];
    for (value, expected) in rows {
        let mut resource = Resource::from_value(value.clone()).unwrap();
        rewrite(&mut resource, |text| {
            (text == URN).then(|| "Patient/1".to_owned())
        });
        let now = value.to_string().replace(URN, "Patient/1");
        let wanted = if expected { now } else { value.to_string() };
        assert_eq!(resource.to_json(), wanted);
    }
    let narrative =
        json!({"resourceType": "Patient", "text": {"status": "generated", "div": div(URN)}});
    let mut resource = Resource::from_value(narrative).unwrap();
    rewrite(&mut resource, |text| {
        (text == URN).then(|| "Patient/1".to_owned())
    });
    assert_eq!(resource.text_at("text.div").unwrap(), div("Patient/1"));
}
