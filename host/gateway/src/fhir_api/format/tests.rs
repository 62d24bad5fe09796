//! Which format is answered, and which bodies are read.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use axum::http::{HeaderMap, HeaderValue, header};

use super::{Asked, Content, Format, content};

fn asked(accept: &str, format: &str) -> Option<Asked> {
    let mut headers = HeaderMap::new();
    for line in accept
        .split('|')
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        headers.append(header::ACCEPT, HeaderValue::from_str(line).unwrap());
    }
    let pairs = [("_format", format)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty());
    let pairs = pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Asked::of(&headers, &pairs).ok()
}

#[test]
fn formats_by_accept_and_parameter() {
    // Accept (several headers by |) => _format => answer
    let rows = "
        => => json
        */* => => json
        application/fhir+xml => => xml
        application/fhir+json => => json
        Application/FHIR+XML ; charset=utf-8 => => xml
        application/xml => => xml
        text/xml => => xml
        text/json => => json
        application/json => => json
        application/fhir+xml;fhirVersion=4.0 => => xml
        application/fhir+xml;fhirVersion=\"4.0\" => => xml
        application/fhir+xml;fhirVersion=3.0 => => none
        application/fhir+xml;fhirVersion=3.0, application/fhir+json => => json
        application/fhir+xml;q=0.4, application/fhir+json;q=0.5 => => json
        application/fhir+xml;q=0.5, application/fhir+json;q=0.4 => => xml
        application/fhir+xml, application/fhir+json => => xml
        application/fhir+json, application/fhir+xml => => json
        application/fhir+xml | application/fhir+json;q=0.9 => => xml
        application/fhir+xml, */*;q=0.1 => => xml
        application/fhir+xml, */* => => xml
        application/fhir+json;q=0, */* => => xml
        application/fhir+xml;q=0 => => none
        application/* => => json
        text/* => => json
        text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8 => => json
        image/png => => none
        text/turtle => => none
        nonsense => => json
        application/fhir+xml;q=nonsense => => json
        application/fhir+xml;q=0.1234 => => json
        application/fhir+json => xml => xml
        application/fhir+xml => json => json
        image/png => application/fhir+xml => xml
        image/png => application/fhir xml => xml
        => text/xml => xml
        => text/json => json
        => application/json => json
        => application/fhir+json;fhirVersion=4.0 => json
        => application/fhir+json;fhirVersion=5.0 => refused
        => html => refused
        => ttl => refused
        => JSON => json
    ";
    for row in rows.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let mut columns = row.split("=>").map(str::trim);
        let mut next = || columns.next().unwrap();
        let found = match asked(next(), next()).map(|asked| asked.format()) {
            None => "refused",
            Some(None) => "none",
            Some(Some(Format::Json)) => "json",
            Some(Some(Format::Xml)) => "xml",
        };
        assert_eq!(found, next(), "{row}");
    }
}

#[test]
fn who_does_not_say_gets_what_they_sent() {
    for (accept, expected) in [
        ("", Format::Xml),
        ("application/fhir+json", Format::Json),
        ("*/*", Format::Json),
    ] {
        let mut asked = asked(accept, "").unwrap();
        asked.sent(Format::Xml);
        assert_eq!(asked.format(), Some(expected), "{accept}");
    }
}

#[test]
fn content_as_itself_by_accept() {
    // Accept => _format => content of image/png as itself
    let rows = "
        => => true
        */* => => true
        image/png => => true
        image/* => => true
        image/png;q=0.1 => => true
        image/png;q=0 => => false
        text/plain => => false
        text/plain, */*;q=0.1 => => true
        application/fhir+json => => false
        application/fhir+xml, */* => => false
        application/fhir+json;q=0.5, image/png => => true
        application/fhir+json, image/png => => true
        application/fhir+json, image/png;q=0.5 => => false
        image/png => json => false
    ";
    for row in rows.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let mut columns = row.split("=>").map(str::trim);
        let mut next = || columns.next().unwrap();
        let found = asked(next(), next()).unwrap().wants_raw("image/png; a=b");
        assert_eq!(found.to_string(), next(), "{row}");
    }
}

#[test]
fn bodies_by_content_type() {
    for (text, expected) in [
        ("", Some(Content::Resource(Format::Json))),
        (
            "application/fhir+json",
            Some(Content::Resource(Format::Json)),
        ),
        (
            "application/fhir+json; charset=UTF-8",
            Some(Content::Resource(Format::Json)),
        ),
        (
            "application/fhir+json;charset=\"utf-8\";fhirVersion=4.0",
            Some(Content::Resource(Format::Json)),
        ),
        ("application/fhir+json; charset=iso-8859-1", None),
        ("application/fhir+xml; charset=utf-16", None),
        ("application/fhir+xml; fhirVersion=3.0", None),
        ("application/fhir+xml", Some(Content::Resource(Format::Xml))),
        ("text/xml", Some(Content::Resource(Format::Xml))),
        ("text/json", Some(Content::Resource(Format::Json))),
        ("application/json-patch+json", Some(Content::JsonPatch)),
        ("application/x-www-form-urlencoded", Some(Content::Form)),
        ("application/fhir+ndjson", Some(Content::Lines)),
        ("image/png", Some(Content::Other)),
        ("text/plain; charset=iso-8859-1", Some(Content::Other)),
    ] {
        let mut headers = HeaderMap::new();
        if !text.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(text).unwrap());
        }
        assert_eq!(content(&headers).ok(), expected, "{text}");
    }
}
