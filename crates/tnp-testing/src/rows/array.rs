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

/// What `{:?}` shows, without the device that is named where memory is not the host's.
fn debugged(x: &Array) -> Result<String> {
    match x.tensor() {
        Ok(tensor) if tensor.host_ptr().is_none() => array_repr(x, &Print::new().device(false)),
        _ => Ok(format!("{x:?}")),
    }
}

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        row("ndarray", "2x3", ALL, "np.ndarray(shape=x.shape, dtype=x.dtype, buffer=x.copy())", |a| Array::from_bytes(&a.at(0).to_bytes()?, a.at(0).shape(), a.at(0).dtype())?.to(a.at(0).device()?)),
        row("ndarray.dtype", ONE, ALL, "x.dtype", |a| a.at(0).dtype()),
        row("ndarray.device", ONE, ALL, "(x + x).device == x.device", |a| Ok::<_, Error>(tnp_array::add(&a[0], &a[0])?.device()? == a.at(0).device()?)),
        row("ndarray.itemsize ndarray.nbytes", ONE, ALL, "x.itemsize, x.nbytes", |a| (a.at(0).itemsize(), a.at(0).nbytes())),
        row("ndarray.__len__", "3x4 | 5 | 0 | 0x3 | .", ALL, "len(x)", |a| a.at(0).len()),
        row("ndarray.__bool__", ". | 1 | 1x1 | 3 | 0", ALL, "bool(x)", |a| a.at(0).truth()),
        row("ndarray.__int__", ". | 3", REAL, "int(x.item())", |a| a.at(0).item::<i64>()).values(SMALL),
        row("ndarray.__float__", ". | 3", REAL, "float(x.item())", |a| a.at(0).item::<f64>()),
        row("ndarray.__complex__", ". | 3", INEXACT, "complex(x.item())", |a| a.at(0).item::<tnp_dtype::c128>().map(tnp_dtype::Literal::new)),
        row("ndarray.to_device", "3x4", KINDS, "x.to_device('cpu')", |a| a.at(0).to_device(a.at(0).device()?)),
        row("ndarray.item", ". | 1x1 | 3", KINDS, "np.asarray(x.item(), x.dtype)", |a| a.at(0).literal()),
        row("ndarray.__str__ array_str", "2x3 | . | 0 | 2x2x3 | 7", PRINTED, "str(x)", |a| array_str(a.at(0), &Print::default())),
        row("", "2x3 | .", PRINTED, "str(np.array(x))", |a| a.at(0).to_string()),
        row("ndarray.__repr__ array_repr", "2x3 | . | 0x3 | 2x2x3 | 7", PRINTED, "repr(x)", |a| array_repr(a.at(0), &Print::new().device(false))),
        row("", "2x3 | .", PRINTED, "repr(np.array(x))", |a| debugged(a.at(0))),
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
        row("ndarray.real ndarray.imag", ONE, ALL, "(x.real, x.imag)", |a| (a.at(0).real(), a.at(0).imag())),
        row("ndarray.conj ndarray.conjugate", ONE, ALL, "(x.conj(), x.conjugate())", |a| (a.at(0).conj(), a.at(0).conjugate())),
        row("ndarray.any", "37 | 3x4 | . | 2x0x3", ALL, "(x.any(), x.any(-1))", |a| (a.at(0).any(()), a.at(0).any(-1))).values(BITS),
        row("ndarray.prod ndarray.cumprod", "3x4 | 2x3x4 | 0x3", ALL, "(x.prod(0), x.cumprod(-1))", |a| (a.at(0).prod(0), a.at(0).cumprod(-1))).values(SMALL).scaled(8.0),
        row("ndarray.std ndarray.var", "5x4 | 2x3x4", NUMERIC, "(x.std(0), x.var(-1, ddof=1))", |a| (a.at(0).std(0), a.at(0).var(tnp_array::Reduce::axes(-1).ddof(1)))).values(SMALL).scaled(16.0),
        row("ndarray.argmax ndarray.argmin", "37 | 3x4 | 2x3x5", REAL, "(x.argmax(), x.argmax(0), x.argmin(), x.argmin(-1))", |a| (a.at(0).argmax(()), a.at(0).argmax(0), a.at(0).argmin(()), a.at(0).argmin(-1))).values(SMALL),
        row("ndarray.sort", "37 | 3x4 | 2x3x5 | 0", ALL, "np.sort(x, axis=0)", |a| a.at(0).sort(0)),
        row("ndarray.searchsorted", "7 5 | 0 3", REAL, "x.searchsorted(y, 'right')", |a| a.at(0).searchsorted(&a[1], tnp_array::Side::Right)).values(SMALL).input(0, Domain::Sorted),
        row("ndarray.repeat", "3x4 | 2x3x5 | 0x3", ALL, "(x.repeat(2), x.repeat(3, axis=1))", |a| (a.at(0).repeat(2, ()), a.at(0).repeat(3, 1))),
        row("ndarray.squeeze", "1x3x1 | 1x1 | 3x1x4", ALL, "(x.squeeze(), x.squeeze(1) if x.shape[1] == 1 else x)", |a| (a.at(0).squeeze(()), if a.at(0).shape()[1] == 1 { a.at(0).squeeze(1) } else { Ok(a.at(0).clone()) })),
        row("ndarray.swapaxes ndarray.mT", "3x4 | 2x3x5 | 4x5*", ALL, "(x.swapaxes(0, -1), x.mT)", |a| (a.at(0).swapaxes(0, -1), a.at(0).mt())),
        row("", "37", KINDS, "x.mT", |a| a.at(0).mt()),
        row("ndarray.diagonal ndarray.trace", "3x4 | 4x4 | 2x3x4", ALL, "(x.diagonal(1), x.trace())", |a| (a.at(0).diagonal(1), a.at(0).trace((), ()))).values(SMALL).scaled(4.0),
        row("ndarray.__copy__ ndarray.__deepcopy__ ndarray.copy", ONE, ALL, "x.copy()", |a| a.at(0).clone()),
        row("ndarray.__divmod__", TWO, REAL, "divmod(x, y)", |a| tnp_array::divmod(&a[0], &a[1])).values(NONZERO),
        row("ndarray.__contains__", "7 .", KINDS, "y in x", |a| a.at(0).eq(&a[1])?.any(())?.truth()).values(SMALL),
        row("ndarray.__imod__", "3x4 4", INTS, "x.__imod__(y)", |a| changed(a.at(0), |x| *x %= a.at(1))).values(NONZERO),
        row("ndarray.__ior__", "3x4 4 | 5 .", WHOLE, "x.__ior__(y)", |a| changed(a.at(0), |x| *x |= a.at(1))),
        row("ndarray.__ixor__", "3x4 4 | 5 .", WHOLE, "x.__ixor__(y)", |a| changed(a.at(0), |x| *x ^= a.at(1))),
        row("ndarray.__ilshift__", "3x4 4 | 5 .", INTS, "x.__ilshift__(y)", |a| changed(a.at(0), |x| *x <<= a.at(1))).values(NONZERO),
        row("ndarray.__irshift__", "3x4 4 | 5 .", INTS, "x.__irshift__(y)", |a| changed(a.at(0), |x| *x >>= a.at(1))).values(NONZERO),
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
