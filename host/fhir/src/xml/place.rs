//! Where in a resource something is, put into words only when there is something to say.
//!
//! Invariant: the words are a FHIRPath expression, as in `Patient.name[0].given[1]`.

use std::fmt;

use crate::resource::shortened;

/// An element, and those around it.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    around: Option<&'p Place<'p>>,
    name: &'p str,
    index: Option<usize>,
}

impl<'p> Place<'p> {
    /// The outermost resource.
    pub(super) fn root(name: &'p str) -> Self {
        Self {
            around: None,
            name,
            index: None,
        }
    }

    /// An element within; `index` where it may repeat.
    pub(super) fn within(&'p self, name: &'p str, index: Option<usize>) -> Place<'p> {
        Place {
            around: Some(self),
            name,
            index,
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(around) = self.around {
            write!(f, "{around}.")?;
        }
        f.write_str(&shortened(self.name))?;
        match self.index {
            Some(index) => write!(f, "[{index}]"),
            None => Ok(()),
        }
    }
}
