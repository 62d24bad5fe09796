//! Medicines and allergies.
//!
//! A medicine is given in parts, so that the host writes it in the one order in which prescribers read it.

use crate::screen::value::{Coded, words};
use crate::screen::{nodes, objects};

words! {
    /// Where a medicine stands.
    Course {
        /// It is being taken.
        Active = "active",
        /// It is to be taken.
        Planned = "planned",
        /// Held for a time.
        OnHold = "on-hold",
        /// Ended before its time.
        Stopped = "stopped",
        /// Ended at its time.
        Completed = "completed",
        /// Prescribed, and the person does not take it.
        NotTaken = "not-taken",
        /// Should never have been there.
        EnteredInError = "entered-in-error",
        /// Not known.
        Unknown = "unknown",
    }
    /// The four things that can be said of allergies.
    AllergyLabel {
        /// There are some, and they are named.
        KnownAllergies = "known-allergies",
        /// Somebody asked, and there are none.
        NoKnownAllergies = "no-known-allergies",
        /// Nobody wrote down whether there are any.
        AllergiesNotRecorded = "allergies-not-recorded",
        /// They could not be read.
        AllergiesUnavailable = "allergies-unavailable",
    }
    /// How severe a reaction was.
    Severity {
        /// Mild.
        Mild = "mild",
        /// Moderate.
        Moderate = "moderate",
        /// Severe.
        Severe = "severe",
    }
}

nodes! {
    /// One medicine, by its generic name.
    "medication-line" leaf MedicationLine(drug: String) {
        /// The brand.
        brand: String,
        /// How strong one piece of it is.
        strength: Amount,
        /// Tablet, capsule, infusion.
        form: String,
        /// How much at a time.
        dose: Amount,
        /// How fast.
        rate: Amount,
        /// For how long, in words.
        duration: String,
        /// By which way: oral.
        route: String,
        /// How often, in words.
        frequency: String,
        /// What for.
        indication: String,
        /// Where it stands.
        status: Course,
        /// Since when, FHIR dateTime.
        since: String,
        /// Small words.
        note: String,
        /// The resource it is in, `MedicationRequest/…`.
        resource: String,
    }
    /// Allergies under one of four labels; `items` exactly under `KnownAllergies`.
    "allergy-list" leaf AllergyList(label: AllergyLabel) {
        /// The allergies.
        items: Vec<Allergy>,
        /// Small words.
        note: String,
    }
}

objects! {
    /// An amount of medicine; `value` is a plain decimal.
    Amount(value: String, unit: String) {
        /// Upper end, where it is from `value` to this.
        to: String,
    }
    /// What a person cannot take.
    Allergy(substance: Coded) {
        /// What happened.
        reactions: Vec<String>,
        /// How severe it was.
        severity: Severity,
        /// Nobody has verified it.
        unconfirmed: bool,
        /// An intolerance rather than an allergy.
        intolerance: bool,
        /// When it was recorded, FHIR dateTime.
        recorded: String,
        /// The resource it is in, `AllergyIntolerance/…`.
        resource: String,
    }
}
