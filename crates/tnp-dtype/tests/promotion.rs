//! Promotion beyond the oracles: messages, scopes and threads, scalars, n-ary order, limits and casts.

use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tnp_dtype::{
    BinaryRule, Casting, Complex, DType, Literal, Mode, ReductionRule, Scalar, ScalarKind,
    Settings, TypeInfo, TypeOrScalar, UnaryRule, bf16, binary, c64, can_cast, current_mode,
    current_prefer_float32, default_complex, default_fill_float, default_float, default_int, f16,
    finfo, iinfo, issubdtype, promote_types, reduction, result_type, to_inexact, unary, with_mode,
    with_prefer_float32,
};

#[test]
fn scopes_nest_and_end() {
    assert_eq!(current_mode(), Mode::Numpy);
    with_mode(Mode::Safe, || {
        assert_eq!(current_mode(), Mode::Safe);
        with_prefer_float32(true, || {
            with_mode(Mode::Strict, || assert_eq!(current_mode(), Mode::Strict));
            assert_eq!(current_mode(), Mode::Safe);
            assert!(current_prefer_float32());
        });
        assert!(!current_prefer_float32());
    });
    assert_eq!(current_mode(), Mode::Numpy);
}

#[test]
fn a_panic_ends_the_scope() {
    let body = || {
        with_mode(Mode::All, || {
            with_prefer_float32(true, || panic!("on purpose"))
        })
    };
    let caught = catch_unwind(AssertUnwindSafe(body));
    assert!(caught.is_err());
    assert_eq!(Settings::capture(), Settings::default());
}

#[test]
fn modes_stay_on_their_thread_and_settings_travel() {
    with_mode(Mode::Strict, || {
        with_prefer_float32(true, || {
            let settings = Settings::capture();
            std::thread::scope(|threads| {
                for mode in Mode::ALL {
                    threads.spawn(move || {
                        assert_eq!(Settings::capture(), Settings::default());
                        {
                            let _scope = settings.enter();
                            assert_eq!(current_mode(), Mode::Strict);
                            assert!(current_prefer_float32());
                        }
                        for _ in 0..1000 {
                            with_mode(mode, || {
                                let pair = promote_types(DType::Int64, DType::Float32);
                                let expected = match mode {
                                    Mode::Numpy | Mode::Legacy => Some(DType::Float64),
                                    Mode::All => Some(DType::Float32),
                                    Mode::Safe | Mode::Strict => None,
                                };
                                assert_eq!(pair.ok(), expected);
                            });
                        }
                    });
                }
            });
            assert_eq!(current_mode(), Mode::Strict);
        });
    });
}

/// A pair of types added in a mode, as text.
fn add(mode: Mode, lhs: impl Into<TypeOrScalar>, rhs: impl Into<TypeOrScalar>) -> String {
    with_mode(mode, || {
        match binary("add", BinaryRule::Arithmetic, lhs, rhs) {
            Ok(p) => p.result.to_string(),
            Err(e) => e.to_string(),
        }
    })
}

#[test]
fn messages_name_the_op_the_types_and_the_way_out() {
    use DType::*;
    let check = |got: String, want: &str| assert_eq!(got, want);
    check(
        add(Mode::Strict, Int64, Float32),
        "add: int64 and float32 are not promoted in Strict mode; convert one (`x.astype(Float32)`) or choose another mode",
    );
    check(
        add(Mode::Strict, Int32, Scalar::from(1.5)),
        "add: int32 and the scalar 1.5 are not promoted in Strict mode; convert one (`x.astype(Float64)`) or choose another mode",
    );
    check(
        add(Mode::Safe, Int8, TypeInfo::weak(Float32)),
        "add: int8 and weak float32 are not promoted in Safe mode; convert one (`x.astype(Float32)`) or choose another mode",
    );
    check(
        add(Mode::Legacy, Int16, BFloat16),
        "add: the DTypes int16 and bfloat16 do not have a common DType; convert one (`x.astype(Float32)`)",
    );
    let text = |e: tnp_dtype::PromotionError| e.to_string();
    check(
        binary("subtract", BinaryRule::Subtract, Bool, Bool)
            .map_err(text)
            .unwrap_err(),
        "subtract: boolean subtract, the `-` operator, is not supported, use the bitwise_xor, the `^` operator, or the logical_xor function instead",
    );
    check(
        unary("negative", UnaryRule::Negative, Bool)
            .map_err(text)
            .unwrap_err(),
        "negative: boolean negative, the `-` operator, is not supported, use the `!` operator or the logical_not function instead",
    );
    check(
        binary("bitwise_and", BinaryRule::Bitwise, Float32, Int8)
            .map_err(text)
            .unwrap_err(),
        "bitwise_and: not supported for the input type float32; convert it to one of bool and integers (`x.astype(…)`)",
    );
    check(
        result_type("concatenate", &[]).map_err(text).unwrap_err(),
        "concatenate: at least one array or dtype is required",
    );
}

