//! Editing by index, the parts of numbers, sampled functions and windows.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyList;
use tnp::{
    BitPacking, Blocks, IndexMode, Interp, Maybe, Operand, Overlap, Slopes, Sorting, TrimZeros,
    Unwrap,
};

use crate::call::{Args, Entry, Give, functions};
use crate::convert::operand;
use crate::error::OrRaise;
use crate::index::entries;
use crate::sizes;

fn overlap(a: &Args<'_, '_>, default: Overlap) -> PyResult<Overlap> {
    a.choice(
        "mode",
        default,
        &[
            ("full", Overlap::Full),
            ("same", Overlap::Same),
            ("valid", Overlap::Valid),
        ],
    )
}

fn mode(a: &Args<'_, '_>) -> PyResult<IndexMode> {
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

fn blocks(object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Blocks<'static>> {
    /// Deeper lists contain themselves, most likely.
    const DEPTH: usize = 64;
    if depth > DEPTH {
        return Err(PyValueError::new_err(format!(
            "block: lists nested more than {DEPTH} deep: the list contains itself, perhaps"
        )));
    }
    match object.cast::<PyList>() {
        Ok(list) => list
            .iter()
            .map(|part| blocks(&part, depth + 1))
            .collect::<PyResult<_>>()
            .map(Blocks::Many),
        Err(_) => operand(object).map(Blocks::One),
    }
}

fn packing(a: &Args<'_, '_>) -> PyResult<BitPacking> {
    let little = a.choice("bitorder", false, &[("big", false), ("little", true)])?;
    Ok(BitPacking {
        axis: a.axis("axis")?,
        little,
        count: a.int_or_none("count")?,
    })
}

/// The option `axis` of sorting: the last axis when left out, the flattened array for None.
fn sorting(a: &Args<'_, '_>) -> PyResult<Sorting> {
    match a.given(2) {
        Some(axis) if axis.is_none() => Ok(Sorting::flat()),
        _ => Ok(Sorting::axis(a.int("axis", -1)?)),
    }
}

fn kth(a: &Args<'_, '_>) -> PyResult<Vec<isize>> {
    match a.given(1) {
        Some(kth) => Ok(sizes::shape(kth)?.0.to_vec()),
        None => Ok(Vec::new()),
    }
}

fn gradient(a: &Args<'_, '_>) -> PyResult<Py<PyAny>> {
    let mut options = Slopes {
        axis: a.axis("axis")?,
        edge_order: a.int("edge_order", 1)?.max(0) as usize,
        ..Slopes::default()
    };
    options.spacing = a.all()?;
    let x = a.x(0)?;
    let mut slopes = a.run(|| tnp::gradient(x, options))?;
    match slopes.len() {
        1 => slopes.remove(0).give(a.py()),
        _ => slopes.give(a.py()),
    }
}

fn index<'py>(a: &Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
    match a.given(1) {
        Some(index) => Ok(index.clone()),
        None => Err(pyo3::exceptions::PyTypeError::new_err(
            "an index is missing",
        )),
    }
}

