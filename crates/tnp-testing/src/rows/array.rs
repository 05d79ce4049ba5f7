//! Rows: attributes, methods and operators of Array.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tnp_array::{Array, Print, Scalar, array_repr, array_str};
use tnp_backend::Error;
use tnp_dtype::BinaryRule as B;

use super::*;

/// NumPy's own dtypes: how ml_dtypes prints bfloat16 is its own affair.
const PRINTED: &[DType] = &[
    Bool, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float16, Float32, Float64,
    Complex64, Complex128,
];

/// An operator panics where the named function returns an error.
fn tried(operator: impl FnOnce() -> Array) -> Result<Array> {
    catch_unwind(AssertUnwindSafe(operator)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Error::value(text.unwrap_or_else(|| "an operator panicked without a message".to_owned()))
    })
}

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        row("ndarray", "2x3", ALL, "np.ndarray(shape=x.shape, dtype=x.dtype, buffer=x.copy())", |a| Array::from_bytes(&a.at(0).to_bytes()?, a.at(0).shape(), a.at(0).dtype())?.to(a.at(0).device()?)),
        row("ndarray.dtype", ONE, ALL, "x.dtype", |a| a.at(0).dtype()),
        row("ndarray.device", ONE, ALL, "x.device", |a| Ok::<_, Error>(a.at(0).device()?.backend().name().to_owned())),
        row("ndarray.itemsize ndarray.nbytes", ONE, ALL, "x.itemsize, x.nbytes", |a| (a.at(0).itemsize(), a.at(0).nbytes())),
        row("ndarray.__len__", "3x4 | 5 | 0 | 0x3 | .", ALL, "len(x)", |a| a.at(0).len()),
        row("ndarray.__bool__", ". | 1 | 1x1 | 3 | 0", ALL, "bool(x)", |a| a.at(0).truth()),
        row("ndarray.__int__", ". | 3", REAL, "int(x.item())", |a| a.at(0).item::<i64>()).values(SMALL),
        row("ndarray.__float__", ". | 3", REAL, "float(x.item())", |a| a.at(0).item::<f64>()),
        row("ndarray.item", ". | 1x1 | 3", KINDS, "np.asarray(x.item(), x.dtype)", |a| a.at(0).literal()),
        row("ndarray.__str__", "2x3 | . | 0 | 2x2x3 | 7", PRINTED, "str(x)", |a| array_str(a.at(0), &Print::default())),
        row("", "2x3 | .", PRINTED, "str(np.array(x))", |a| a.at(0).to_string()),
        row("ndarray.__repr__", "2x3 | . | 0x3 | 2x2x3 | 7", PRINTED, "repr(x)", |a| array_repr(a.at(0), &Print::default())),
        row("", "2x3 | .", PRINTED, "repr(np.array(x))", |a| format!("{:?}", a.at(0))),
        row("ndarray.__format__", "2x3 | 5", PRINTED, "format(x, '')", |a| format!("{}", a.at(0))),
        row("ndarray.astype", "3x4 | 37 | .", REAL, "x.astype(dt)", |a| a.at(0).astype(a.dtype())).values(NONZERO).each(ALL),
        row("", "3x4 | 37", COMPLEX, "x.astype(dt)", |a| a.at(0).astype(a.dtype())).values(NONZERO).each(ALL),
        row("ndarray.__add__", TWO, ALL, "x + y", |a| tried(|| a.at(0) + a.at(1))).mixed().binary(B::Arithmetic),
        row("ndarray.__sub__", TWO, ALL, "x - y", |a| tried(|| a.at(0) - a.at(1))).mixed().binary(B::Subtract),
        row("ndarray.__mul__", TWO, ALL, "x * y", |a| tried(|| a.at(0) * a.at(1))).mixed().ulps(1).binary(B::Arithmetic),
        row("ndarray.__truediv__", TWO, ALL, "x / y", |a| tried(|| a.at(0) / a.at(1))).input(1, NONZERO).mixed().ulps(2).binary(B::Divide),
        row("ndarray.__floordiv__", TWO, ALL, "x // y", |a| a.at(0).floor_divide(&a[1])).mixed().binary(B::FloorDivide),
        row("ndarray.__mod__", TWO, ALL, "x % y", |a| tried(|| a.at(0) % a.at(1))).mixed().binary(B::FloorDivide),
        row("ndarray.__and__", TWO, ALL, "x & y", |a| tried(|| a.at(0) & a.at(1))).mixed().binary(B::Bitwise),
        row("ndarray.__or__", TWO, ALL, "x | y", |a| tried(|| a.at(0) | a.at(1))).mixed().binary(B::Bitwise),
        row("ndarray.__xor__", TWO, ALL, "x ^ y", |a| tried(|| a.at(0) ^ a.at(1))).mixed().binary(B::Bitwise),
        row("ndarray.__lshift__", "3x4 3x4 | 5 5", INTS, "x << y", |a| tried(|| a.at(0) << a.at(1))).values(NONZERO),
        row("ndarray.__rshift__", "3x4 3x4 | 5 5", INTS, "x >> y", |a| tried(|| a.at(0) >> a.at(1))).values(NONZERO),
        row("ndarray.__radd__", ONE, ALL, "2 + x", |a| 2 + a.at(0)),
        row("", ONE, ALL, "2.5 + x", |a| 2.5 + a.at(0)),
        row("", ONE, INEXACT, "np.asarray(1j) + x", |a| Ok::<_, Error>(i()?.to(a.at(0).device()?)? + a.at(0))),
        row("ndarray.__rsub__", ONE, NUMERIC, "2 - x", |a| 2 - a.at(0)),
        row("ndarray.__rmul__", ONE, ALL, "3 * x", |a| tried(|| 3 * a.at(0))).ulps(1),
        row("", ONE, ALL, "0.5 * x", |a| 0.5 * a.at(0)).ulps(1),
        row("ndarray.__rtruediv__", ONE, ALL, "3 / x", |a| 3 / a.at(0)).values(NONZERO).ulps(2),
        row("ndarray.__rfloordiv__", ONE, REAL, "7 // x", |a| tnp_array::floor_divide(7, &a[0])).values(NONZERO),
        row("ndarray.__rmod__", ONE, REAL, "7 % x", |a| 7 % a.at(0)).values(NONZERO),
        row("ndarray.__rand__", ONE, WHOLE, "5 & x", |a| 5 & a.at(0)),
        row("ndarray.__ror__", ONE, WHOLE, "5 | x", |a| 5 | a.at(0)),
        row("ndarray.__rxor__", ONE, WHOLE, "5 ^ x", |a| 5 ^ a.at(0)),
        row("", ONE, WHOLE, "True ^ x", |a| true ^ a.at(0)),
        row("", ONE, INTS, "x + 3", |a| a.at(0) + Scalar::from(3i8)),
        row("ndarray.__iadd__", "3x4 4 | 5 .", ALL, "x.__iadd__(y)", |a| changed(a.at(0), |x| *x += a.at(1))),
        row("ndarray.__isub__", "3x4 4 | 5 .", NUMERIC, "x.__isub__(y)", |a| changed(a.at(0), |x| *x -= a.at(1))),
        row("ndarray.__imul__", "3x4 4 | 5 .", ALL, "x.__imul__(y)", |a| changed(a.at(0), |x| *x *= a.at(1))).ulps(1),
        row("ndarray.__itruediv__", "3x4 4 | 5 .", ALL, "x.__itruediv__(y)", |a| changed(a.at(0), |x| *x /= a.at(1))).values(NONZERO).ulps(2),
        row("ndarray.__iand__", "3x4 4 | 5 .", WHOLE, "x.__iand__(y)", |a| changed(a.at(0), |x| *x &= a.at(1))),
    ]
}

/// The imaginary unit, as an array.
fn i() -> Result<Array> {
    tnp_array::array(tnp_dtype::c128::new(0.0, 1.0), ())
}

/// An array after an operator that assigns.
fn changed(x: &Array, operator: impl FnOnce(&mut Array)) -> Result<Array> {
    tried(|| {
        let mut x = x.clone();
        operator(&mut x);
        x
    })
}
