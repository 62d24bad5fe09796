//! Places and the distance between them.
//!
//! Invariant: distances are along the surface of a sphere of the Earth's mean radius: off by half a per cent at most.

use super::Condition;

/// Metres; the mean radius of the Earth.
const RADIUS: f64 = 6_371_008.8;
/// Metres; how far when nothing is said.
const USUAL: f64 = 10_000.0;
/// Metres; half-way round the Earth: everything is nearer.
const FARTHEST: f64 = 20_040_000.0;

/// Reads `latitude|longitude|distance|unit`, the last two optional.
pub(super) fn near(parts: &[String]) -> Result<Condition, String> {
    let advice = || {
        "write latitude|longitude|distance|unit, for example 53.8|-1.55|5|km; units are km, m and [mi_i]".to_owned()
    };
    let number = |text: &String| {
        text.parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .ok_or_else(advice)
    };
    let (latitude, longitude, distance, unit) = match parts {
        [latitude, longitude] => (latitude, longitude, None, "km"),
        [latitude, longitude, distance] => (latitude, longitude, Some(distance), "km"),
        [latitude, longitude, distance, unit] => {
            (latitude, longitude, Some(distance), unit.as_str())
        }
        _ => return Err(advice()),
    };
    let (latitude, longitude) = (number(latitude)?, number(longitude)?);
    if !(-90.0..=90.0).contains(&latitude) || !(-180.0..=180.0).contains(&longitude) {
        return Err("latitudes lie between -90 and 90, longitudes between -180 and 180".to_owned());
    }
    let unit = match unit {
        "km" | "" => 1_000.0,
        "m" => 1.0,
        "[mi_i]" | "mi" => 1_609.344,
        "[mi_us]" => 1_609.347_218_694,
        _ => return Err(advice()),
    };
    let metres = match distance {
        Some(distance) if !distance.is_empty() => number(distance)? * unit,
        Some(_) | None => USUAL,
    };
    if !(0.0..=FARTHEST).contains(&metres) {
        return Err("the distance lies between 0 and 20,040 km".to_owned());
    }
    Ok(Condition::Near {
        latitude,
        longitude,
        metres,
    })
}

/// Metres between two places, each in degrees north and east.
pub(super) fn distance((north_a, east_a): (f64, f64), (north_b, east_b): (f64, f64)) -> f64 {
    let half_north = ((north_b - north_a).to_radians() / 2.0).sin();
    let half_east = ((east_b - east_a).to_radians() / 2.0).sin();
    let chord = half_north * half_north
        + north_a.to_radians().cos() * north_b.to_radians().cos() * half_east * half_east;
    2.0 * RADIUS * chord.sqrt().min(1.0).asin()
}
