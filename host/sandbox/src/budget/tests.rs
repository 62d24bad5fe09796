//! Bounds at their edge, on both sides.

use crate::budget::{ARGUMENT_BYTES_MAX, Budget, Exceeded, Usage};
use wasmtime::ResourceLimiter;

fn usage() -> Usage {
    Usage::new(Budget {
        memory_bytes: 100,
        table_elements: 10,
        wall_ms: 60_000,
        host_calls: 2,
        chart_bytes: 50,
        answer_bytes: 10,
        notes: 1,
    })
}

#[test]
fn memory_is_summed_over_memories() {
    let mut usage = usage();
    // Two memories of 40, then one of them by 20 more.
    for (current, desired, fits) in [
        (0, 40, true),
        (0, 40, true),
        (40, 60, true),
        (60, 61, false),
    ] {
        assert_eq!(
            usage.memory_growing(current, desired, None).is_ok(),
            fits,
            "{current} to {desired}"
        );
    }
}

#[test]
fn tables_are_summed() {
    let mut usage = usage();
    for (current, desired, fits) in [(0, 5, true), (0, 5, true), (5, 6, false)] {
        assert_eq!(
            usage.table_growing(current, desired, None).is_ok(),
            fits,
            "{current} to {desired}"
        );
    }
}

#[test]
fn host_calls_arguments_bytes_and_notes_are_counted() {
    let mut usage = usage();
    assert_eq!(
        usage.host_call(ARGUMENT_BYTES_MAX + 1),
        Err(Exceeded::Argument)
    );
    assert_eq!(usage.host_call(ARGUMENT_BYTES_MAX), Ok(()));
    assert_eq!(usage.host_call(0), Err(Exceeded::HostCalls(2)));
    assert!(usage.hand_out(50) && !usage.hand_out(1));
    assert!(usage.note() && !usage.note());
}

#[test]
fn time_is_up_when_it_is_up() {
    let budget = Budget {
        wall_ms: 0,
        ..Budget::default()
    };
    assert_eq!(Usage::new(budget).in_time(), Err(Exceeded::Time(0)));
    assert_eq!(usage().in_time(), Ok(()));
}
