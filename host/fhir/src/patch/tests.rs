//! Patches and what they make of a patient, as tables.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where its story breaks"
)]

use proptest::prelude::{ProptestConfig, any, proptest};
use serde_json::{Value, json};

use super::{Patch, PatchError};
use crate::resource::Resource;

fn patient() -> Value {
    serde_json::from_str(
        r#"{"resourceType":"Patient","id":"p","active":true,"name":[{"family":"Hargreaves","given":["Maureen","Ann"],"_given":[null,{"id":"g2"}]},{"text":"Mo"}],"gender":"female","multipleBirthInteger":1,"extension":[{"url":"urn:e","valueDecimal":1.50}],"contact":[{"gender":"male"}]}"#,
    )
    .unwrap()
}

fn applied(patch: Result<Patch, PatchError>) -> Result<Value, PatchError> {
    let before = Resource::from_value(patient()).unwrap();
    Ok(patch?.apply(&before)?.into_value())
}

/// Rows: the patch; then `place = value` of what it makes, or `! words` of the refusal.
fn check(read: impl Fn(&str) -> Result<Patch, PatchError>, table: &str) {
    for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (patch, expected) = row.split_once(" => ").unwrap();
        match (
            applied(read(patch.trim())),
            expected.trim().strip_prefix("! "),
        ) {
            (Err(why), Some(words)) => {
                assert!(why.to_string().contains(words), "{row}: {why}");
                assert!(why.issue().expression.is_some());
            }
            (Ok(after), None) => {
                for part in expected.split(" ; ") {
                    let (place, value) = part.trim().split_once(" = ").unwrap();
                    let found = after
                        .pointer(place)
                        .map_or("nothing".to_owned(), Value::to_string);
                    assert_eq!(found, value, "{row}: {after}");
                }
            }
            (Ok(after), Some(_)) => panic!("{row} was done: {after}"),
            (Err(why), None) => panic!("{row}: {why}"),
        }
    }
}

