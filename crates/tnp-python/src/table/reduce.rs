//! Reductions, running sums, statistics, sorting and searching.

use tnp::{Average, Diff, Maybe, Searching, Side, Sorting, Trapezoid, Vander};

use crate::call::{Args, Entry, functions};

macro_rules! reductions {
    ($($name:ident $signature:literal)* ; $($rest:tt)*) => {
        functions! {
            $(concat!(stringify!($name), $signature), |a| { let (x, options) = (a.x(0)?, a.reduce()?); a.give(|| tnp::$name(x, options)) };)*
            $($rest)*
        }
    };
}

fn sorting(a: &Args<'_, '_>) -> pyo3::PyResult<Sorting> {
    // None means the flattened array here, and leaving it out the last axis.
    let flat = a.given(1).is_some_and(pyo3::types::PyAnyMethods::is_none);
    let options = match flat {
        true => Sorting::flat(),
        false => Sorting::axis(a.int("axis", -1)?),
    };
    let kind = a.text("kind", "quicksort")?;
    let stable = a.flag("stable")? || matches!(kind.as_str(), "stable" | "mergesort");
    Ok(if stable { options.stable() } else { options })
}

#[rustfmt::skip]
pub(crate) const FUNCTIONS: &[Entry] = reductions! {
    sum "(a, /, axis=None, dtype=None, *, keepdims=False, initial=<no value>, where=True)"
    prod "(a, /, axis=None, dtype=None, *, keepdims=False, initial=<no value>, where=True)"
    max "(a, /, axis=None, *, keepdims=False, initial=<no value>, where=True)"
    min "(a, /, axis=None, *, keepdims=False, initial=<no value>, where=True)"
    amax "(a, axis=None, *, keepdims=False, initial=<no value>, where=True)"
    amin "(a, axis=None, *, keepdims=False, initial=<no value>, where=True)"
    all "(a, /, axis=None, *, keepdims=False, where=True)"
    any "(a, /, axis=None, *, keepdims=False, where=True)"
    ptp "(a, axis=None, *, keepdims=False)"
    argmax "(a, /, axis=None, *, keepdims=False)"
    argmin "(a, /, axis=None, *, keepdims=False)"
    cumsum "(a, axis=None, dtype=None)"
    cumprod "(a, axis=None, dtype=None)"
    count_nonzero "(a, /, axis=None, *, keepdims=False)"
    mean "(a, /, axis=None, dtype=None, *, keepdims=False, where=True)"
    var "(a, /, axis=None, dtype=None, *, ddof=0, keepdims=False, where=True, correction=<no value>)"
    std "(a, /, axis=None, dtype=None, *, ddof=0, keepdims=False, where=True, correction=<no value>)"
    median "(a, axis=None, *, keepdims=False)"
    nansum "(a, axis=None, dtype=None, *, keepdims=False, initial=<no value>, where=True)"
    nanprod "(a, axis=None, dtype=None, *, keepdims=False, initial=<no value>, where=True)"
    nanmax "(a, axis=None, *, keepdims=False, initial=<no value>, where=True)"
    nanmin "(a, axis=None, *, keepdims=False, initial=<no value>, where=True)"
    nanmean "(a, axis=None, dtype=None, *, keepdims=False, where=True)"
    nanvar "(a, axis=None, dtype=None, *, ddof=0, keepdims=False, where=True, correction=<no value>)"
    nanstd "(a, axis=None, dtype=None, *, ddof=0, keepdims=False, where=True, correction=<no value>)"
    ;
    "average(a, axis=None, weights=None, returned=False, *, keepdims=False)", |a| {
        let mut options = Average::axes(a.axis("axis")?);
        if let Some(weights) = a.maybe("weights")? { options = options.weights(weights); }
        if a.flag("keepdims")? { options = options.keepdims(); }
        let x = a.x(0)?;
        match a.flag("returned")? {
            true => a.give(|| tnp::average_returned(x, options)),
            false => a.give(|| tnp::average(x, options)),
        }
    };
    "sort(a, /, axis=-1, kind=None, *, descending=False, stable=None)", |a| {
        let (x, options, axis) = (a.array(0)?, sorting(a)?, a.int("axis", -1)?);
        match a.flag("descending")? {
            true => a.give(|| tnp::flip(tnp::sort(x, options)?, axis)),
            false => a.give(|| tnp::sort(x, options)),
        }
    };
    "argsort(a, /, axis=-1, kind=None, *, descending=False, stable=None)", |a| {
        let (x, options, axis) = (a.array(0)?, sorting(a)?, a.int("axis", -1)?);
        match a.flag("descending")? {
            true => a.give(|| descending(x, options, axis)),
            false => a.give(|| tnp::argsort(x, options)),
        }
    };
    "searchsorted(a, v, /, side='left', sorter=None)", |a| {
        let side = a.choice("side", Side::Left, &[("left", Side::Left), ("right", Side::Right)])?;
        let (x, v, sorter) = (a.x(0)?, a.x(1)?, a.maybe("sorter")?);
        a.give(|| {
            let mut options = Searching::side(side);
            if let Some(sorter) = sorter { options = options.sorter(&sorter.into_array()?); }
            tnp::searchsorted(x, v, options)
        })
    };
    "diff(a, /, n=1, axis=-1, prepend=<no value>, append=<no value>)", |a| {
        let mut options = Diff::times(a.int("n", 1)?).axis(a.int("axis", -1)?);
        if let Some(x) = a.maybe("prepend")? { options = options.prepend(x); }
        if let Some(x) = a.maybe("append")? { options = options.append(x); }
        let x = a.x(0)?;
        a.give(|| tnp::diff(x, options))
    };
    "trapezoid(y, x=None, dx=1.0, axis=-1)", |a| {
        let options = Trapezoid { x: Maybe(a.maybe("x")?), dx: a.float("dx", 1.0)?, axis: a.int("axis", -1)? };
        let y = a.x(0)?;
        a.give(|| tnp::trapezoid(y, options))
    };
    "polyval(p, x)", |a| { let (p, x) = (a.x(0)?, a.x(1)?); a.give(|| tnp::polyval(p, x)) };
    "vander(x, N=None, increasing=False)", |a| {
        let x = a.array(0)?;
        let mut options = Vander::columns(a.int("N", x.size() as isize)?);
        if a.flag("increasing")? { options = options.increasing(); }
        a.give(|| tnp::vander(x, options))
    };
};

/// Positions of a descending order, ties in the order of the array: those of the ascending order of the reversed array.
fn descending(x: tnp::Array, options: Sorting, axis: isize) -> tnp::Result<tnp::Array> {
    let last = x.shape()[tnp_shape::normalize_axis(axis, x.ndim())?] as i64 - 1;
    let order = tnp::argsort(tnp::flip(x, axis)?, options.stable())?;
    tnp::subtract(last, tnp::flip(order, axis)?)
}