#[test]
fn scalars_become_literals_or_say_why_not() {
    let fails = |x: Scalar, dtype: DType| x.to_literal(dtype).unwrap_err().to_string();
    assert_eq!(
        fails(300.into(), DType::UInt8),
        "integer 300 out of bounds for uint8; convert the array or choose a wider dtype"
    );
    assert!(fails((-1).into(), DType::UInt64).starts_with("integer -1 out of bounds for uint64"));
    assert!(fails(300.7.into(), DType::UInt8).starts_with("integer 300 out of bounds for uint8"));
    assert!(fails(f64::NAN.into(), DType::Int8).starts_with("cannot convert float NaN to integer"));
    assert!(
        fails(f64::INFINITY.into(), DType::Int8)
            .starts_with("cannot convert float infinity to integer")
    );
    assert!(
        fails(c64::new(1.0, -2.0).into(), DType::Float32)
            .starts_with("cannot convert complex 1-2j to float32")
    );
    assert!(fails(u128::MAX.into(), DType::UInt64).contains("out of bounds for uint64"));
    let gives = |x: Scalar, literal: Literal| {
        assert_eq!(x.to_literal(literal.dtype()), Ok(literal));
    };
    gives((-1.5).into(), Literal::new(-1i64));
    gives(u64::MAX.into(), Literal::new(u64::MAX));
    gives(u128::MAX.into(), Literal::new(u128::MAX as f64));
    gives(1e10.into(), Literal::new(f16::INFINITY));
    gives(bf16::from_f32(1.5).into(), Literal::new(1.5f32));
    gives(true.into(), Literal::new(1u8));
    gives(0.5.into(), Literal::new(true));
    gives(2.into(), Literal::new(Complex::new(2f32, 0.0)));
    // 2^24 + 1 ties to even in float32; through float64 it is exact first, as in NumPy.
    gives(16777217.into(), Literal::new(16777216f32));
    assert_eq!(Scalar::from(Literal::new(7u8)), Scalar::Int(7));
    assert_eq!(Scalar::from(Literal::new(f16::ONE)), Scalar::Float(1.0));
    assert_eq!(Scalar::from(-1).beyond(DType::UInt8), Some(Ordering::Less));
    assert_eq!(
        Scalar::from(256).beyond(DType::UInt8),
        Some(Ordering::Greater)
    );
    assert_eq!(Scalar::from(255).beyond(DType::UInt8), None);
    assert_eq!(Scalar::from(256).beyond(DType::Float16), None);
}

#[test]
fn integers_wrap_in_all_mode_as_operands_only() {
    with_mode(Mode::All, || {
        let big = Scalar::from(300);
        assert_eq!(big.to_operand(DType::UInt8), Ok(Literal::new(44u8)));
        assert!(big.to_literal(DType::UInt8).is_err());
        assert!(Scalar::from(u64::MAX).to_operand(DType::UInt64).is_err());
        assert_eq!(
            Scalar::from(u64::MAX).to_literal(DType::UInt64),
            Ok(Literal::new(u64::MAX))
        );
    });
}

