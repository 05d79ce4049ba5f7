//! Choosing elements: `where`, `take`, `nonzero` and their kin.

use tnp::{IndexMode, Take};

use crate::call::{Args, Entry, functions};

fn mode(a: &Args<'_, '_>) -> pyo3::PyResult<IndexMode> {
    a.choice(
        "mode",
        IndexMode::Raise,
        &[
            ("raise", IndexMode::Raise),
            ("wrap", IndexMode::Wrap),
            ("clip", IndexMode::Clip),
        ],
    )
}

#[rustfmt::skip]
pub(crate) const FUNCTIONS: &[Entry] = functions! {
    "where(condition, x=<no value>, y=<no value>, /)", |a| {
        match (a.given(1), a.given(2)) {
            (Some(_), Some(_)) => { let (c, x, y) = (a.x(0)?, a.x(1)?, a.x(2)?); a.give(|| tnp::where_(c, x, y)) }
            (None, None) => { let c = a.x(0)?; a.give(|| tnp::nonzero(c, ())) }
            _ => Err(pyo3::exceptions::PyValueError::new_err("either both or neither of x and y should be given")),
        }
    };
    "select(condlist, choicelist, default=0)", |a| {
        let (conditions, choices) = (a.arrays(0)?, a.arrays(1)?);
        let default = match a.maybe("default")? { Some(default) => default, None => tnp::Operand::from(0) };
        a.give(|| tnp::select(conditions, choices, default))
    };
    "nonzero(a, /)", |a| { let x = a.x(0)?; a.give(|| tnp::nonzero(x, ())) };
    "argwhere(a)", |a| { let x = a.x(0)?; a.give(|| tnp::argwhere(x)) };
    "flatnonzero(a)", |a| { let x = a.x(0)?; a.give(|| tnp::flatnonzero(x)) };
    "extract(condition, arr)", |a| { let (c, x) = (a.x(0)?, a.x(1)?); a.give(|| tnp::extract(c, x)) };
    "take(a, indices, /, axis=None, mode='raise')", |a| {
        let (x, indices, options) = (a.x(0)?, a.x(1)?, Take { axis: a.axis("axis")?, mode: mode(a)? });
        a.give(|| tnp::take(x, indices, options))
    };
    "take_along_axis(arr, indices, /, axis=-1)", |a| {
        let (x, indices) = (a.x(0)?, a.x(1)?);
        let flat = a.given(2).is_some_and(pyo3::types::PyAnyMethods::is_none);
        let axis = if flat { tnp::Axis(None) } else { tnp::Axis::from(a.int("axis", -1)?) };
        a.give(|| tnp::take_along_axis(x, indices, axis))
    };
    "put_along_axis(arr, indices, values, axis=-1)", |a| {
        let (x, indices, values, axis) = (a.x(0)?, a.x(1)?, a.x(2)?, a.axis("axis")?);
        a.give(|| tnp::put_along_axis(x, indices, values, axis))
    };
    "compress(condition, a, axis=None)", |a| { let (c, x, axis) = (a.x(0)?, a.x(1)?, a.axis("axis")?); a.give(|| tnp::compress(c, x, axis)) };
    "choose(a, choices, mode='raise')", |a| { let (x, choices, mode) = (a.x(0)?, a.arrays(1)?, mode(a)?); a.give(|| tnp::choose(x, choices, mode)) };
};
