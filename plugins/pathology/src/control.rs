//! Control results as somebody types them: one run on each line, each control as value/mean/deviation.
//!
//! Invariant: a line that cannot be read is said by its number; none is passed over.

#[cfg(test)]
mod tests;

use crate::westgard::Control;
use sdk::decimal::Decimal;

/// What a line looks like.
pub(crate) const EXAMPLE: &str = "4.12/4.10/0.06 6.05/6.00/0.09";
/// Runs and controls that are read at most.
const RUNS_MAX: usize = 40;
const CONTROLS_MAX: usize = 6;

/// Reads runs, the oldest on top and the one to be judged last; the first control of a line is the first material.
///
/// # Errors
/// Which line, and what is wrong with it.
pub(crate) fn runs(text: &str) -> Result<Vec<Vec<Control>>, String> {
    let lines = text.lines().map(str::trim);
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    if lines.len() > RUNS_MAX {
        return Err(format!("Give the newest {RUNS_MAX} runs or fewer."));
    }
    let each = lines.iter().enumerate().map(|(at, line)| {
        run(line).map_err(|what| format!("Line {}: {what}, for example {EXAMPLE}.", at + 1))
    });
    each.collect()
}

fn run(line: &str) -> Result<Vec<Control>, String> {
    let controls: Vec<_> = line.split_whitespace().collect();
    if controls.len() > CONTROLS_MAX {
        return Err(format!("give {CONTROLS_MAX} controls or fewer"));
    }
    let each = (1_u32..).zip(controls).map(|(level, text)| {
        let parts: Vec<_> = text.split('/').map(Decimal::parse).collect();
        match parts[..] {
            [Some(value), Some(mean), Some(sd)] if sd > Decimal::ZERO => Ok(Control {
                level,
                value,
                mean,
                sd,
            }),
            [Some(_), Some(_), Some(_)] => {
                Err(format!("the deviation in `{text}` must be above 0"))
            }
            _ => Err(format!("write `{text}` as value/mean/deviation")),
        }
    });
    each.collect()
}