#[test]
fn defaults_follow_mode_and_preference() {
    let defaults = |mode, prefer| {
        with_mode(mode, || {
            with_prefer_float32(prefer, || {
                [
                    default_int(),
                    default_float(),
                    default_complex(),
                    default_fill_float(),
                ]
                .map(|d| d.to_string())
                .join(" ")
            })
        })
    };
    for mode in [Mode::Numpy, Mode::Strict] {
        assert_eq!(defaults(mode, false), "int64 float64 complex128 float64");
        assert_eq!(defaults(mode, true), "int64 float32 complex64 float32");
    }
    assert_eq!(
        defaults(Mode::Legacy, true),
        "int64 float32 complex64 float64"
    );
    assert_eq!(
        defaults(Mode::All, false),
        "int64 float64 complex128 float64"
    );
    assert_eq!(
        defaults(Mode::All, true),
        "int64 float32 complex128 float32"
    );
    assert_eq!(
        defaults(Mode::Safe, false),
        "int32 float32 complex128 float32"
    );
    assert_eq!(Scalar::from(3_000_000_000u64).default_dtype(), DType::Int64);
    assert_eq!(Scalar::from(u64::MAX).default_dtype(), DType::UInt64);
    with_mode(Mode::Safe, || {
        assert_eq!(Scalar::from(3_000_000_000u64).default_dtype(), DType::Int64);
        assert_eq!(Scalar::from(1).type_info(), TypeInfo::weak(DType::Int32));
        assert_eq!(
            Scalar::from(true).type_info(),
            TypeInfo::strong(DType::Bool)
        );
    });
}

#[test]
fn prefer_float32_under_numpy_narrows_scalars_not_arrays() {
    with_prefer_float32(true, || {
        assert_eq!(add(Mode::Numpy, DType::Int8, Scalar::from(1.0)), "float32");
        assert_eq!(add(Mode::Numpy, DType::Int64, Scalar::from(1.0)), "float64");
        assert_eq!(
            add(Mode::Numpy, DType::Float16, Scalar::from(1.0)),
            "float16"
        );
        assert_eq!(
            add(Mode::Numpy, DType::Float64, Scalar::from(1.0)),
            "float64"
        );
        assert_eq!(
            add(Mode::Numpy, Scalar::from(1), Scalar::from(1.0)),
            "float32"
        );
        assert_eq!(to_inexact(DType::Int64), DType::Float64);
    });
}

#[test]
fn the_order_of_operands_does_not_matter() {
    let mut operands: Vec<TypeOrScalar> = DType::ALL.map(TypeOrScalar::from).to_vec();
    operands.extend(
        [
            DType::Int64,
            DType::Float32,
            DType::Float64,
            DType::Complex128,
        ]
        .map(|d| TypeOrScalar::from(TypeInfo::weak(d))),
    );
    operands.extend(
        [1.into(), 1.5.into(), Scalar::from(Complex::new(0.0, 1.0))].map(TypeOrScalar::from),
    );
    for mode in Mode::ALL {
        let _scope = Settings {
            mode,
            ..Settings::default()
        }
        .enter();
        for &x in &operands {
            for &y in &operands {
                for &z in &operands {
                    let of = |a: &[TypeOrScalar]| result_type("where", a).ok();
                    let first = of(&[x, y, z]);
                    assert_eq!(first, of(&[z, x, y]), "{mode:?} {x} {y} {z}");
                    assert_eq!(first, of(&[y, x, z]), "{mode:?} {x} {y} {z}");
                }
            }
        }
    }
}

#[test]
fn three_arrays_meet_as_in_numpy() {
    use DType::*;
    let meet = |a: &[DType]| {
        let operands: Vec<_> = a.iter().map(|&d| d.into()).collect();
        result_type("result_type", &operands)
            .map(|info| info.dtype)
            .ok()
    };
    assert_eq!(meet(&[Int16, UInt16, Float16]), Some(Float32));
    assert_eq!(meet(&[UInt64, Int64, Float16]), Some(Float64));
    assert_eq!(meet(&[Int8, UInt8, Float16, UInt8]), Some(Float16));
    assert_eq!(meet(&[Float16, UInt16, BFloat16]), None);
    assert_eq!(meet(&[Int32]), Some(Int32));
}

