//! The departmental of maternity: pregnancies, their dating, growth, risk of clots, labour and birth.
//!
//! Invariant: every fact belongs to one pregnancy, one contact and, where it is about one, one fetus; no write reaches a
//! pregnancy that is closed.

mod apgar;
mod centile;
mod crl;
mod dating;
mod day;
mod document;
mod head;
mod labour;
mod lmp;
mod mews;
mod refusal;
mod robson;
mod vte;
mod weight;

#[cfg(test)]
mod tests;
