//! What a narrative may hold: well-formed XHTML of the elements and attributes that FHIR lists, and nothing that acts
//! or fetches.
//!
//! Invariant: reading takes time in proportion to the text, and whatever is not known to be harmless is a problem.

mod markup;
mod words;

pub use self::words::lines;

use self::markup::{Attribute, Part, Reader};
use crate::resource::shortened;

const XHTML: &str = "http://www.w3.org/1999/xhtml";
/// How deep elements may lie in each other.
const DEPTH_MAX: usize = 64;

/// The elements, in order.
const ELEMENTS: [&str; 55] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "area",
    "b",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "map",
    "ol",
    "p",
    "pre",
    "q",
    "samp",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "ul",
    "var",
];
/// The attributes of every element, in order.
const ATTRIBUTES: [&str; 22] = [
    "abbr",
    "accesskey",
    "align",
    "axis",
    "char",
    "charoff",
    "class",
    "colspan",
    "dir",
    "headers",
    "id",
    "lang",
    "rowspan",
    "scope",
    "span",
    "style",
    "tabindex",
    "title",
    "valign",
    "width",
    "xml:lang",
    "xml:space",
];

/// The attributes of certain elements.
const OWN_ATTRIBUTES: [(&str, &[&str]); 12] = [
    (
        "a",
        &["charset", "href", "hreflang", "name", "rel", "rev", "type"],
    ),
    ("area", &["alt", "coords", "href", "nohref", "shape"]),
    ("blockquote", &["cite"]),
    ("col", &["height"]),
    ("del", &["cite", "datetime"]),
    (
        "img",
        &[
            "alt", "border", "height", "ismap", "longdesc", "src", "usemap",
        ],
    ),
    ("ins", &["cite", "datetime"]),
    ("map", &["name"]),
    ("q", &["cite"]),
    (
        "table",
        &[
            "border",
            "cellpadding",
            "cellspacing",
            "frame",
            "rules",
            "summary",
        ],
    ),
    ("td", &["height", "nowrap"]),
    ("th", &["height", "nowrap"]),
];

/// What is wrong with the text of a narrative, and what to do; `None` when it is sound.
pub(crate) fn problem(text: &str) -> Option<String> {
    let mut reader = Reader::new(text);
    let mut open: Vec<&str> = Vec::new();
    let (mut ended, mut says) = (false, false);
    loop {
        let part = match reader.next() {
            Ok(Some(part)) => part,
            Ok(None) => break,
            Err(problem) => return Some(problem),
        };
        match part {
            Part::Text(words) => {
                let blank = words.trim().is_empty();
                if open.is_empty() && !blank {
                    return Some(one_div());
                }
                says |= !blank;
            }
            Part::Open {
                name,
                attributes,
                is_empty,
            } => {
                if open.is_empty() && (ended || name != "div") {
                    return Some(one_div());
                }
                if let Some(problem) = element(name, &attributes, open.is_empty()) {
                    return Some(problem);
                }
                says |= name == "img";
                if is_empty {
                    ended |= open.is_empty();
                } else if open.len() >= DEPTH_MAX {
                    return Some(format!("elements lie more than {DEPTH_MAX} levels deep"));
                } else {
                    open.push(name);
                }
            }
            Part::Close(name) => {
                if open.pop() != Some(name) {
                    let name = shortened(name);
                    return Some(format!(
                        "`</{name}>` closes an element that is not open there"
                    ));
                }
                ended |= open.is_empty();
            }
        }
    }
    match open.last() {
        Some(name) => Some(format!("`<{}>` is not closed", shortened(name))),
        None if !ended => Some(one_div()),
        None if !says => Some("a narrative needs words or an image (rule txt-2)".to_owned()),
        None => None,
    }
}

fn one_div() -> String {
    format!("write one <div xmlns=\"{XHTML}\"> element and nothing beside it (rule txt-1)")
}

fn element(name: &str, attributes: &[Attribute<'_>], is_first: bool) -> Option<String> {
    if ELEMENTS.binary_search(&name).is_err() {
        let name = shortened(name);
        return Some(format!(
            "the element `{name}` is not allowed in a narrative (rule txt-1); leave it out"
        ));
    }
    let own = OWN_ATTRIBUTES
        .iter()
        .find(|(of, _)| *of == name)
        .map_or(&[][..], |(_, own)| own);
    let mut has_namespace = false;
    for (at, attribute) in attributes.iter().enumerate() {
        let known = attribute.name;
        if attributes[..at].iter().any(|other| other.name == known) {
            return Some(format!("`{}` is given twice", shortened(known)));
        }
        if known == "xmlns" {
            has_namespace = true;
            if attribute.value == XHTML {
                continue;
            }
            return Some(format!("the namespace of a narrative is {XHTML}"));
        }
        if ATTRIBUTES.binary_search(&known).is_err() && !own.contains(&known) {
            return Some(format!(
                "the attribute `{}` of `{name}` is not allowed in a narrative (rule txt-1); leave it out",
                shortened(known)
            ));
        }
        if let Some(problem) = value(name, known, &attribute.value) {
            return Some(problem);
        }
    }
    (is_first && !has_namespace).then(one_div)
}

/// What an attribute may lead to.
fn value(element: &str, attribute: &str, value: &str) -> Option<String> {
    // Browsers ignore what lies between the letters of a scheme, and so does this.
    let plain: String = value
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let scheme = plain
        .find([':', '/', '?', '#'])
        .filter(|at| plain.as_bytes().get(*at) == Some(&b':'))
        .map(|at| &plain[..at]);
    match attribute {
        "style" => {
            const ACTS: [&str; 6] = [
                "url(",
                "expression",
                "@import",
                "javascript:",
                "behavior",
                "binding",
            ];
            let acts = plain.contains('\\') || ACTS.iter().any(|word| plain.contains(word));
            acts.then(|| {
                "a style that fetches or acts is not allowed in a narrative (rule txt-1)".to_owned()
            })
        }
        "href" | "cite" | "longdesc" => {
            let sound = matches!(
                scheme,
                None | Some("http" | "https" | "mailto" | "tel" | "urn" | "ftp")
            );
            (!sound).then(|| format!("a link of a narrative leads to http, https, mailto, tel or within, not to `{}:`", shortened(scheme.unwrap_or(""))))
        }
        "src" => {
            const IMAGES: [&str; 5] = [
                "data:image/png",
                "data:image/jpeg",
                "data:image/gif",
                "data:image/webp",
                "data:image/bmp",
            ];
            let sound = match scheme {
                None => !plain.starts_with("//"),
                Some("data") => IMAGES.iter().any(|image| plain.starts_with(image)),
                Some("cid") => true,
                Some(_) => false,
            };
            (!sound).then(|| "an image of a narrative is contained (`#id`), relative or `data:image/png;…`, not fetched from elsewhere (rule txt-1)".to_owned())
        }
        "usemap" => (!plain.starts_with('#'))
            .then(|| format!("`usemap` of `{element}` names a map as `#name`")),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
