//! Shapes, joining, splitting, rearranging.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tnp::{
    Axis, Diagonal, JoinAxis, Operand, Order, Pad, PadValues, PadWidth, Reflection, Sections,
    Shape, StatLength,
};

use crate::call::{Args, Entry, Give, InList, functions};
use crate::convert::operand;
use crate::dtype;
use crate::error::OrRaise;
use crate::sizes::{self, integer};

fn order(a: &Args<'_, '_>) -> PyResult<Order> {
    a.choice(
        "order",
        Order::C,
        &[
            ("C", Order::C),
            ("F", Order::F),
            ("A", Order::A),
            ("K", Order::K),
        ],
    )
}

fn join_axis(a: &Args<'_, '_>) -> PyResult<JoinAxis> {
    // None means flattened arrays here, and leaving it out the first axis.
    match a.place("axis").and_then(|at| a.given(at)) {
        None => Ok(JoinAxis::from(())),
        Some(axis) if axis.is_none() => Ok(JoinAxis::from(None::<isize>)),
        Some(axis) => Ok(JoinAxis::from(integer(axis, "axis")?)),
    }
}

fn sections(a: &Args<'_, '_>) -> PyResult<Sections> {
    let Some(object) = a.given(1) else {
        return Err(PyTypeError::new_err("indices_or_sections is missing"));
    };
    match object.extract::<isize>() {
        Ok(parts) => Ok(Sections::Parts(parts)),
        Err(_) => Ok(Sections::At(sizes::shape(object)?.0)),
    }
}

fn diagonal(a: &Args<'_, '_>) -> PyResult<Diagonal> {
    Ok(Diagonal::offset(a.int("offset", 0)?).axes(a.int("axis1", 0)?, a.int("axis2", 1)?))
}

/// Shape arguments of a method: several integers, or one sequence of them.
fn sizes(a: &Args<'_, '_>) -> PyResult<Shape> {
    let (mut given, mut sizes) = (a.rest(), Shape::from(()));
    if given.len() == 1
        && let Some(one) = given.next()
    {
        return sizes::shape(&one);
    }
    for size in given {
        sizes.0.push(integer(&size, "shape")?);
    }
    Ok(sizes)
}

fn pairs<T>(
    object: &Bound<'_, PyAny>,
    read: impl Fn(&Bound<'_, PyAny>) -> PyResult<T>,
) -> PyResult<Vec<(T, T)>> {
    let both = |object: &Bound<'_, PyAny>| -> PyResult<(T, T)> {
        let parts = object
            .try_iter()
            .and_then(|parts| parts.collect::<PyResult<Vec<_>>>());
        match parts {
            Err(_) => Ok((read(object)?, read(object)?)),
            Ok(parts) => match &parts[..] {
                [one] => Ok((read(one)?, read(one)?)),
                [before, after] => Ok((read(before)?, read(after)?)),
                _ => Err(PyValueError::new_err(
                    "pad: widths and values are numbers, pairs, or a pair an axis",
                )),
            },
        }
    };
    let Ok(parts) = object
        .try_iter()
        .and_then(|parts| parts.collect::<PyResult<Vec<_>>>())
    else {
        return Ok(vec![both(object)?]);
    };
    match parts.iter().all(|part| part.try_iter().is_err()) {
        true => Ok(vec![both(object)?]),
        false => parts.iter().map(both).collect(),
    }
}