#[test]
fn json_patches() {
    let read = |text: &str| Patch::json(format!("[{text}]").as_bytes());
    check(
        read,
        r#"
        {"op":"add","path":"/birthDate","value":"1948-03-03"} => /birthDate = "1948-03-03"
        {"op":"add","path":"/gender","value":"male"} => /gender = "male"
        {"op":"add","path":"/name/1","value":{"text":"x"}} => /name/1/text = "x" ; /name/2/text = "Mo"
        {"op":"add","path":"/name/-","value":{"text":"x"}} => /name/2/text = "x"
        {"op":"add","path":"/name/2","value":{"text":"x"}} => /name/2/text = "x"
        {"op":"add","path":"/name/3","value":{"text":"x"}} => ! behind the end
        {"op":"add","path":"/name/01","value":{"text":"x"}} => ! nothing at
        {"op":"add","path":"/photo/0","value":{"title":"x"}} => ! nothing at `/photo`
        {"op":"add","path":"/gender/x","value":1} => ! nothing at
        {"op":"add","path":"name","value":1} => ! begins with `/`
        {"op":"add","path":"/a~2","value":1} => ! neither `~0` nor `~1`
        {"op":"add","path":"/a~1b~0","value":1} => /a~1b~0 = 1
        {"op":"add","path":"/gender"} => ! `value` is missing
        {"op":"remove","path":"/gender"} => /gender = nothing ; /active = true
        {"op":"remove","path":"/name/0/given/0"} => /name/0/given = ["Ann"]
        {"op":"remove","path":"/name/-"} => ! nothing at
        {"op":"remove","path":"/birthDate"} => ! nothing at `/birthDate`
        {"op":"remove","path":""} => ! use DELETE
        {"op":"replace","path":"/name/1/text","value":"x"} => /name/1/text = "x"
        {"op":"replace","path":"/birthDate","value":"x"} => ! nothing at
        {"op":"replace","path":"","value":{"resourceType":"Patient","id":"p"}} => /gender = nothing
        {"op":"replace","path":"","value":{"resourceType":"Patient","id":"q"}} => ! `id`
        {"op":"replace","path":"","value":7} => ! JSON object
        {"op":"replace","path":"/resourceType","value":"Group"} => ! `resourceType`
        {"op":"move","from":"/name/1","path":"/name/0"} => /name/0/text = "Mo" ; /name/1/family = "Hargreaves"
        {"op":"move","from":"/gender","path":"/language"} => /gender = nothing ; /language = "female"
        {"op":"move","from":"/name","path":"/name/0"} => ! into itself
        {"op":"move","from":"/name","path":"/nameX"} => /nameX/1/text = "Mo"
        {"op":"copy","from":"/name/1","path":"/name/-"} => /name/2/text = "Mo" ; /name/1/text = "Mo"
        {"op":"copy","from":"/nothing","path":"/name/-"} => ! nothing at `/nothing`
        {"op":"test","path":"/gender","value":"female"} => /gender = "female"
        {"op":"test","path":"/gender","value":"male"} => ! the test fails
        {"op":"test","path":"/extension/0/valueDecimal","value":15e-1} => /extension/0/valueDecimal = 1.50
        {"op":"test","path":"/extension/0/valueDecimal","value":1.51} => ! the test fails
        {"op":"test","path":"/extension/0/valueDecimal","value":1e999999999999} => ! the test fails
        {"op":"test","path":"/name/1","value":{"text":"Mo"}} => /active = true
        {"op":"test","path":"/multipleBirthInteger","value":1.0} => /multipleBirthInteger = 1
        {"op":"test","path":"/multipleBirthInteger","value":"1"} => ! the test fails
        {"op":"remove","path":"/gender"},{"op":"test","path":"/gender","value":"female"} => ! patch[1]
        {"op":"twist","path":"/gender"} => ! `twist` is no operation
        {"path":"/gender"} => ! `op` is missing
        {"op":"remove"} => ! `path` is missing
        {"op":"remove","path":7} => ! `path` must be a text
        {"op":"remove","path":"/gender","comment":"why"} => /gender = nothing
        7 => ! an operation is an object
        {"op":"add","path":"/x","value":1},{"op":"remove","path":"/x"} => /x = nothing ; /extension/0/valueDecimal = 1.50
        "#,
    );
    let deep = r#"{"op":"copy","from":"","path":"/text"},"#.repeat(70);
    let why = applied(Patch::json(
        format!("[{}]", deep.trim_end_matches(',')).as_bytes(),
    ));
    assert!(why.unwrap_err().to_string().contains("levels deep"));
    let wide = r#"{"op":"copy","from":"/name","path":"/name/0/x"},{"op":"copy","from":"/name/0/x","path":"/name/-"},"#;
    let why = applied(Patch::json(
        format!("[{}]", wide.repeat(400).trim_end_matches(',')).as_bytes(),
    ));
    assert!(why.is_err(), "copies of copies are bounded");
    assert!(Patch::json(b"{}").is_err() && Patch::json(b"[").is_err());
}

/// `add Patient name=value`: type, path, and further parts.
fn parameters(text: &str) -> Result<Patch, PatchError> {
    let operations = text.split(" && ").map(|operation| {
        let mut parts = operation.splitn(3, " ~ ");
        let mut all = vec![
            json!({"name": "type", "valueCode": parts.next().unwrap().trim()}),
            json!({"name": "path", "valueString": parts.next().unwrap().trim()}),
        ];
        if let Some(more) = parts.next() {
            let more: Value = serde_json::from_str(&format!("[{more}]")).unwrap();
            all.extend(more.as_array().unwrap().iter().cloned());
        }
        json!({"name": "operation", "part": all})
    });
    let operations: Vec<Value> = operations.collect();
    let resource = json!({"resourceType": "Parameters", "parameter": operations});
    Patch::of_resource(&Resource::from_value(resource).unwrap())
}

