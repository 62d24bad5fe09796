//! What somebody types for control results, and what is read of it.

use crate::control::runs;

#[test]
fn lines_are_read_or_said_by_their_number() {
    let table = [
        ("4.12/4.10/0.06 6.05/6.00/0.09", "4.12 of 1, 6.05 of 2"),
        (" 4.12/4.10/0.06 \n\n 4.2/4.10/0.06", "4.12 of 1; 4.2 of 1"),
        ("", ""),
        (
            "4.12/4.10",
            "Line 1: write `4.12/4.10` as value/mean/deviation, for example 4.12/4.10/0.06 6.05/6.00/0.09.",
        ),
        (
            "4/4/1\n4,1/4/1",
            "Line 2: write `4,1/4/1` as value/mean/deviation, for example 4.12/4.10/0.06 6.05/6.00/0.09.",
        ),
        (
            "4/4/0",
            "Line 1: the deviation in `4/4/0` must be above 0, for example 4.12/4.10/0.06 6.05/6.00/0.09.",
        ),
        (
            "4/4/-1",
            "Line 1: the deviation in `4/4/-1` must be above 0, for example 4.12/4.10/0.06 6.05/6.00/0.09.",
        ),
    ];
    for (typed, expected) in table {
        let said = match runs(typed) {
            Ok(runs) => {
                let run = |run: &Vec<_>| {
                    let each = run.iter().map(|it: &crate::westgard::Control| {
                        format!("{} of {}", it.value, it.level)
                    });
                    each.collect::<Vec<_>>().join(", ")
                };
                runs.iter().map(run).collect::<Vec<_>>().join("; ")
            }
            Err(what) => what,
        };
        assert_eq!(said, expected, "{typed}");
    }
    assert!(runs(&"4/4/1\n".repeat(40)).is_ok());
    assert!(runs(&"4/4/1\n".repeat(41)).is_err());
    assert!(runs(&"4/4/1 ".repeat(6)).is_ok());
    assert!(runs(&"4/4/1 ".repeat(7)).is_err());
}