#[rustfmt::skip]
pub(crate) const FUNCTIONS: &[Entry] = functions! {
    "delete(arr, obj, axis=None)", |a| { let (x, index, axis) = (a.x(0)?, entries(&index(a)?)?, a.axis("axis")?); a.give(|| tnp::delete(x, index, axis)) };
    "insert(arr, obj, values, axis=None)", |a| { let (x, index, values, axis) = (a.x(0)?, entries(&index(a)?)?, a.x(2)?, a.axis("axis")?); a.give(|| tnp::insert(x, index, values, axis)) };
    "resize(a, new_shape)", |a| { let (x, shape) = (a.x(0)?, a.shape("new_shape")?); a.give(|| tnp::resize(x, shape)) };
    "trim_zeros(filt, trim='fb', axis=None)", |a| {
        let trim = a.text("trim", "fb")?.to_lowercase();
        let options = TrimZeros { keep_front: !trim.contains('f'), keep_back: !trim.contains('b'), axis: a.axis("axis")? };
        let x = a.x(0)?;
        a.give(|| tnp::trim_zeros(x, options))
    };
    "block(arrays)", |a| {
        let Some(arrays) = a.given(0) else { return Err(pyo3::exceptions::PyTypeError::new_err("block() missing an argument")) };
        let blocks = blocks(arrays, 0)?;
        tnp::block(blocks).or_raise(a.py())?.give(a.py())
    };
    "put(a, ind, v, mode='raise')", |a| { let (x, indices, values, mode) = (a.x(0)?, a.x(1)?, a.x(2)?, mode(a)?); a.give(|| tnp::put(x, indices, values, mode)) };
    "putmask(a, /, mask, values)", |a| { let (x, mask, values) = (a.x(0)?, a.x(1)?, a.x(2)?); a.give(|| tnp::putmask(x, mask, values)) };
    "place(arr, mask, vals)", |a| { let (x, mask, values) = (a.x(0)?, a.x(1)?, a.x(2)?); a.give(|| tnp::place(x, mask, values)) };
    "modf(x, /)", |a| { let x = a.x(0)?; a.give(|| tnp::modf(x)) };
    "frexp(x, /)", |a| { let x = a.x(0)?; a.give(|| tnp::frexp(x)) };
    "ldexp(x1, x2, /)", |a| { let (x, y) = (a.x(0)?, a.x(1)?); a.give(|| tnp::ldexp(x, y)) };
    "spacing(x, /)", |a| { let x = a.x(0)?; a.give(|| tnp::spacing(x)) };
    "bitwise_count(x, /)", |a| { let x = a.x(0)?; a.give(|| tnp::bitwise_count(x)) };
    "packbits(a, /, axis=None, bitorder='big')", |a| { let (x, options) = (a.x(0)?, packing(a)?); a.give(|| tnp::packbits(x, options)) };
    "unpackbits(a, /, axis=None, count=None, bitorder='big')", |a| { let (x, options) = (a.x(0)?, packing(a)?); a.give(|| tnp::unpackbits(x, options)) };
    "real_if_close(a, tol=100)", |a| { let (x, tol) = (a.x(0)?, a.float("tol", 100.0)?); a.give(|| tnp::real_if_close(x, tol)) };
    "sort_complex(a)", |a| { let x = a.x(0)?; a.give(|| tnp::sort_complex(x)) };
    "partition(a, kth, axis=-1, kind='introselect')", |a| { let (x, kth, options) = (a.x(0)?, kth(a)?, sorting(a)?); a.give(|| tnp::partition(x, kth, options)) };
    "argpartition(a, kth, axis=-1, kind='introselect')", |a| { let (x, kth, options) = (a.x(0)?, kth(a)?, sorting(a)?); a.give(|| tnp::argpartition(x, kth, options)) };
    "ediff1d(ary, to_end=None, to_begin=None)", |a| { let (x, end, begin) = (a.x(0)?, a.maybe("to_end")?, a.maybe("to_begin")?); a.give(|| tnp::ediff1d(x, Maybe(end), Maybe(begin))) };
    "convolve(a, v, mode='full')", |a| { let (x, v, mode) = (a.x(0)?, a.x(1)?, overlap(a, Overlap::Full)?); a.give(|| tnp::convolve(x, v, mode)) };
    "correlate(a, v, mode='valid')", |a| { let (x, v, mode) = (a.x(0)?, a.x(1)?, overlap(a, Overlap::Valid)?); a.give(|| tnp::correlate(x, v, mode)) };
    "interp(x, xp, fp, left=None, right=None, period=None)", |a| {
        let period = a.named("period").map(|period| period.extract()).transpose()?;
        let (x, xp, fp) = (a.x(0)?, a.x(1)?, a.x(2)?);
        let options = Interp { left: Maybe(a.maybe("left")?), right: Maybe(a.maybe("right")?), period };
        a.give(|| tnp::interp(x, xp, fp, options))
    };
    "gradient(f, *varargs, axis=None, edge_order=1)", gradient;
    "unwrap(p, discont=None, axis=-1, *, period=6.283185307179586)", |a| {
        let period = match a.maybe("period")? { Some(Operand::Scalar(period)) => period, _ => tnp::Scalar::Float(std::f64::consts::TAU) };
        let options = Unwrap { discont: a.named("discont").map(|discont| discont.extract()).transpose()?, axis: a.int("axis", -1)?, period };
        let x = a.x(0)?;
        a.give(|| tnp::unwrap(x, options))
    };
    "bartlett(M)", |a| { let m = a.int("M", 0)?; a.give(|| tnp::bartlett(m)) };
    "blackman(M)", |a| { let m = a.int("M", 0)?; a.give(|| tnp::blackman(m)) };
    "hamming(M)", |a| { let m = a.int("M", 0)?; a.give(|| tnp::hamming(m)) };
    "hanning(M)", |a| { let m = a.int("M", 0)?; a.give(|| tnp::hanning(m)) };
    "kaiser(M, beta)", |a| { let (m, beta) = (a.int("M", 0)?, a.float("beta", 0.0)?); a.give(|| tnp::kaiser(m, beta)) };
    "i0(x)", |a| { let x = a.x(0)?; a.give(|| tnp::i0(x)) };
};
