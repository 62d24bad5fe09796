//! XML to JSON and back, what is refused and why, and real files.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

mod generator;

use std::io::Read as _;

use proptest::prelude::*;
use serde_json::Value;

use super::{DEPTH_MAX, Layout, XmlError, read, write};
use crate::resource::Resource;

const XMLNS: &str = "xmlns=\"http://hl7.org/fhir\"";
const DIV: &str = "<div xmlns=\"http://www.w3.org/1999/xhtml\">";

fn json(xml: &str) -> Value {
    match read(xml.as_bytes()) {
        Ok(resource) => resource.into_value(),
        Err(error) => panic!("{error}: {xml}"),
    }
}

fn refusal(xml: &str) -> String {
    match read(xml.as_bytes()) {
        Ok(resource) => panic!("accepted as {}: {xml}", resource.to_json()),
        Err(error) => {
            let issue = error.issue();
            format!(
                "{} @ {}",
                issue.details,
                issue.expression.unwrap_or_default()
            )
        }
    }
}

/// Both ways, and back again.
#[test]
fn the_same_resource_in_both_forms() {
    for (xml, expected) in [
        ("<Patient/>", r#"{"resourceType":"Patient"}"#),
        (
            r#"<Patient><id value="a-1"/><active value="true"/><birthDate value="1970-03-30"/></Patient>"#,
            r#"{"resourceType":"Patient","id":"a-1","active":true,"birthDate":"1970-03-30"}"#,
        ),
        // What belongs to a value, with the value and without it.
        (
            r#"<Patient><birthDate value="1970" id="b"><extension url="urn:t"><valueTime value="10:00:00"/></extension></birthDate></Patient>"#,
            r#"{"resourceType":"Patient","birthDate":"1970","_birthDate":{"id":"b","extension":[{"url":"urn:t","valueTime":"10:00:00"}]}}"#,
        ),
        (
            r#"<Patient><gender><extension url="urn:masked"><valueBoolean value="true"/></extension></gender></Patient>"#,
            r#"{"resourceType":"Patient","_gender":{"extension":[{"url":"urn:masked","valueBoolean":true}]}}"#,
        ),
        // Arrays of values and of what belongs to them, filled up with null.
        (
            r#"<Patient><name id="n"><given value="Ann"/><given value="B" id="g"/><given><extension url="urn:x"><valueCode value="y"/></extension></given><given value="D"/></name></Patient>"#,
            r#"{"resourceType":"Patient","name":[{"id":"n","given":["Ann","B",null,"D"],"_given":[null,{"id":"g"},{"extension":[{"url":"urn:x","valueCode":"y"}]},null]}]}"#,
        ),
        (
            r#"<Patient><name><given id="1"/><given id="2"/></name></Patient>"#,
            r#"{"resourceType":"Patient","name":[{"_given":[{"id":"1"},{"id":"2"}]}]}"#,
        ),
        // The id of a resource may have an extension; that of an element is an attribute.
        (
            r#"<Basic><id value="1" id="x"/><code id="c"><text value="t"/></code></Basic>"#,
            r#"{"resourceType":"Basic","id":"1","_id":{"id":"x"},"code":{"id":"c","text":"t"}}"#,
        ),
        // Digits stay.
        (
            r#"<Observation><valueQuantity><value value="1.50"/></valueQuantity><component><valueQuantity><value value="-0.00"/></valueQuantity></component><component><valueInteger value="-7"/></component></Observation>"#,
            r#"{"resourceType":"Observation","valueQuantity":{"value":1.50},"component":[{"valueQuantity":{"value":-0.00}},{"valueInteger":-7}]}"#,
        ),
        // A group that another names as its own (contentReference).
        (
            r#"<Questionnaire><item><linkId value="1"/><item><linkId value="1.1"/><item><linkId value="1.1.1"/></item></item></item></Questionnaire>"#,
            r#"{"resourceType":"Questionnaire","item":[{"linkId":"1","item":[{"linkId":"1.1","item":[{"linkId":"1.1.1"}]}]}]}"#,
        ),
        // Resources within resources.
        (
            r##"<Bundle><type value="collection"/><entry><fullUrl value="urn:uuid:1"/><resource><Observation><contained><Patient><id value="p"/></Patient></contained><contained><Device><id value="d"/></Device></contained><subject><reference value="#p"/></subject></Observation></resource></entry></Bundle>"##,
            r##"{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Observation","contained":[{"resourceType":"Patient","id":"p"},{"resourceType":"Device","id":"d"}],"subject":{"reference":"#p"}}}]}"##,
        ),
        (
            r#"<Parameters><parameter><name value="a"/><resource><Group/></resource></parameter><parameter><name value="b"/><part><name value="c"/><valueInteger value="1"/></part></parameter></Parameters>"#,
            r#"{"resourceType":"Parameters","parameter":[{"name":"a","resource":{"resourceType":"Group"}},{"name":"b","part":[{"name":"c","valueInteger":1}]}]}"#,
        ),
        // Characters that XML treats in its own way.
        (
            r#"<Basic><code><text value="&lt;a&gt; &amp; &quot;b&quot; 'c'&#9;tab&#10;line&#13;return é 🙂"/></code></Basic>"#,
            "{\"resourceType\":\"Basic\",\"code\":{\"text\":\"<a> & \\\"b\\\" 'c'\\ttab\\nline\\rreturn é 🙂\"}}",
        ),
        // An element named `id` or `url` that is none of the two attributes.
        (
            r#"<ValueSet><url value="urn:v"/><compose><include><system value="urn:s"/></include></compose></ValueSet>"#,
            r#"{"resourceType":"ValueSet","url":"urn:v","compose":{"include":[{"system":"urn:s"}]}}"#,
        ),
        (
            r#"<Binary><contentType value="text/plain"/><data value="aGVsbG8="/></Binary>"#,
            r#"{"resourceType":"Binary","contentType":"text/plain","data":"aGVsbG8="}"#,
        ),
    ] {
        let at = xml.find(['>', '/']).unwrap();
        let xml = format!("{} {XMLNS}{}", &xml[..at], &xml[at..]);
        let expected: Value = serde_json::from_str(expected).unwrap();
        assert_eq!(json(&xml).to_string(), expected.to_string());
        let compact = write(&expected, Layout::Compact).unwrap();
        assert_eq!(
            compact,
            format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{xml}")
        );
        let indented = write(&expected, Layout::Indented).unwrap();
        assert_eq!(json(&indented), expected, "{indented}");
    }
}

/// What may be written in several ways in XML is one thing in JSON.
#[test]
fn freedoms_of_xml() {
    let plain =
        r#"{"resourceType":"Patient","active":true,"name":[{"family":"A"},{"family":"B"}]}"#;
    for xml in [
        format!("<Patient {XMLNS}><active value='true'/><name><family value='A'/></name><name><family value='B'/></name></Patient>"),
        // A byte order mark, a declaration, comments, instructions, hints about schemas, spaces.
        format!("\u{feff}<?xml version='1.0' encoding='utf-8' standalone='yes'?><!-- a --><?b c?>\n<Patient {XMLNS} xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"a b\">\n\t<!-- <active value='false'/> --><active  value = \"true\" ></active ><name><family value=\"A\"/></name><?d?><name><family value=\"B\"/></name></Patient>\n<!-- e -->"),
        // A prefix in place of the default namespace.
        "<f:Patient xmlns:f=\"http://hl7.org/fhir\"><f:active value=\"true\"/><f:name><f:family value=\"A\"/></f:name><f:name><f:family value=\"B\"/></f:name></f:Patient>".to_owned(),
        // Another order.
        format!("<Patient {XMLNS}><name><family value=\"A\"/></name><active value=\" true\n\"/><name><family value=\"&#x42;\"/></name></Patient>"),
    ] {
        let expected: Value = serde_json::from_str(plain).unwrap();
        assert_eq!(json(&xml), expected, "{xml}");
    }
    // Line ends and tabs of an attribute are spaces, as XML asks; numbers may have a plus.
    let xml = format!(
        "<Questionnaire {XMLNS}><title value=\"a\r\nb\tc\nd\"/><item><maxLength value=\"+5\"/></item></Questionnaire>"
    );
    assert_eq!(
        json(&xml).to_string(),
        r#"{"resourceType":"Questionnaire","title":"a b c d","item":[{"maxLength":5}]}"#
    );
}

#[test]
fn narratives_are_kept_as_written() {
    for inner in [
        "plain",
        "<p class='a' title=\"b\">A &lt;b&gt; &amp; &#160;&#xA0;</p>\n  <br/><br /><hr></hr>",
        "<!-- a comment --><table border=\"1\"><tr><td>1</td></tr></table>",
        "<a href=\"#x\" xml:lang=\"cy\">é 🙂</a><img src='data:,'/><![CDATA[a < b]]>",
    ] {
        let div = format!("{DIV}{inner}</div>");
        let xml = format!("<Basic {XMLNS}><text><status value=\"generated\"/>{div}</text></Basic>");
        let value = json(&xml);
        assert_eq!(value["text"]["div"].as_str().unwrap(), div);
        let written = write(&value, Layout::Compact).unwrap();
        assert!(written.ends_with(&xml), "{written}");
    }
    // What does not stand alone is made to.
    let rest = "<h:p class=\"a\">b<h:br/>&amp;</h:p></h:div></text></Basic>";
    let xml = format!(
        "<Basic {XMLNS} xmlns:h=\"http://www.w3.org/1999/xhtml\"><text><h:div id='d'>{rest}"
    );
    assert_eq!(
        json(&xml)["text"]["div"],
        format!(
            "{}<p class=\"a\">b<br/>&amp;</p></div>",
            DIV.replace('>', " id=\"d\">")
        )
    );
    for (div, expected) in [
        ("<div>a</div>", format!("{DIV}a</div>")),
        (
            " <div>a&nbsp;&eacute;&mdash;</div>\n",
            format!("{DIV}a&#160;&#233;&#8212;</div>"),
        ),
        (
            "<div><img alt=\"&copy; 'x'\"/></div>",
            format!("{DIV}<img alt=\"&#169; 'x'\"/></div>"),
        ),
        ("<div/>", format!("{}/>", DIV.trim_end_matches('>'))),
    ] {
        let value = serde_json::json!({"resourceType": "Basic", "text": {"div": div}});
        let written = write(&value, Layout::Compact).unwrap();
        assert!(written.contains(&expected), "{written}");
        assert_eq!(json(&written)["text"]["div"], expected);
    }
}

#[test]
fn what_is_refused_in_xml_and_where() {
    let patient = |inside: &str| format!("<Patient {XMLNS}>{inside}</Patient>");
    for (xml, expected) in [
        (String::new(), "there is no element"),
        ("<!-- nothing -->".to_owned(), "there is no element"),
        (
            "{\"resourceType\": \"Patient\"}".to_owned(),
            "text stands between elements",
        ),
        (
            "<Patient/>".to_owned(),
            "`Patient` is in the wrong namespace (no namespace)",
        ),
        (
            "<Patient xmlns=\"urn:x\"/>".to_owned(),
            "wrong namespace (urn:x)",
        ),
        ("<x:Patient/>".to_owned(), "wrong namespace (x)"),
        (
            format!("<Nobody {XMLNS}/>"),
            "`Nobody` is not a FHIR R4 resource type",
        ),
        (
            format!("<Patient {XMLNS}/><Patient {XMLNS}/>"),
            "one outermost element",
        ),
        (
            format!("<Patient {XMLNS}>"),
            "before its elements are closed",
        ),
        (format!("<Patient {XMLNS}></Group>"), "not XML"),
        (
            format!("<Patient {XMLNS} id=\"1\"/>"),
            "attribute `id`; it takes none",
        ),
        (
            format!("<?xml version=\"1.1\"?><Patient {XMLNS}/>"),
            "only XML 1.0",
        ),
        (
            format!("<?xml version=\"1.0\" encoding=\"UTF-16\"?><Patient {XMLNS}/>"),
            "only UTF-8",
        ),
        // Nothing is declared, resolved or expanded.
        (
            format!("<!DOCTYPE Patient><Patient {XMLNS}/>"),
            "a document type (<!DOCTYPE …>) is not allowed",
        ),
        (
            format!(
                "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><Patient {XMLNS}><language value=\"&b;\"/></Patient>"
            ),
            "a document type (<!DOCTYPE …>) is not allowed",
        ),
        (
            patient("<language value=\"&b;\"/>"),
            "none of XML's own five",
        ),
        (
            patient("<language value=\"a & b\"/>"),
            "begins no reference",
        ),
        (patient("<language value=\"&#0;\"/>"), "U+0000"),
        (patient("<language value=\"&#xFFFE;\"/>"), "U+FFFE"),
        (
            patient("<language value=\"&#xD800;\"/>"),
            "names no character",
        ),
        (
            patient("<language value=\"&#99999999999;\"/>"),
            "names no character",
        ),
        (
            patient("<language value=\"a<b\"/>"),
            "an attribute holds `<`",
        ),
        (patient("<language value=\"a\" value=\"b\"/>"), "not XML"),
        (patient("<language value=a/>"), "not XML"),
        // Elements.
        (
            patient("<nam/>"),
            "did you mean `name`? (line 1 column 38) @ Patient.nam",
        ),
        (
            patient("<resourceType value=\"Patient\"/>"),
            "no element `resourceType`",
        ),
        (
            patient("<name><given value=\"A\"/><given value=\"\"/></name>"),
            "`value` is empty; leave it out (line 1 column 62) @ Patient.name[0].given[1]",
        ),
        (
            patient("<name/>"),
            "the element is empty; leave it out (line 1 column 45) @ Patient.name[0]",
        ),
        (patient("<active/>"), "says nothing"),
        (patient("<active value=\"1\"/>"), "write true or false"),
        (
            patient("<active value=\"true\"/><active value=\"true\"/>"),
            "`active` occurs once only",
        ),
        (
            patient("<active value=\"true\" when=\"now\"/>"),
            "attribute `when`; it takes `id` and `value` only",
        ),
        (
            patient("<active value=\"true\" xml:id=\"a\"/>"),
            "attribute `xml:id`",
        ),
        (
            patient("<active>true</active>"),
            "text stands between elements",
        ),
        (
            patient("<active value=\"true\">&amp;</active>"),
            "text stands between elements",
        ),
        (
            patient("<active><![CDATA[true]]></active>"),
            "text stands between elements",
        ),
        (
            patient("<active value=\"true\"><value value=\"x\"/></active>"),
            "Element has no element `value`",
        ),
        (
            patient("<active xmlns=\"urn:x\" value=\"true\"/>"),
            "wrong namespace (urn:x)",
        ),
        (
            patient("<name value=\"A\"/>"),
            "attribute `value`; it takes `id` only",
        ),
        (
            patient("<name><id value=\"1\"/></name>"),
            "`id` is an attribute here",
        ),
        (
            patient("<extension><url value=\"urn:x\"/></extension>"),
            "`url` is an attribute here",
        ),
        (patient("<contained/>"), "a resource is missing here"),
        (
            patient("<contained><Group/><Group/></contained>"),
            "one resource only",
        ),
        (
            patient("<contained><Nobody/></contained>"),
            "@ Patient.contained[0]",
        ),
        (
            patient("<multipleBirthInteger value=\"01\"/>"),
            "whole number",
        ),
        (
            patient("<multipleBirthInteger value=\"1.5\"/>"),
            "whole number",
        ),
        (
            format!(
                "<Observation {XMLNS}><valueQuantity><value value=\".5\"/></valueQuantity></Observation>"
            ),
            "@ Observation.valueQuantity.value",
        ),
        (
            format!(
                "<Observation {XMLNS}><valueQuantity><value value=\"+1.5\"/></valueQuantity></Observation>"
            ),
            "write a decimal",
        ),
        (
            format!(
                "<Observation {XMLNS}><valueQuantity><value value=\"NaN\"/></valueQuantity></Observation>"
            ),
            "write a decimal",
        ),
        // Narratives.
        (
            patient("<text><div/></text>"),
            "wrong namespace (http://hl7.org/fhir)",
        ),
        (
            patient(&format!("<text>{DIV}<p></div></text>")),
            "@ Patient.text.div",
        ),
        (
            patient(&format!("<text>{DIV}&nbsp;</div></text>")),
            "none of XML's own five",
        ),
        (
            patient(&format!("<text>{DIV}<f:x xmlns:f=\"urn:x\"/></div></text>")),
            "every element of a narrative",
        ),
        (
            patient(&format!("<text>{DIV}<p f:a=\"\"/></div></text>")),
            "no prefix but xml",
        ),
        (
            patient(&format!("<text>{DIV}<p a=\"<\"/></div></text>")),
            "an attribute holds `<`",
        ),
        (patient(&format!("<text>{DIV}")), "expected `</div>`"),
    ] {
        let found = refusal(&xml);
        assert!(found.contains(expected), "{xml}\n {found}\n {expected}");
    }
    assert!(matches!(
        read(b"<Patient xmlns='\xff'/>"),
        Err(XmlError::NotXml { column: 17, .. })
    ));
    assert!(read("<\u{0}Patient/>".as_bytes()).is_err());
    assert!(matches!(
        read(b"\xff\xfe<\0P\0"),
        Err(XmlError::NotXml { line: 1, .. })
    ));
}

#[test]
fn what_json_holds_and_xml_cannot() {
    for (value, expected) in [
        (
            r#"{"resourceType":"Patient","nam":1}"#,
            "Patient.nam cannot be written as XML: Patient has no element `nam`",
        ),
        (
            r#"{"resourceType":"Nobody"}"#,
            "not a FHIR R4 resource type",
        ),
        (r#"{"id":"1"}"#, "`resourceType` is missing"),
        (
            r#"{"resourceType":"Patient","name":[]}"#,
            "Patient.name cannot be written as XML: the array is empty",
        ),
        (
            r#"{"resourceType":"Patient","name":[{}]}"#,
            "Patient.name[0] cannot be written as XML: the object is empty",
        ),
        (
            r#"{"resourceType":"Patient","name":{"family":"a"}}"#,
            "this must be an array",
        ),
        (
            r#"{"resourceType":"Patient","name":[null]}"#,
            "null stands where an object belongs",
        ),
        (
            r#"{"resourceType":"Patient","name":[{"given":[null]}]}"#,
            "Patient.name[0].given[0] cannot be written as XML: null stands",
        ),
        (
            r#"{"resourceType":"Patient","active":"true"}"#,
            "a text cannot be the value here",
        ),
        (r#"{"resourceType":"Patient","active":null}"#, "null"),
        (
            r#"{"resourceType":"Patient","gender":""}"#,
            "the text is empty",
        ),
        (
            r#"{"resourceType":"Patient","gender":1}"#,
            "a number cannot be the value here",
        ),
        (
            "{\"resourceType\":\"Patient\",\"language\":\"\\u0001\"}",
            "U+0001",
        ),
        (
            "{\"resourceType\":\"Patient\",\"language\":\"\\uffff\"}",
            "U+FFFF",
        ),
        (
            r#"{"resourceType":"Patient","_name":[{"id":"1"}]}"#,
            "no element `_name`",
        ),
        (
            r#"{"resourceType":"Patient","name":[{"id":1}]}"#,
            "Patient.name[0].id cannot",
        ),
        (
            r#"{"resourceType":"Patient","name":[{"id":"1","_id":{"id":"2"}}]}"#,
            "nothing beside it",
        ),
        (
            r#"{"resourceType":"Patient","text":{"div":"</div>"}}"#,
            "Patient.text.div cannot",
        ),
        (
            r#"{"resourceType":"Patient","text":{"div":"<div></div></text><active value='true'/><text><div></div>"}}"#,
            "does not match any open tag",
        ),
        (
            r#"{"resourceType":"Patient","text":{"div":"<div></div><p/>"}}"#,
            "ends with its one <div>",
        ),
        (
            r#"{"resourceType":"Patient","text":{"div":"<div><p></div>"}}"#,
            "Patient.text.div cannot",
        ),
        (
            r#"{"resourceType":"Patient","text":{"div":"<!DOCTYPE a><div/>"}}"#,
            "one <div> element",
        ),
        (
            r#"{"resourceType":"Patient","text":{"div":"<div>&unheard;</div>"}}"#,
            "none of XML's own five",
        ),
        (
            r#"{"resourceType":"Patient","text":{"div":"text"}}"#,
            "one <div> element",
        ),
    ] {
        let value: Value = serde_json::from_str(value).unwrap();
        let error = write(&value, Layout::Compact).unwrap_err();
        assert!(
            error.to_string().contains(expected),
            "{value}\n {error}\n {expected}"
        );
        assert!(error.issue().details.ends_with("ask for JSON"));
    }
}

#[test]
fn depth_is_bounded() {
    for (levels, accepted) in [(25, true), (DEPTH_MAX - 2, false), (100_000, false)] {
        let xml = format!(
            "<Questionnaire {XMLNS}>{}<linkId value=\"1\"/>{}</Questionnaire>",
            "<item>".repeat(levels),
            "</item>".repeat(levels)
        );
        assert_eq!(read(xml.as_bytes()).is_ok(), accepted, "{levels}");
    }
    for (levels, accepted) in [(DEPTH_MAX - 4, true), (DEPTH_MAX, false), (100_000, false)] {
        let div = format!(
            "{DIV}{}{}</div>",
            "<b>".repeat(levels),
            "</b>".repeat(levels)
        );
        let xml = format!("<Basic {XMLNS}><text>{div}</text></Basic>");
        assert_eq!(read(xml.as_bytes()).is_ok(), accepted, "{levels}");
        let value = serde_json::json!({"resourceType": "Basic", "text": {"div": div}});
        let written = write(&value, Layout::Compact).is_ok();
        assert_eq!(written, levels < DEPTH_MAX, "{levels}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_itself(seed in any::<u64>()) {
        let value = generator::resource(seed);
        for layout in [Layout::Compact, Layout::Indented] {
            let xml = write(&value, layout).map_err(|error| TestCaseError::fail(error.to_string()))?;
            let again = read(xml.as_bytes()).map_err(|error| TestCaseError::fail(format!("{error}\n{xml}")))?;
            prop_assert_eq!(again.value(), &value, "{}", xml);
        }
    }

    #[test]
    fn no_bytes_are_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }

    /// A document with a few bytes changed is read or refused, never more than that.
    #[test]
    fn no_change_is_too_odd(seed in any::<u64>(), at in any::<prop::sample::Index>(), put in "[<>/&;\"'=! a-z]{0,4}") {
        let mut xml = write(&generator::resource(seed), Layout::Compact).unwrap();
        let mut at = at.index(xml.len());
        while !xml.is_char_boundary(at) {
            at -= 1;
        }
        xml.insert_str(at, &put);
        if let Ok(resource) = read(xml.as_bytes()) {
            prop_assert!(write(resource.value(), Layout::Compact).is_ok(), "{}", xml);
        }
    }
}

/// The folder with real files; without it a test says that it was left out.
#[expect(clippy::print_stderr, reason = "what was left out is said in one line")]
fn files(folder: &str) -> Vec<std::path::PathBuf> {
    let Ok(data) = std::env::var("PALATINE_DATA") else {
        eprintln!("left out: {folder} in XML and JSON, since PALATINE_DATA is not set");
        return Vec::new();
    };
    let files = std::fs::read_dir(format!("{data}/{folder}")).unwrap();
    let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    assert!(!files.is_empty(), "{folder}");
    files
}

#[test]
fn published_examples_in_xml() {
    for folder in [
        "ukcore/examples",
        "ukcore/structuredefinitions",
        "ukcore/valuesets",
        "ukcore/codesystems",
    ] {
        for path in files(folder) {
            let text = std::fs::read(&path).unwrap();
            let first = match read(&text) {
                Ok(first) => first,
                // This one was published with a stray letter behind an element.
                Err(error) if path.ends_with("CodeSystem-UKCore-EthnicCategoryScotland.xml") => {
                    assert!(
                        error.to_string().contains("text stands between elements"),
                        "{error}"
                    );
                    continue;
                }
                Err(error) => panic!("{}: {error}", path.display()),
            };
            let written = write(first.value(), Layout::Compact).unwrap();
            assert_eq!(
                read(written.as_bytes()).unwrap(),
                first,
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn published_histories_in_xml() {
    for path in files("synthea") {
        let mut text = Vec::new();
        let file = std::fs::File::open(&path).unwrap();
        bzip2::read::BzDecoder::new(file)
            .read_to_end(&mut text)
            .unwrap();
        let bundle = Resource::parse(&text).unwrap();
        let xml = write(bundle.value(), Layout::Compact).unwrap();
        assert!(
            read(xml.as_bytes()).unwrap() == bundle,
            "{}",
            path.display()
        );
    }
}
