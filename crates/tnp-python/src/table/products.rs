//! Products of arrays.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tnp::{Axis, CrossAxes, TensorAxes};

use crate::call::{Args, Entry, functions};
use crate::sizes;

fn tensordot(a: &Args<'_, '_>) -> PyResult<Py<PyAny>> {
    let axes = match a.named("axes") {
        None => TensorAxes::Count(2),
        Some(axes) => match axes.extract::<isize>() {
            Ok(count) => TensorAxes::Count(count),
            Err(_) => TensorAxes::Pairs(
                sizes::axis(&axes.get_item(0)?)?,
                sizes::axis(&axes.get_item(1)?)?,
            ),
        },
    };
    let (x, y) = (a.x(0)?, a.x(1)?);
    a.give(|| tnp::tensordot(x, y, axes))
}

/// Subscripts as text, or operands each followed by a list of the numbers of its axes.
fn einsum(a: &Args<'_, '_>) -> PyResult<Py<PyAny>> {
    let mut given = a.rest();
    let Some(first) = given.next() else {
        return Err(PyValueError::new_err(
            "einsum() needs subscripts and operands",
        ));
    };
    let dtype = a.dtype()?;
    if let Ok(subscripts) = first.extract::<String>() {
        let operands = given
            .map(|object| a.operand(&object))
            .collect::<PyResult<Vec<_>>>()?;
        return a.give(|| tnp::einsum(&subscripts, operands, dtype));
    }
    let letter = |number: usize| {
        let letters = ('a'..='z').chain('A'..='Z');
        letters
            .clone()
            .nth(number)
            .ok_or_else(|| PyValueError::new_err("einsum: subscripts are numbers from 0 to 51"))
    };
    let text = |list: &Bound<'_, PyAny>| -> PyResult<String> {
        let mut text = String::new();
        for item in list.try_iter()? {
            let item = item?;
            match item.is(pyo3::types::PyEllipsis::get(a.py()).as_any()) {
                true => text.push_str("..."),
                false => text.push(letter(item.extract()?)?),
            }
        }
        Ok(text)
    };
    let (mut operands, mut terms, mut output) = (Vec::new(), Vec::new(), None);
    let mut next = Some(first);
    while let Some(object) = next {
        match given.next() {
            Some(list) => {
                operands.push(a.operand(&object)?);
                terms.push(text(&list)?);
            }
            None => output = Some(text(&object)?),
        }
        next = given.next();
    }
    let mut subscripts = terms.join(",");
    if let Some(output) = output {
        subscripts = format!("{subscripts}->{output}");
    }
    a.give(|| tnp::einsum(&subscripts, operands, dtype))
}

#[rustfmt::skip]
pub(crate) const FUNCTIONS: &[Entry] = functions! {
    "matmul(x1, x2, /)", |a| { let (x, y) = (a.x(0)?, a.x(1)?); a.give(|| tnp::matmul(x, y)) };
    "dot(a, b)", |a| { let (x, y) = (a.x(0)?, a.x(1)?); a.give(|| tnp::dot(x, y)) };
    "inner(a, b, /)", |a| { let (x, y) = (a.x(0)?, a.x(1)?); a.give(|| tnp::inner(x, y)) };
    "outer(a, b)", |a| { let (x, y) = (a.x(0)?, a.x(1)?); a.give(|| tnp::outer(x, y)) };
    "vdot(a, b, /)", |a| { let (x, y) = (a.x(0)?, a.x(1)?); a.give(|| tnp::vdot(x, y)) };
    "vecdot(x1, x2, /, *, axis=-1)", |a| { let (x, y, axis) = (a.x(0)?, a.x(1)?, Axis::from(a.int("axis", -1)?)); a.give(|| tnp::vecdot(x, y, axis)) };
    "matvec(x1, x2, /)", |a| { let (x, y) = (a.x(0)?, a.x(1)?); a.give(|| tnp::matvec(x, y)) };
    "vecmat(x1, x2, /)", |a| { let (x, y) = (a.x(0)?, a.x(1)?); a.give(|| tnp::vecmat(x, y)) };
    "kron(a, b)", |a| { let (x, y) = (a.x(0)?, a.x(1)?); a.give(|| tnp::kron(x, y)) };
    "tensordot(a, b, /, *, axes=2)", tensordot;
    "cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None)", |a| {
        let axes = match a.int_or_none("axis")? {
            Some(axis) => CrossAxes { axisa: axis, axisb: axis, axisc: axis },
            None => CrossAxes { axisa: a.int("axisa", -1)?, axisb: a.int("axisb", -1)?, axisc: a.int("axisc", -1)? },
        };
        let (x, y) = (a.x(0)?, a.x(1)?);
        a.give(|| tnp::cross(x, y, axes))
    };
    "einsum(*operands, dtype=None, optimize=False)", einsum;
};
