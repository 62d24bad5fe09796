//! The departmental at the bedside: whole screens, forms and reactions over a written chart.

pub(crate) mod cases;
