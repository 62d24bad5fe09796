//! Gestation as it is written.

use super::Gestation;

#[test]
fn gestation_is_weeks_and_days() {
    assert_eq!(Gestation(87).to_string(), "12+3");
    assert_eq!(Gestation(84).to_string(), "12+0");
    assert_eq!(Gestation(83).to_string(), "11+6");
    assert_eq!(Gestation::nearest(78.7).to_string(), "11+2");
    assert_eq!(Gestation::nearest(78.4).to_string(), "11+1");
}
