//! Both sides of both ends of a target.

use crate::cases::check;
use crate::target::against;

#[test]
fn a_pressure_against_its_target() {
    check(include_str!("../../cases/target.txt"), 12, |cells| {
        against(cells[0], (cells[1], cells[2]))
            .map_or_else(|| "cannot be told".to_owned(), |it| it.words().to_owned())
    });
}
