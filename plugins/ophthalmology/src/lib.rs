//! The departmental of ophthalmology: visits of both eyes, retinopathy, biometry, cataract, glaucoma.
//!
//! Invariant: every finding is of one eye, and no threshold or code list is in code; the packs have them.

mod acuity;
mod bounds;
mod capsule_risk;
mod eye;
mod follow_up;
mod keratometry;
mod moment;
mod pack;
mod pressure;
mod refraction;
mod refusal;
mod retinopathy;
mod srk_t;
mod typed;

#[cfg(test)]
mod tests;