fn pad(a: &Args<'_, '_>) -> PyResult<Py<PyAny>> {
    let widths = match a.given(1) {
        None => return Err(PyTypeError::new_err("pad() missing an argument")),
        Some(widths) => match widths.cast::<PyDict>() {
            Err(_) => pairs(widths, |width| integer(width, "pad_width"))?,
            Ok(by_axis) => {
                let ndim = a.array(0)?.ndim();
                let mut all = vec![(0, 0); ndim];
                for (axis, width) in by_axis {
                    let axis = tnp_shape::normalize_axis(integer(&axis, "axis")?, ndim);
                    let axis = axis.map_err(tnp::Error::from).or_raise(a.py())?;
                    all[axis] = pairs(&width, |width| integer(width, "pad_width"))?[0];
                }
                all
            }
        },
    };
    let values = |name: &str| -> PyResult<PadValues> {
        match a.named(name) {
            None => Ok(PadValues::from(0)),
            Some(values) => match &pairs(values, |value| Ok(value.clone().unbind()))?[..] {
                [(before, after)] => Ok(PadValues::from((
                    operand(before.bind(a.py()))?,
                    operand(after.bind(a.py()))?,
                ))),
                several => {
                    let mut each = Vec::new();
                    for (before, after) in several {
                        each.push((operand(before.bind(a.py()))?, operand(after.bind(a.py()))?));
                    }
                    Ok(PadValues::from(each))
                }
            },
        }
    };
    let lengths = || -> PyResult<StatLength> {
        match a.named("stat_length") {
            None => Ok(StatLength::from(())),
            Some(lengths) => {
                let one = |length: &Bound<'_, PyAny>| match length.is_none() {
                    true => Ok(None),
                    false => integer(length, "stat_length").map(Some),
                };
                Ok(StatLength::from(pairs(lengths, one)?))
            }
        }
    };
    let reflection = a.choice(
        "reflect_type",
        Reflection::Even,
        &[("even", Reflection::Even), ("odd", Reflection::Odd)],
    )?;
    let mode = a.text("mode", "constant")?;
    let mode = match mode.as_str() {
        "constant" => Pad::Constant(values("constant_values")?),
        "linear_ramp" => Pad::LinearRamp(values("end_values")?),
        "maximum" => Pad::Maximum(lengths()?),
        "mean" => Pad::Mean(lengths()?),
        "median" => Pad::Median(lengths()?),
        "minimum" => Pad::Minimum(lengths()?),
        "reflect" => Pad::Reflect(reflection),
        "symmetric" => Pad::Symmetric(reflection),
        other => Pad::from(other),
    };
    let x = a.x(0)?;
    a.give(|| tnp::pad(x, PadWidth::from(widths), mode))
}

