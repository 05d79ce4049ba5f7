//! Rows: dtypes, promotion and limits.

use tnp_array::{
    Mode, array_namespace_info, astype, constants, experimental_enable_numpy_behavior, isdtype,
    result_type, s, zeros,
};
use tnp_backend::Error;
use tnp_dtype::{Casting, Literal, ScalarKind, can_cast, finfo, iinfo, issubdtype, promote_types};

use super::*;

/// A row for each dtype that has a name in NumPy: the name is that of the enum's variant, and makes arrays of it.
macro_rules! dtype_rows {
    ($($name:literal $dtype:ident $expression:literal;)*) => {
        [$(row($name, "-", &[Int64], $expression, |_| Ok::<_, Error>((DType::$dtype, zeros([2], DType::$dtype)?)))),*]
    };
}

fn parsed(name: &str) -> Result<DType> {
    name.parse()
        .map_err(|error: tnp_dtype::ParseDTypeError| Error::dtype(error.to_string()))
}

/// The value as the dtype itself holds it.
fn held(value: f64, dtype: DType) -> Literal {
    Literal::new(value).cast(dtype.real())
}

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("e", "-", ALL, "np.e", |_| constants::e),
        row("pi", "-", ALL, "np.pi", |_| constants::pi),
        row("inf", "-", ALL, "np.inf", |_| constants::inf),
        row("nan", "-", ALL, "np.nan", |_| constants::nan),
        row("newaxis", "3x4", ALL, "x[np.newaxis, :, np.newaxis, ..., np.newaxis]", |a| a.at(0).get(s![newaxis, .., newaxis, ..., newaxis])),
        row("int_", "-", ALL, "np.dtype('int')", |_| parsed("int_")),
        row("float_", "-", ALL, "np.dtype('float')", |_| parsed("float_")),
        row("complex_", "-", ALL, "np.dtype('complex')", |_| parsed("complex_")),
        row("inexact", "-", ALL, "np.issubdtype(dt, np.inexact) or dt == bfloat16", |a| issubdtype(a.dtype(), ScalarKind::Inexact)).each(ALL),
        row("issubdtype", "-", ALL, "[np.issubdtype(dt, k) for k in (np.generic, np.number, np.integer, np.signedinteger, np.unsignedinteger, np.floating, np.complexfloating, np.bool_)]", |a| {
            use ScalarKind::*;
            [Generic, Number, Integer, SignedInteger, UnsignedInteger, Floating, ComplexFloating, ScalarKind::Bool].map(|kind| issubdtype(a.dtype(), kind))
        }).each(PLAIN),
        row("", "2:int16 2", ALL, "np.issubdtype(x.dtype, y.dtype)", |a| issubdtype(a.at(0).dtype(), a.at(1).dtype())),
        row("finfo", "-", ALL, "[np.finfo(dt).eps, np.finfo(dt).epsneg, np.finfo(dt).max, np.finfo(dt).min, np.finfo(dt).tiny, np.finfo(dt).smallest_normal, np.finfo(dt).smallest_subnormal, np.finfo(dt).resolution]", |a| {
            let info = finfo(a.dtype()).map_err(|error| Error::dtype(error.to_string()))?;
            Ok::<_, Error>([info.eps, info.epsneg, info.max, info.min, info.tiny, info.smallest_normal, info.smallest_subnormal, info.resolution].map(|value| held(value, a.dtype())))
        }).each(NATIVE),
        row("", "-", ALL, "[np.finfo(dt).bits, np.finfo(dt).machep, np.finfo(dt).nmant, np.finfo(dt).precision]", |a| {
            let info = finfo(a.dtype()).map_err(|error| Error::dtype(error.to_string()))?;
            Ok::<_, Error>([info.bits as i32, info.machep, info.nmant as i32, info.precision as i32])
        }).each(NATIVE),
        row("", "-", ALL, "np.finfo(dt).eps", |a| finfo(a.dtype()).map(|info| info.eps).map_err(|error| Error::dtype(error.to_string()))).each(WHOLE),
        row("iinfo", "-", ALL, "[np.iinfo(dt).bits, np.iinfo(dt).min]", |a| {
            let info = iinfo(a.dtype()).map_err(|error| Error::dtype(error.to_string()))?;
            Ok::<_, Error>([i64::from(info.bits), info.min as i64])
        }).each(NUMERIC_PLAIN),
        row("", "-", ALL, "np.asarray(np.iinfo(dt).max).astype(np.uint64)", |a| iinfo(a.dtype()).map(|info| Literal::new(info.max as u64)).map_err(|error| Error::dtype(error.to_string()))).each(NUMERIC_PLAIN),
        row("can_cast", "2", ALL, "[np.can_cast(x.dtype, dt, casting=c) for c in ('no', 'safe', 'same_kind', 'unsafe')]", |a| {
            [Casting::No, Casting::Safe, Casting::SameKind, Casting::Unsafe].map(|casting| can_cast(a.at(0).dtype(), a.dtype(), casting))
        }).each(PLAIN),
        row("isdtype", "-", ALL, "[np.isdtype(dt, k) for k in ('bool', 'signed integer', 'unsigned integer', 'integral', 'real floating', 'complex floating', 'numeric')]", |a| {
            ["bool", "signed integer", "unsigned integer", "integral", "real floating", "complex floating", "numeric"].map(|kind| isdtype(a.dtype(), kind))
        }).each(PLAIN),
        row("", "-", ALL, "np.isdtype(dt, (np.dtype('int8'), 'real floating')), np.isdtype(dt, np.dtype('bool'))", |a| (isdtype(a.dtype(), (Int8, "real floating")), isdtype(a.dtype(), Bool))).each(PLAIN),
        row("", "-", ALL, "np.isdtype(np.dtype('int8'), 'whole')", |_| isdtype(Int8, "whole")),
        row("astype", "3x4 | .", REAL, "np.astype(x, dt)", |a| astype(&a[0], a.dtype())).values(NONZERO).each(ALL),
        row("__array_namespace_info__ __array_namespace_info__().capabilities", "-", ALL, "[bool(np.__array_namespace_info__().capabilities()[k]) for k in ('boolean indexing', 'data-dependent shapes')]", |_| {
            let able = array_namespace_info().capabilities();
            [able.boolean_indexing, able.data_dependent_shapes]
        }),
        row("__array_namespace_info__().default_dtypes", "-", ALL, "list(np.__array_namespace_info__().default_dtypes().values())", |_| {
            let defaults = array_namespace_info().default_dtypes();
            [defaults.real_floating, defaults.complex_floating, defaults.integral, defaults.indexing]
        }),
        row("__array_namespace_info__().dtypes", "-", ALL, "[list(np.__array_namespace_info__().dtypes(kind=k).values()) for k in (None, 'bool', 'signed integer', 'unsigned integer', 'integral', 'real floating', 'complex floating', 'numeric', ('bool', 'integral'))]", |_| {
            let info = array_namespace_info();
            let kinds = ["bool", "signed integer", "unsigned integer", "integral", "real floating", "complex floating", "numeric"];
            let mut all = vec![info.dtypes(())];
            all.extend(kinds.map(|kind| info.dtypes(kind)));
            all.push(info.dtypes(["bool", "integral"]));
            all
        }),
        row("__array_namespace_info__().default_device __array_namespace_info__().devices", "-", ALL, "np.__array_namespace_info__().default_device() in np.__array_namespace_info__().devices()", |_| {
            let info = array_namespace_info();
            Ok::<_, Error>(info.devices().contains(&info.default_device()?))
        }),
        row("result_type", "2 2", PLAIN, "np.result_type(x, y, 1)", |a| result_type((a.at(0), a.at(1), 1))).mixed(),
        row("experimental_enable_numpy_behavior", "2 2", PLAIN, "(x + y).dtype", |a| {
            experimental_enable_numpy_behavior(Mode::Numpy, false)?;
            Ok::<_, Error>(tnp_array::add(&a[0], &a[1])?.dtype())
        }).mixed(),
    ];
    rows.extend(PROMOTE.iter().map(|&(shapes, expression)| {
        row("promote_types", shapes, PLAIN, expression, |a| {
            promote_types(a.at(0).dtype(), a.at(1).dtype()).map_err(|error| Error::dtype(error.to_string()))
        })
    }));
    rows.extend(dtype_rows! {
        "bool_ bool" Bool "np.bool_, np.zeros(2, np.bool_)";
        "int8" Int8 "np.int8, np.zeros(2, np.int8)";
        "int16" Int16 "np.int16, np.zeros(2, np.int16)";
        "int32" Int32 "np.int32, np.zeros(2, np.int32)";
        "int64" Int64 "np.int64, np.zeros(2, np.int64)";
        "uint8" UInt8 "np.uint8, np.zeros(2, np.uint8)";
        "uint16" UInt16 "np.uint16, np.zeros(2, np.uint16)";
        "uint32" UInt32 "np.uint32, np.zeros(2, np.uint32)";
        "uint64" UInt64 "np.uint64, np.zeros(2, np.uint64)";
        "float16" Float16 "np.float16, np.zeros(2, np.float16)";
        "float32" Float32 "np.float32, np.zeros(2, np.float32)";
        "float64" Float64 "np.float64, np.zeros(2, np.float64)";
        "complex64" Complex64 "np.complex64, np.zeros(2, np.complex64)";
        "complex128" Complex128 "np.complex128, np.zeros(2, np.complex128)";
    });
    rows
}

/// The dtypes that are NumPy's own.
const PLAIN: &[DType] = &[
    Bool, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float16, Float32, Float64,
    Complex64, Complex128,
];
const NUMERIC_PLAIN: &[DType] = &[
    Bool, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float32,
];
const NATIVE: &[DType] = &[Float16, Float32, Float64, Complex64, Complex128];

/// Every dtype against a few of each kind.
const PROMOTE: &[(&str, &str)] = &[
    ("1 1:int8", "np.promote_types(x.dtype, np.int8)"),
    ("1 1:uint16", "np.promote_types(x.dtype, np.uint16)"),
    ("1 1:int64", "np.promote_types(x.dtype, np.int64)"),
    ("1 1:uint64", "np.promote_types(x.dtype, np.uint64)"),
    ("1 1:float16", "np.promote_types(x.dtype, np.float16)"),
    ("1 1:float32", "np.promote_types(x.dtype, np.float32)"),
    ("1 1:complex64", "np.promote_types(x.dtype, np.complex64)"),
    ("1 1:bool", "np.promote_types(x.dtype, np.bool_)"),
];