#[test]
fn fhirpath_patches() {
    check(
        parameters,
        r#"
        add ~ Patient ~ {"name":"name","valueString":"birthDate"},{"name":"value","valueDate":"1948-03-03"} => /birthDate = "1948-03-03"
        add ~ Patient ~ {"name":"name","valueString":"gender"},{"name":"value","valueCode":"male"} => ! there already
        add ~ Patient ~ {"name":"name","valueString":"deceased"},{"name":"value","valueBoolean":true} => /deceasedBoolean = true
        add ~ Patient ~ {"name":"name","valueString":"multipleBirth"},{"name":"value","valueBoolean":true} => ! there already
        add ~ Patient ~ {"name":"name","valueString":"deceased"},{"name":"value","valueString":"x"} => ! no element `deceased`
        add ~ Patient ~ {"name":"name","valueString":"nonsense"},{"name":"value","valueString":"x"} => ! no element `nonsense`
        add ~ Patient ~ {"name":"name","valueString":"name"},{"name":"value","valueHumanName":{"text":"x"}} => /name/2/text = "x"
        add ~ Patient.name[1] ~ {"name":"name","valueString":"given"},{"name":"value","valueString":"Mo"} => /name/1/given/0 = "Mo"
        add ~ Patient.name[0] ~ {"name":"name","valueString":"given"},{"name":"value","valueString":"C"} => /name/0/given/2 = "C" ; /name/0/_given/1/id = "g2" ; /name/0/_given/2 = null
        add ~ Patient.name ~ {"name":"name","valueString":"given"},{"name":"value","valueString":"x"} => ! finds 2 elements
        add ~ Patient.photo ~ {"name":"name","valueString":"title"},{"name":"value","valueString":"x"} => ! finds nothing
        add ~ Patient ~ {"name":"name","valueString":"contact"},{"name":"value","part":[{"name":"gender","valueCode":"female"},{"name":"name","valueHumanName":{"text":"x"}},{"name":"telecom","valueContactPoint":{"value":"1"}}]} => /contact/1 = {"gender":"female","name":{"text":"x"},"telecom":[{"value":"1"}]}
        add ~ Patient ~ {"name":"name","valueString":"contact"},{"name":"value","part":[{"name":"nonsense","valueCode":"female"}]} => ! no element `nonsense`
        add ~ Patient ~ {"name":"name","valueString":"contained"},{"name":"value","resource":{"resourceType":"Basic","id":"b"}} => /contained/0/id = "b"
        add ~ Patient.gender ~ {"name":"name","valueString":"extension"},{"name":"value","valueExtension":{"url":"urn:e"}} => /_gender/extension/0/url = "urn:e"
        add ~ Patient.name[0].given[0] ~ {"name":"name","valueString":"id"},{"name":"value","valueString":"g1"} => /name/0/_given/0/id = "g1" ; /name/0/_given/1/id = "g2"
        insert ~ Patient.name ~ {"name":"index","valueInteger":1},{"name":"value","valueHumanName":{"text":"x"}} => /name/1/text = "x" ; /name/2/text = "Mo"
        insert ~ Patient.name[0].given ~ {"name":"index","valueInteger":0},{"name":"value","valueString":"A"} => /name/0/given = ["A","Maureen","Ann"] ; /name/0/_given/2/id = "g2"
        insert ~ Patient.name ~ {"name":"index","valueInteger":3},{"name":"value","valueHumanName":{"text":"x"}} => ! behind the end
        insert ~ Patient.name ~ {"name":"index","valueInteger":-1},{"name":"value","valueHumanName":{"text":"x"}} => ! from 0
        insert ~ Patient.photo ~ {"name":"index","valueInteger":0},{"name":"value","valueAttachment":{"title":"x"}} => ! finds nothing
        insert ~ Patient.gender ~ {"name":"index","valueInteger":0},{"name":"value","valueCode":"x"} => ! does not repeat
        insert ~ Patient.name.where(text.exists()) ~ {"name":"index","valueInteger":0},{"name":"value","valueHumanName":{"text":"x"}} => ! part of a list
        insert ~ Patient.name.given | Patient.name.text ~ {"name":"index","valueInteger":0},{"name":"value","valueString":"x"} => ! list
        delete ~ Patient.gender => /gender = nothing ; /active = true
        delete ~ Patient.birthDate => /gender = "female"
        delete ~ Patient.name[0].given[0] => /name/0/given = ["Ann"] ; /name/0/_given = [{"id":"g2"}]
        delete ~ Patient.name[0].given[1] => /name/0/given = ["Maureen"] ; /name/0/_given = nothing
        delete ~ Patient.name.where(text='Mo') => /name/1 = nothing ; /name/0/family = "Hargreaves"
        delete ~ Patient.contact[0] => /contact = nothing
        delete ~ Patient.name => ! finds 2 elements
        delete ~ Patient.multipleBirth => /multipleBirthInteger = nothing
        delete ~ Patient => ! whole resource
        delete ~ Patient.name.count() => ! no part of the resource
        delete ~ Patient.name[ => ! path
        replace ~ Patient.gender ~ {"name":"value","valueCode":"male"} => /gender = "male"
        replace ~ Patient.name[0].given[1] ~ {"name":"value","valueString":"B"} => /name/0/given/1 = "B" ; /name/0/_given = nothing
        replace ~ Patient.multipleBirth ~ {"name":"value","valueBoolean":true} => /multipleBirthBoolean = true ; /multipleBirthInteger = nothing
        replace ~ Patient.birthDate ~ {"name":"value","valueDate":"1948"} => ! finds nothing
        replace ~ Patient.extension.where(url='urn:e').value ~ {"name":"value","valueDecimal":2.500} => /extension/0/valueDecimal = 2.500
        replace ~ Patient.id ~ {"name":"value","valueString":"q"} => ! `id`
        move ~ Patient.name ~ {"name":"source","valueInteger":1},{"name":"destination","valueInteger":0} => /name/0/text = "Mo" ; /name/1/family = "Hargreaves"
        move ~ Patient.name[0].given ~ {"name":"source","valueInteger":1},{"name":"destination","valueInteger":0} => /name/0/given = ["Ann","Maureen"] ; /name/0/_given = [{"id":"g2"},null]
        move ~ Patient.name ~ {"name":"source","valueInteger":0},{"name":"destination","valueInteger":2} => ! outside
        delete ~ Patient.gender && add ~ Patient ~ {"name":"name","valueString":"gender"},{"name":"value","valueCode":"male"} => /gender = "male"
        delete ~ Patient.gender && replace ~ Patient.gender ~ {"name":"value","valueCode":"male"} => ! parameter[1]
        twist ~ Patient.gender => ! `twist` is no type
        delete ~ Patient.gender ~ {"name":"value","valueCode":"x"} => ! takes no part `value`
        replace ~ Patient.gender => ! needs the part `value`
        replace ~ Patient.gender ~ {"name":"value","valueCode":"x","valueString":"y"} => ! one value only
        replace ~ Patient.gender ~ {"name":"value"} => ! the value is missing
        replace ~ Patient.gender ~ {"name":"colour","valueCode":"x"} => ! no part `colour`
        replace ~ Patient.gender ~ {"name":"value","valueCode":"x"},{"name":"value","valueCode":"y"} => ! twice
        "#,
    );
    let odd = json!({"resourceType": "Parameters", "parameter": [{"name": "other"}]});
    assert!(
        Patch::of_resource(&Resource::from_value(odd).unwrap())
            .unwrap_err()
            .is_malformed()
    );
}

#[test]
fn a_binary_holds_a_json_patch() {
    let binary = |kind: &str, data: &str| {
        let value = json!({"resourceType": "Binary", "contentType": kind, "data": data});
        applied(Patch::of_resource(&Resource::from_value(value).unwrap()))
    };
    let data = "W3sib3AiOiJyZW1vdmUiLCJwYXRoIjoiL2dlbmRlciJ9XQ==";
    assert_eq!(
        binary("application/json-patch+json", data)
            .unwrap()
            .get("gender"),
        None
    );
    for (kind, data, words) in [
        ("application/json", data, "json-patch"),
        ("application/json-patch+json", "%", "base64"),
        ("application/json-patch+json", "e30=", "array"),
    ] {
        assert!(
            binary(kind, data).unwrap_err().to_string().contains(words),
            "{kind} {data}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever is sent, reading and applying ends in a resource or in words.
    #[test]
    fn nothing_that_is_sent_breaks_it(bytes in any::<Vec<u8>>(), from in "(/[a-z0-9~-]{0,6}){0,4}", path in "(/[a-z0-9-]{0,6}){0,4}") {
        drop(Patch::json(&bytes));
        let text = json!([{"op": "copy", "from": from, "path": path}, {"op": "move", "from": path, "path": from}]);
        drop(applied(Patch::json(text.to_string().as_bytes())));
    }
}
