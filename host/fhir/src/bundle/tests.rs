//! Bundles that can and cannot be carried out.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

use serde_json::{Value, json};

use super::{Bundle, BundleError, BundleKind, Method, read};
use crate::resource::Resource;

const ENTRIES_MAX: usize = 3;

fn transaction(entries: Value) -> Result<Bundle, BundleError> {
    let bundle = json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries });
    read(Resource::from_value(bundle).unwrap(), ENTRIES_MAX)
}

fn request(method: &str, url: &str) -> Value {
    json!({ "method": method, "url": url })
}

fn patient() -> Value {
    json!({ "resourceType": "Patient" })
}

#[test]
fn a_transaction_is_read_whole() {
    let bundle = transaction(json!([
        {
            "fullUrl": "urn:uuid:1",
            "resource": patient(),
            "request": { "method": "POST", "url": "/Patient", "ifNoneExist": "identifier=a|b" }
        },
        { "resource": patient(), "request": { "method": "PUT", "url": "Patient/1", "ifMatch": "W/\"3\"" } },
        { "request": { "method": "GET", "url": "Patient?name=a", "ifNoneMatch": "\"4\"" } },
    ]))
    .unwrap();
    assert_eq!(bundle.kind, BundleKind::Transaction);
    let [create, update, search] = bundle.entries.as_slice() else {
        panic!("{bundle:?}")
    };
    assert_eq!(
        (create.full_url.as_deref(), create.request.method),
        (Some("urn:uuid:1"), Method::Post)
    );
    assert_eq!(
        (
            create.request.url.as_str(),
            create.request.if_none_exist.as_deref()
        ),
        ("Patient", Some("identifier=a|b"))
    );
    assert_eq!(
        (update.request.method, update.request.if_match.as_deref()),
        (Method::Put, Some("3"))
    );
    assert_eq!(
        (
            search.index,
            search.request.method,
            search.request.if_none_match.as_deref()
        ),
        (2, Method::Get, Some("4"))
    );
    assert!(create.resource.is_some() && search.resource.is_none());
}

#[test]
fn what_is_refused_and_why() {
    // `entry` of a transaction, and the error.
    let rows = r#"
        [{"resource": {"resourceType": "Patient"}}] => Bundle.entry[0]: `request` is missing; add its method and url
        [1] => Bundle.entry[0]: an entry must be an object
        {} => Bundle.entry[0]: `entry` must be an array
        [{"request": 1}] => Bundle.entry[0]: `request` must be an object
        [{"request": {"url": "Patient"}}] => Bundle.entry[0]: `request.method` is missing; write GET, POST, PUT, PATCH or DELETE
        [{"request": {"method": "get", "url": "Patient"}}] => Bundle.entry[0]: `request.method` is `get`; write GET, POST, PUT, PATCH or DELETE
        [{"request": {"method": "GET"}}] => Bundle.entry[0]: `request.url` is missing; write for example `Patient` or `Patient/1`
        [{"request": {"method": "GET", "url": "/"}}] => Bundle.entry[0]: `request.url` is empty; write for example `Patient` or `Patient/1`
        [{"request": {"method": "GET", "url": 1}}] => Bundle.entry[0]: `url` must be a text
        [{"request": {"method": "POST", "url": "Patient"}}] => Bundle.entry[0]: POST needs a `resource`
        [{"request": {"method": "DELETE", "url": "Patient/1"}, "resource": {"resourceType": "Patient"}}] => Bundle.entry[0]: DELETE takes no `resource`; remove it
        [{"request": {"method": "POST", "url": "Patient"}, "resource": {}}] => Bundle.entry[0].resource: `resourceType` is missing; add it, for example "resourceType": "Patient"
        [{"request": {"method": "PUT", "url": "Patient/1", "ifMatch": "W/\"\""}, "resource": {"resourceType": "Patient"}}] => Bundle.entry[0]: `W/""` is no version; write for example W/"3"
        [{"fullUrl": "urn:uuid:1", "request": {"method": "GET", "url": "a"}}, {"fullUrl": "urn:uuid:1", "request": {"method": "GET", "url": "a"}}] => Bundle.entry[1]: fullUrl `urn:uuid:1` names an earlier entry too; give each its own
        [{"request": {"method": "POST", "url": "Bundle"}, "resource": {"resourceType": "Bundle", "type": "batch"}}] => Bundle.entry[0]: a transaction or batch cannot lie inside another; send it on its own
        [{}, {}, {}, {}] => the bundle has 4 entries, but at most 3 are accepted at once; send several bundles
    "#;
    for row in rows.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (entries, expected) = row.split_once(" => ").unwrap();
        let outcome = transaction(serde_json::from_str(entries).unwrap());
        let error = outcome
            .map(|bundle| panic!("accepted {bundle:?}"))
            .unwrap_err();
        assert_eq!(error.to_string(), expected, "{entries}");
        assert_eq!(error.issue().details, expected);
    }
}

#[test]
fn other_resources_and_other_kinds_are_refused() {
    for (value, expected) in [
        (patient(), "expected a Bundle, but this is a Patient"),
        (
            json!({ "resourceType": "Bundle" }),
            "Bundle.type is `missing`; only `transaction` and `batch` can be carried out",
        ),
        (
            json!({ "resourceType": "Bundle", "type": "document" }),
            "Bundle.type is `document`; only `transaction` and `batch` can be carried out",
        ),
    ] {
        let error = read(Resource::from_value(value).unwrap(), ENTRIES_MAX).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_batch_may_name_one_thing_twice_and_an_empty_one_is_empty() {
    let entry = json!({ "fullUrl": "urn:uuid:1", "request": request("POST", "Patient"), "resource": patient() });
    let batch = json!({ "resourceType": "Bundle", "type": "batch", "entry": [entry, entry] });
    assert_eq!(
        read(Resource::from_value(batch).unwrap(), ENTRIES_MAX)
            .unwrap()
            .entries
            .len(),
        2
    );
    let empty = json!({ "resourceType": "Bundle", "type": "batch" });
    assert!(
        read(Resource::from_value(empty).unwrap(), ENTRIES_MAX)
            .unwrap()
            .entries
            .is_empty()
    );
}
