//! A page as a browser's parser reads it: its elements in order, and what the parser has against it.

use std::cell::RefCell;

use html5ever::tendril::TendrilSink as _;
use html5ever::{ParseOpts, QualName, local_name, ns, parse_fragment};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// One element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Element {
    /// How many elements it lies in.
    pub(super) depth: usize,
    pub(super) tag: String,
    /// By name, in the order of the page.
    pub(super) attributes: Vec<(String, String)>,
    /// The words directly in it.
    pub(super) text: String,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let mut all = self.attributes.iter();
        all.find(|(it, _)| it == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn classes(&self) -> impl Iterator<Item = &str> {
        self.attribute("class")
            .unwrap_or_default()
            .split_whitespace()
    }
}

/// The elements of a part of a page, and every error of the parser.
pub(super) fn read(page: &str) -> (Vec<Element>, Vec<String>) {
    let context = QualName::new(None, ns!(html), local_name!("div"));
    let dom = parse_fragment(
        RcDom::default(),
        ParseOpts::default(),
        context,
        vec![],
        false,
    )
    .one(page);
    let mut elements = Vec::new();
    // The document holds one `html`, which holds what was in the context.
    for top in dom.document.children.borrow().iter() {
        for child in top.children.borrow().iter() {
            gather(child, 0, &mut elements);
        }
    }
    let errors = dom
        .errors
        .borrow()
        .iter()
        .map(ToString::to_string)
        .collect();
    (elements, errors)
}

fn gather(node: &Handle, depth: usize, elements: &mut Vec<Element>) {
    let NodeData::Element { name, attrs, .. } = &node.data else {
        return;
    };
    let words = |child: &Handle| match &child.data {
        NodeData::Text { contents } => RefCell::borrow(contents).to_string(),
        _ => String::new(),
    };
    elements.push(Element {
        depth,
        tag: name.local.to_string(),
        attributes: attrs
            .borrow()
            .iter()
            .map(|it| (it.name.local.to_string(), it.value.to_string()))
            .collect(),
        text: node.children.borrow().iter().map(words).collect(),
    });
    for child in node.children.borrow().iter() {
        gather(child, depth + 1, elements);
    }
}