#[test]
fn weakness_is_ignored_where_modes_do_not_keep_it() {
    let weak = TypeInfo::weak(DType::Float64);
    for mode in [Mode::Numpy, Mode::Legacy] {
        assert_eq!(add(mode, weak, DType::Float32), "float64");
        assert_eq!(add(mode, weak, weak), "float64");
    }
    assert_eq!(add(Mode::All, weak, DType::Float32), "float32");
    assert_eq!(add(Mode::All, weak, weak), "weak float64");
    with_mode(Mode::All, || {
        let root = unary("sqrt", UnaryRule::Float, TypeInfo::weak(DType::Int64));
        assert_eq!(root.map(|p| p.result), Ok(weak));
        let sum = reduction("sum", ReductionRule::Sum, weak);
        assert_eq!(sum.map(|p| p.result.weak), Ok(false));
    });
}

#[test]
fn strict_refuses_mixing_and_nothing_else() {
    for x in DType::ALL {
        for y in DType::ALL {
            let sum = with_mode(Mode::Strict, || binary("add", BinaryRule::Arithmetic, x, y));
            assert_eq!(sum.is_ok(), x == y, "{x} {y}");
        }
        let numpy = unary("exp", UnaryRule::Float, x);
        assert_eq!(
            with_mode(Mode::Strict, || unary("exp", UnaryRule::Float, x)),
            numpy
        );
        let mean = reduction("mean", ReductionRule::Mean, x);
        assert_eq!(
            with_mode(Mode::Strict, || reduction("mean", ReductionRule::Mean, x)),
            mean
        );
    }
}

#[test]
fn functions_of_two_with_scalars_follow_numpy() {
    use DType::*;
    let of = |rule, x: DType, y: Scalar| binary("f", rule, x, y).map(|p| p.result.dtype).ok();
    assert_eq!(of(BinaryRule::Float, Int8, 2.into()), Some(Float16));
    assert_eq!(of(BinaryRule::Float, Int8, 2.0.into()), Some(Float64));
    assert_eq!(of(BinaryRule::Float, Bool, 2.into()), Some(Float64));
    assert_eq!(of(BinaryRule::Float, Float16, 2.into()), Some(Float16));
    assert_eq!(of(BinaryRule::Divide, Int8, true.into()), Some(Float64));
    assert_eq!(of(BinaryRule::Shift, Bool, 1.into()), Some(Int64));
    assert_eq!(of(BinaryRule::Power, Bool, 3.into()), Some(Int64));
    assert_eq!(of(BinaryRule::Compare, UInt8, 300.into()), Some(Bool));
    let mean = reduction("mean", ReductionRule::Mean, Float16).unwrap();
    assert_eq!((mean.inputs, mean.result.dtype), (Float32, Float16));
}