/// Each of several arrays by a function: one array gives an array, several a tuple.
fn each(
    a: &Args<'_, '_>,
    function: fn(Operand<'static>) -> tnp::Result<tnp::Array>,
) -> PyResult<Py<PyAny>> {
    let mut arrays = a.all()?;
    match arrays.len() {
        1 => {
            let x = arrays.remove(0);
            a.give(|| function(x))
        }
        _ => a.give(|| {
            arrays
                .into_iter()
                .map(function)
                .collect::<tnp::Result<Vec<_>>>()
        }),
    }
}

fn expand_dims(a: &Args<'_, '_>) -> PyResult<Py<PyAny>> {
    let (x, axis) = (a.x(0)?, a.axis("axis")?);
    a.give(|| tnp::expand_dims(x, axis))
}

#[rustfmt::skip]
pub(crate) const FUNCTIONS: &[Entry] = functions! {
    "reshape(a, /, shape, order='C', *, copy=None)", |a| { let (shape, order) = (a.shape("shape")?, order(a)?); a.view(|x| tnp::reshape(x, (shape, order))) };
    "ravel(a, order='C')", |a| { let order = order(a)?; a.view(|x| tnp::ravel(x, order)) };
    "transpose(a, axes=None)", |a| { let axes = a.axis("axes")?; a.view(|x| tnp::transpose(x, axes)) };
    "permute_dims(a, axes=None)", |a| { let axes = a.axis("axes")?; a.view(|x| tnp::transpose(x, axes)) };
    "matrix_transpose(x, /)", |a| { a.view(|x| tnp::matrix_transpose(x)) };
    "swapaxes(a, axis1, axis2)", |a| { let (i, j) = (a.int("axis1", 0)?, a.int("axis2", 0)?); a.view(|x| tnp::swapaxes(x, i, j)) };
    "moveaxis(a, source, destination, /)", |a| { let (from, to) = (a.axis("source")?, a.axis("destination")?); a.view(|x| tnp::moveaxis(x, from, to)) };
    "rollaxis(a, axis, start=0)", |a| { let (x, axis, start) = (a.x(0)?, a.int("axis", 0)?, a.int("start", 0)?); a.give(|| tnp::rollaxis(x, axis, start)) };
    "expand_dims(a, /, axis)", expand_dims;
    "squeeze(a, /, axis=None)", |a| { let axis = a.axis("axis")?; a.view(|x| tnp::squeeze(x, axis)) };
    "atleast_1d(*arys)", |a| each(a, tnp::atleast_1d);
    "atleast_2d(*arys)", |a| each(a, tnp::atleast_2d);
    "atleast_3d(*arys)", |a| each(a, tnp::atleast_3d);
    "broadcast_to(array, /, shape)", |a| { let shape = a.shape("shape")?; a.view(|x| tnp::broadcast_to(x, shape)) };
    "broadcast_arrays(*args)", |a| { let arrays = a.all()?; a.give(|| tnp::broadcast_arrays(arrays)) };
    "concatenate(arrays, /, axis=0, *, dtype=None)", joined;
    "concat(arrays, /, axis=0, *, dtype=None)", joined;
    "stack(arrays, /, axis=0)", |a| { let (arrays, axis) = (a.arrays(0)?, a.int("axis", 0)?); a.give(|| tnp::stack(arrays, axis)) };
    "vstack(tup)", |a| { let arrays = a.arrays(0)?; a.give(|| tnp::vstack(arrays)) };
    "hstack(tup)", |a| { let arrays = a.arrays(0)?; a.give(|| tnp::hstack(arrays)) };
    "dstack(tup)", |a| { let arrays = a.arrays(0)?; a.give(|| tnp::dstack(arrays)) };
    "column_stack(tup)", |a| { let arrays = a.arrays(0)?; a.give(|| tnp::column_stack(arrays)) };
    "append(arr, values, axis=None)", |a| { let (x, values, axis) = (a.x(0)?, a.x(1)?, a.axis("axis")?); a.give(|| tnp::append(x, values, axis)) };
    "flip(m, /, axis=None)", |a| { let (x, axis) = (a.x(0)?, a.axis("axis")?); a.give(|| tnp::flip(x, axis)) };
    "fliplr(m)", |a| { let x = a.x(0)?; a.give(|| tnp::fliplr(x)) };
    "flipud(m)", |a| { let x = a.x(0)?; a.give(|| tnp::flipud(x)) };
    "roll(a, /, shift, axis=None)", |a| { let (x, shift, axis) = (a.x(0)?, a.shape("shift")?, a.axis("axis")?); a.give(|| tnp::roll(x, shift, axis)) };
    "rot90(m, k=1, axes=(0, 1))", |a| {
        let axes = match a.named("axes") { Some(axes) => sizes::axis(axes)?, None => Axis::from([0, 1]) };
        let (x, k) = (a.x(0)?, a.int("k", 1)?);
        a.give(|| tnp::rot90(x, k, axes))
    };
    "tile(A, reps, /)", |a| { let (x, reps) = (a.x(0)?, a.shape("reps")?); a.give(|| tnp::tile(x, reps)) };
    "repeat(a, repeats, /, axis=None)", |a| { let (x, repeats, axis) = (a.x(0)?, a.x(1)?, a.axis("axis")?); a.give(|| tnp::repeat(x, repeats, axis)) };
    "split(ary, indices_or_sections, axis=0)", |a| { let (x, sections, axis) = (a.x(0)?, sections(a)?, a.int("axis", 0)?); a.give(|| tnp::split(x, sections, axis).map(InList)) };
    "array_split(ary, indices_or_sections, axis=0)", |a| { let (x, sections, axis) = (a.x(0)?, sections(a)?, a.int("axis", 0)?); a.give(|| tnp::array_split(x, sections, axis).map(InList)) };
    "hsplit(ary, indices_or_sections)", |a| { let (x, sections) = (a.x(0)?, sections(a)?); a.give(|| tnp::hsplit(x, sections).map(InList)) };
    "vsplit(ary, indices_or_sections)", |a| { let (x, sections) = (a.x(0)?, sections(a)?); a.give(|| tnp::vsplit(x, sections).map(InList)) };
    "dsplit(ary, indices_or_sections)", |a| { let (x, sections) = (a.x(0)?, sections(a)?); a.give(|| tnp::dsplit(x, sections).map(InList)) };
    "unstack(x, /, *, axis=0)", |a| { let (x, axis) = (a.x(0)?, a.int("axis", 0)?); a.give(|| tnp::unstack(x, axis)) };
    "diagonal(a, offset=0, axis1=0, axis2=1)", |a| { let (x, options) = (a.x(0)?, diagonal(a)?); a.give(|| tnp::diagonal(x, options)) };
    "trace(a, offset=0, axis1=0, axis2=1, dtype=None)", |a| { let (x, options, dtype) = (a.x(0)?, diagonal(a)?, a.dtype()?); a.give(|| tnp::trace(x, options, dtype)) };
    "sliding_window_view(x, window_shape, axis=None)", |a| { let (x, shape, axis) = (a.x(0)?, a.shape("window_shape")?, a.axis("axis")?); a.give(|| tnp::sliding_window_view(x, shape, axis)) };
    "pad(array, pad_width, mode='constant', *, constant_values=0, end_values=0, stat_length=None, reflect_type='even')", pad;
};

fn joined(a: &Args<'_, '_>) -> PyResult<Py<PyAny>> {
    let (arrays, axis, dtype) = (a.arrays(0)?, join_axis(a)?, a.dtype()?);
    a.give(|| {
        let joined = tnp::concatenate(arrays, axis)?;
        match dtype.0 {
            Some(dtype) => joined.astype(dtype),
            None => Ok(joined),
        }
    })
}

/// The bytes of the elements read as elements of another size, along the last axis.
fn viewed(py: Python<'_>, x: &tnp::Array, to: tnp::DType) -> PyResult<tnp::Array> {
    let Some(&last) = x.shape().last() else {
        return Err(PyValueError::new_err(
            "Changing the dtype of a 0d array is only supported if the itemsize is unchanged",
        ));
    };
    let bytes = last * x.itemsize();
    if !bytes.is_multiple_of(to.itemsize()) {
        return Err(PyValueError::new_err(
            "When changing to a larger dtype, its size must be a divisor of the total size in bytes of the last axis of the array.",
        ));
    }
    let mut shape = x.shape().to_vec();
    if let Some(size) = shape.last_mut() {
        *size = bytes / to.itemsize();
    }
    let elements = x.to_bytes().or_raise(py)?;
    tnp::Array::from_bytes(&elements, &shape, to).or_raise(py)
}

fn astype(a: &Args<'_, '_>) -> PyResult<Py<PyAny>> {
    let (x, device) = (a.array(0)?, a.named("device").map(ToString::to_string));
    let to = match a.given(1) {
        Some(dtype) => dtype::dtype(dtype)?,
        None => {
            return Err(PyTypeError::new_err(
                "astype() missing required argument 'dtype'",
            ));
        }
    };
    let rule = dtype::casting(&a.text("casting", "unsafe")?)?;
    if !tnp::can_cast(x.dtype(), to, rule) {
        return Err(PyTypeError::new_err(format!(
            "Cannot cast array data from dtype('{}') to dtype('{to}') according to the rule '{}'",
            x.dtype(),
            a.text("casting", "unsafe")?
        )));
    }
    a.give(|| {
        let x = x.astype(to)?;
        match device {
            Some(device) => x.to(&*device),
            None => Ok(x),
        }
    })
}

#[rustfmt::skip]
pub(crate) const METHODS: &[Entry] = functions! {
    "reshape(self, *shape, order='C', copy=None)", |a| { let (shape, order) = (sizes(a)?, order(a)?); a.view(|x| tnp::reshape(x, (shape, order))) };
    "transpose(self, *axes)", |a| {
        let axes: Vec<Bound<'_, PyAny>> = a.rest().collect();
        let axes = match &axes[..] {
            [] => Axis(None),
            [none] if none.is_none() => Axis(None),
            _ => Axis(Some(sizes(a)?.0)),
        };
        a.view(|x| tnp::transpose(x, axes))
    };
    "flatten(self, order='C')", |a| { let order = order(a)?; a.view(|x| tnp::flatten(x, order)) };
    "astype(self, dtype, order='K', casting='unsafe', copy=True, *, device=None)", astype;
    "copy(self, order='C')", |a| crate::array::settled_copy(a.py(), a.array(0)?)?.give(a.py());
    "compress(self, condition, axis=None)", |a| { let (x, c, axis) = (a.x(0)?, a.x(1)?, a.axis("axis")?); a.give(|| tnp::compress(c, x, axis)) };
    "view(self, dtype=None)", |a| {
        let (x, to) = (a.array(0)?, a.dtype()?.0);
        match to {
            None => x.give(a.py()),
            Some(to) if to.itemsize() == x.itemsize() && to != tnp::DType::Bool => crate::memory::same_bits(a.py(), &x, to)?.give(a.py()),
            Some(to) => viewed(a.py(), &x, to)?.give(a.py()),
        }
    };
    "byteswap(self)", |a| {
        let x = a.array(0)?;
        let mut bytes = x.to_bytes().or_raise(a.py())?;
        bytes.chunks_exact_mut(x.itemsize()).for_each(<[u8]>::reverse);
        tnp::Array::from_bytes(&bytes, x.shape(), x.dtype()).or_raise(a.py())?.give(a.py())
    };
};
