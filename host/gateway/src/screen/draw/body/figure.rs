//! The catalogue of drawings: what lies under the marks, where a coordinate lies on it, and how that place is called.
//!
//! Invariant: a right and a left drawing are mirror images of each other, and say which side is the nose's.

use maud::{Markup, html};

use super::super::super::node::Image;
use crate::chart::xy;

/// The part of the plane that every drawing has.
pub(super) const VIEW: &str = "0 0 236 236";
const MIDDLE: f64 = 118.0;
/// Of a disc diameter; of a cornea's radius; of half an abdomen.
const FUNDUS: f64 = 20.0;
const EYE: f64 = 48.0;
const ABDOMEN: (f64, f64) = (80.0, 96.0);
/// The disc's middle, in its own diameters from the fovea.
const DISC: (f64, f64) = (2.5, 0.4);
/// Nearer than this to the middle, a place has no direction.
const AT_MIDDLE: f64 = 0.05;

/// Which way the nose lies on paper: a right eye is seen from the front, so towards the right.
fn towards_nose(image: Image) -> f64 {
    match image {
        Image::EyeRight | Image::FundusRight | Image::Abdomen => 1.0,
        Image::EyeLeft | Image::FundusLeft => -1.0,
    }
}

/// A coordinate's place in the drawing.
pub(super) fn at(image: Image, (x, y): (f64, f64)) -> (f64, f64) {
    let (across, up) = match image {
        Image::FundusRight | Image::FundusLeft => (FUNDUS, FUNDUS),
        Image::EyeRight | Image::EyeLeft => (EYE, EYE),
        Image::Abdomen => ABDOMEN,
    };
    (MIDDLE + towards_nose(image) * across * x, MIDDLE - up * y)
}

/// The place in words.
pub(super) fn where_it_is(image: Image, (x, y): (f64, f64)) -> String {
    let far = x.hypot(y);
    match image {
        Image::Abdomen if far < AT_MIDDLE => "At the umbilicus".to_owned(),
        Image::Abdomen => {
            let side = if x < 0.0 { "Right" } else { "Left" };
            let half = if y < 0.0 { "lower" } else { "upper" };
            format!("{side} {half} quadrant")
        }
        Image::FundusRight | Image::FundusLeft if far < AT_MIDDLE => "At the fovea".to_owned(),
        Image::EyeRight | Image::EyeLeft if far < AT_MIDDLE => {
            "At the middle of the cornea".to_owned()
        }
        Image::FundusRight | Image::FundusLeft => {
            format!("{}, {far:.1} disc diameters from the fovea", quadrant(x, y))
        }
        Image::EyeRight | Image::EyeLeft => {
            let on = if far <= 1.0 {
                "on the cornea"
            } else {
                "off the cornea"
            };
            format!("{}, {on}", quadrant(x, y))
        }
    }
}

fn quadrant(x: f64, y: f64) -> &'static str {
    match (y < 0.0, x < 0.0) {
        (false, false) => "Upper nasal",
        (false, true) => "Upper temporal",
        (true, false) => "Lower nasal",
        (true, true) => "Lower temporal",
    }
}

/// What lies under the marks.
pub(super) fn ground(image: Image) -> Markup {
    match image {
        Image::FundusRight | Image::FundusLeft => fundus(image),
        Image::EyeRight | Image::EyeLeft => eye(image),
        Image::Abdomen => abdomen(),
    }
}

/// The side as a letter, and which way nose and temple lie.
fn sides(image: Image) -> Markup {
    let (letter, left, right) = match image {
        Image::EyeRight | Image::FundusRight => ("R", "Temporal", "Nasal"),
        Image::EyeLeft | Image::FundusLeft => ("L", "Nasal", "Temporal"),
        Image::Abdomen => ("", "Right", "Left"),
    };
    html! {
        text .m-side x="4" y="22" { (letter) }
        text .m-word x="2" y="232" { (left) }
        text .m-word text-anchor="end" x="234" y="232" { (right) }
    }
}

fn fundus(image: Image) -> Markup {
    let (disc_x, disc_y) = at(image, DISC);
    let arcade = |up: f64| {
        let points = [
            (2.5, 0.4 + 0.4 * up),
            (1.4, 2.4 * up),
            (-0.6, 2.9 * up),
            (-3.4, 2.2 * up),
        ];
        let [(x0, y0), (x1, y1), (x2, y2), (x3, y3)] = points.map(|place| at(image, place));
        format!(
            "M{} {} C{} {} {} {} {} {}",
            xy(x0),
            xy(y0),
            xy(x1),
            xy(y1),
            xy(x2),
            xy(y2),
            xy(x3),
            xy(y3)
        )
    };
    html! {
        circle .m-ground cx=(MIDDLE) cy=(MIDDLE) r="104" {}
        path .m-vessel d=(arcade(1.0)) {} path .m-vessel d=(arcade(-1.0)) {}
        circle .m-disc cx=(xy(disc_x)) cy=(xy(disc_y)) r="10" {}
        circle .m-measure cx=(MIDDLE) cy=(MIDDLE) r=(FUNDUS) {}
        circle .m-fovea cx=(MIDDLE) cy=(MIDDLE) r="2.5" {}
        text .m-word text-anchor="middle" x=(MIDDLE) y=(MIDDLE + FUNDUS + 13.0) { "1 DD" }
        (sides(image))
    }
}

fn eye(image: Image) -> Markup {
    html! {
        path .m-ground d="M12 118 Q118 16 224 118 Q118 220 12 118 Z" {}
        circle .m-iris cx=(MIDDLE) cy=(MIDDLE) r=(EYE) {}
        circle .m-pupil cx=(MIDDLE) cy=(MIDDLE) r="16" {}
        (sides(image))
    }
}

fn abdomen() -> Markup {
    html! {
        path .m-ground d="M38 22 Q52 80 40 130 Q34 180 60 214 L176 214 Q202 180 196 130 Q184 80 198 22 Z" {}
        path .m-measure d="M118 22 V214 M38 118 H198" {}
        circle .m-fovea cx=(MIDDLE) cy=(MIDDLE) r="3" {}
        (sides(Image::Abdomen))
    }
}