#[test]
fn limits_are_numpys() {
    // numpy 2.4 and ml_dtypes: eps, tiny, smallest_subnormal, max, resolution, then the integers.
    let rows = [
        (
            DType::Float16,
            f16::EPSILON.to_f64(),
            6.103515625e-05,
            5.960464477539063e-08,
            65504.0,
            0.0010004043579101562,
            [16, -10, 3, 10, 5, -11, 5, -14, 16],
        ),
        (
            DType::BFloat16,
            0.0078125,
            1.1754943508222875e-38,
            9.183549615799121e-41,
            3.3895313892515355e+38,
            0.010009765625,
            [16, -7, 2, 7, 8, -8, 8, -126, 128],
        ),
        (
            DType::Float32,
            f32::EPSILON as f64,
            f32::MIN_POSITIVE as f64,
            f32::from_bits(1) as f64,
            f32::MAX as f64,
            1e-6f32 as f64,
            [32, -23, 6, 23, 8, -24, 8, -126, 128],
        ),
        (
            DType::Float64,
            f64::EPSILON,
            f64::MIN_POSITIVE,
            f64::from_bits(1),
            f64::MAX,
            1e-15,
            [64, -52, 15, 52, 11, -53, 11, -1022, 1024],
        ),
    ];
    for (dtype, eps, tiny, subnormal, max, resolution, integers) in rows {
        let f = finfo(dtype).unwrap();
        assert_eq!(f.dtype, dtype);
        assert_eq!(
            [f.eps, f.epsneg, f.max, f.min],
            [eps, eps / 2.0, max, -max],
            "{dtype}"
        );
        assert_eq!([f.tiny, f.smallest_normal], [tiny, tiny], "{dtype}");
        assert_eq!(
            [f.smallest_subnormal, f.resolution],
            [subnormal, resolution],
            "{dtype}"
        );
        let found = [
            f.bits as i32,
            f.machep,
            f.precision as i32,
            f.nmant as i32,
            f.nexp as i32,
            f.negep,
            f.iexp as i32,
            f.minexp,
            f.maxexp,
        ];
        assert_eq!(found, integers, "{dtype}");
    }
    assert_eq!(
        finfo(DType::Complex128).unwrap(),
        finfo(DType::Float64).unwrap()
    );
    assert_eq!(
        finfo(DType::BFloat16).unwrap().to_string(),
        "finfo(resolution=0.0100098, min=-3.38953e+38, max=3.38953e+38, dtype=bfloat16)"
    );
    assert_eq!(iinfo(DType::UInt64).unwrap().max, u64::MAX as i128);
    assert_eq!(iinfo(DType::Int64).unwrap().min, i64::MIN as i128);
    assert_eq!(
        iinfo(DType::UInt64).unwrap().to_string(),
        "iinfo(min=0, max=18446744073709551615, dtype=uint64)"
    );
    assert_eq!(
        finfo(DType::Int32).unwrap_err().to_string(),
        "finfo: data type int32 not inexact; use iinfo for integers"
    );
    assert_eq!(
        iinfo(DType::Bool).unwrap_err().to_string(),
        "iinfo: Invalid integer data type bool; use finfo for floating point"
    );
}

#[test]
fn casts_and_kinds() {
    for x in DType::ALL {
        for y in DType::ALL {
            assert_eq!(can_cast(x, y, Casting::No), x == y);
            assert_eq!(can_cast(x, y, Casting::Equiv), x == y);
            assert!(can_cast(x, y, Casting::Unsafe));
            assert!(!can_cast(x, y, Casting::Safe) || can_cast(x, y, Casting::SameKind));
            assert_eq!(issubdtype(x, y), x == y);
        }
    }
    // As numpy.issubdtype answers, in the order of DType; bfloat16 is floating here.
    for (kind, members) in [
        (ScalarKind::Generic, "yyyyyyyyyyyyyyy"),
        (ScalarKind::Number, ".yyyyyyyyyyyyyy"),
        (ScalarKind::Integer, ".yyyyyyyy......"),
        (ScalarKind::SignedInteger, ".yyyy.........."),
        (ScalarKind::UnsignedInteger, ".....yyyy......"),
        (ScalarKind::Inexact, ".........yyyyyy"),
        (ScalarKind::Floating, ".........yyyy.."),
        (ScalarKind::ComplexFloating, ".............yy"),
        (ScalarKind::Bool, "y.............."),
    ] {
        for (dtype, member) in DType::ALL.into_iter().zip(members.chars()) {
            assert_eq!(issubdtype(dtype, kind), member == 'y', "{dtype} {kind:?}");
        }
    }
}

#[test]
fn answers_fit_registers() {
    assert!(size_of::<Result<tnp_dtype::Promoted, tnp_dtype::PromotionError>>() <= 16);
    let refused = with_mode(Mode::Strict, || promote_types(DType::Int8, DType::Int16)).unwrap_err();
    assert!(matches!(
        refused.refusal(),
        tnp_dtype::Refusal::NotPromoted {
            mode: Mode::Strict,
            ..
        }
    ));
}
