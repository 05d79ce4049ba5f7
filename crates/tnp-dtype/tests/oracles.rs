//! Every cell of the promotion tables that NumPy, JAX and TensorFlow answered, against ours.
//!
//! `data/promotion_tables.json` holds the cells by table, row and column. A dtype is written as NumPy's character and
//! size (`f8`, `bf` for bfloat16), `*` marks a weak one, `!` an error. NumPy 2.5 with ml_dtypes 0.6, JAX 0.12 with 64-bit
//! types and TensorFlow 2.21 answered; `numpy/scalar` and `numpy/rscalar` (Python scalars in ufuncs) are NumPy 2.4's.
//! `data/exclusions.txt` lists, under a reason each, the cells where we answer otherwise on purpose; an entry that is no longer needed fails the test too.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use tnp_dtype::{
    BinaryRule, Casting, Complex, DType, Mode, Promoted, ReductionRule, Scalar, Settings, TypeInfo,
    TypeOrScalar, UnaryRule, binary, can_cast, default_fill_float, default_float, promote_types,
    reduction, result_type, unary,
};

const CODES: [&str; 15] = [
    "b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "bf", "f4", "f8", "c8", "c16",
];

/// `f8*` as a type.
fn info(code: &str) -> Option<TypeInfo> {
    let plain = code.trim_end_matches('*');
    let dtype = DType::ALL[CODES.iter().position(|c| *c == plain)?];
    Some(TypeInfo {
        dtype,
        weak: plain != code,
    })
}

fn dtype(code: &str) -> DType {
    info(code)
        .unwrap_or_else(|| panic!("no dtype {code}"))
        .dtype
}

/// A type or, for `bool`, `int`, `float` and `complex`, a scalar of the value the tables were made with.
fn operand(code: &str) -> TypeOrScalar {
    match code {
        "bool" => Scalar::Bool(true).into(),
        "int" => Scalar::from(1).into(),
        "float" => Scalar::from(1.0).into(),
        "complex" => Scalar::Complex(Complex::new(0.0, 1.0)).into(),
        _ => info(code)
            .unwrap_or_else(|| panic!("no type {code}"))
            .into(),
    }
}

fn code(answer: Result<TypeInfo, String>) -> String {
    match answer {
        Ok(info) => format!(
            "{}{}",
            CODES[info.dtype as usize],
            if info.weak { "*" } else { "" }
        ),
        Err(message) => {
            assert!(message.len() > 20, "a message says what to do: {message}");
            "!".into()
        }
    }
}

fn result<E: std::fmt::Display>(answer: Result<Promoted, E>) -> Result<TypeInfo, String> {
    answer.map(|p| p.result).map_err(|e| e.to_string())
}

fn binary_rule(op: &str) -> BinaryRule {
    match op {
        "add" | "multiply" | "maximum" => BinaryRule::Arithmetic,
        "subtract" => BinaryRule::Subtract,
        "true_divide" => BinaryRule::Divide,
        "floor_divide" | "remainder" | "fmod" => BinaryRule::FloorDivide,
        "power" => BinaryRule::Power,
        "left_shift" => BinaryRule::Shift,
        "bitwise_and" => BinaryRule::Bitwise,
        "arctan2" | "logaddexp" | "copysign" | "hypot" | "heaviside" => BinaryRule::Float,
        "equal" => BinaryRule::Compare,
        "logical_and" => BinaryRule::Logical,
        "ldexp" => BinaryRule::Ldexp,
        "gcd" => BinaryRule::Gcd,
        "matmul" => BinaryRule::Matmul,
        _ => panic!("no rule for {op}"),
    }
}

fn unary_rule(op: &str) -> UnaryRule {
    match op {
        "positive" => UnaryRule::Positive,
        "negative" | "sign" => UnaryRule::Negative,
        "absolute" => UnaryRule::Absolute,
        "sqrt" | "exp" | "log" | "sin" | "arcsin" | "sinh" | "exp2" | "log2" | "log1p"
        | "expm1" => UnaryRule::Float,
        "cbrt" | "fabs" | "spacing" => UnaryRule::RealFloat,
        "deg2rad" => UnaryRule::Degrees,
        "floor" | "ceil" | "trunc" => UnaryRule::Round,
        "rint" => UnaryRule::Rint,
        "square" => UnaryRule::Square,
        "reciprocal" => UnaryRule::Reciprocal,
        "conjugate" => UnaryRule::Conjugate,
        "invert" => UnaryRule::Invert,
        "isnan" | "logical_not" => UnaryRule::Predicate,
        "signbit" => UnaryRule::SignBit,
        _ => panic!("no rule for {op}"),
    }
}

fn reduction_rule(op: &str) -> ReductionRule {
    match op {
        "sum" | "prod" | "nansum" => ReductionRule::Sum,
        "cumsum" | "cumprod" => ReductionRule::Cumulative,
        "mean" | "nanmean" => ReductionRule::Mean,
        "std" | "var" => ReductionRule::Variance,
        "median" => ReductionRule::Median,
        "max" | "min" => ReductionRule::Extremum,
        "argmax" => ReductionRule::ArgExtremum,
        "ptp" => ReductionRule::PeakToPeak,
        "any" | "all" => ReductionRule::Truth,
        _ => panic!("no rule for {op}"),
    }
}

fn name(op: &str) -> &'static str {
    String::leak(op.to_owned())
}

/// What creation and reductions of given names answer in TensorFlow's `default_dtypes`.
fn default_of(what: &str) -> Result<TypeInfo, String> {
    let strong = |dtype| Ok(TypeInfo::strong(dtype));
    match what {
        "zeros" | "eye" | "random.randn" | "random.uniform" => strong(default_fill_float()),
        "linspace" => strong(default_float()),
        "arange_int" => Ok(Scalar::from(1).type_info()),
        "arange_float" => Ok(Scalar::from(1.0).type_info()),
        "mean_int32" => result(reduction("mean", ReductionRule::Mean, DType::Int32)),
        "sum_int32" => result(reduction("sum", ReductionRule::Sum, DType::Int32)),
        "sum_bool" => result(reduction("sum", ReductionRule::Sum, DType::Bool)),
        "sum_float16" => result(reduction("sum", ReductionRule::Sum, DType::Float16)),
        "argmax" => result(reduction(
            "argmax",
            ReductionRule::ArgExtremum,
            DType::Int32,
        )),
        "sin_int32" => result(unary("sin", UnaryRule::Float, DType::Int32)),
        "true_divide_int32" => result(binary(
            "divide",
            BinaryRule::Divide,
            DType::Int32,
            DType::Int32,
        )),
        _ => panic!("no default for {what}"),
    }
}

/// Our answer to a cell, in force the settings its oracle was asked under.
fn answer(table: &str, row: &str, column: &str) -> String {
    let parts: Vec<&str> = table.split('/').collect();
    let op_of = |op: &str, rule, lhs: TypeOrScalar, rhs: TypeOrScalar| {
        code(result(binary(name(op), rule, lhs, rhs)))
    };
    match parts[1] {
        "can_cast" => {
            let casting = [Casting::Safe, Casting::SameKind]
                .into_iter()
                .find(|c| c.name() == parts[2])
                .expect("a casting rule");
            u8::from(can_cast(dtype(row), dtype(column), casting)).to_string()
        }
        "promote_types" | "jax_promote_types" => code(
            promote_types(dtype(row), dtype(column))
                .map(TypeInfo::strong)
                .map_err(|e| e.to_string()),
        ),
        "result_type" | "python_scalar_result_type" => code(
            result_type("result_type", &[operand(row), operand(column)]).map_err(|e| e.to_string()),
        ),
        "python_int_out_of_bounds" => {
            let scalar = Scalar::from(column.parse::<i128>().expect("an integer"));
            let sum = binary("add", BinaryRule::Arithmetic, dtype(row), scalar);
            code(sum.map_err(|e| e.to_string()).and_then(|sum| {
                let literal = scalar.to_operand(sum.inputs).map_err(|e| e.to_string())?;
                assert_eq!(literal.dtype(), sum.inputs);
                Ok(sum.result)
            }))
        }
        // Python scalars to the right and to the left of an array, as ufuncs.
        "rscalar" => op_of(
            parts[2],
            binary_rule(parts[2]),
            operand(column),
            operand(row),
        ),
        "binary" | "scalar" => op_of(
            parts[2],
            binary_rule(parts[2]),
            operand(row),
            operand(column),
        ),
        "tnp_true_divide" => op_of("divide", BinaryRule::Divide, operand(row), operand(column)),
        "python_scalar_radd" => op_of("add", BinaryRule::Arithmetic, operand(column), operand(row)),
        "python_value_array" | "python_value_asarray_list" => match operand(column) {
            TypeOrScalar::Scalar(scalar) => code(Ok(scalar.type_info())),
            TypeOrScalar::Type(_) => panic!("{column} is a scalar"),
        },
        "unary_ufunc_result" => code(result(unary(name(row), unary_rule(row), dtype(column)))),
        "reduction_result" => code(result(reduction(
            name(row),
            reduction_rule(row),
            dtype(column),
        ))),
        "default_dtypes" => code(default_of(column)),
        // Operators, weak tables and the lattice itself.
        _ => op_of("add", BinaryRule::Arithmetic, operand(row), operand(column)),
    }
}

/// The settings an oracle was asked under.
fn settings(table: &str) -> Settings {
    let (mode, prefer_float32) = match table.split('/').next() {
        Some("numpy") => (Mode::Numpy, false),
        Some("jax" | "all") => (Mode::All, false),
        Some("all32") => (Mode::All, true),
        Some("safe") => (Mode::Safe, false),
        Some("safe32") => (Mode::Safe, true),
        Some("legacy") => (Mode::Legacy, false),
        Some("legacy32") => (Mode::Legacy, true),
        Some("strict") => (Mode::Strict, false),
        _ => panic!("no settings for {table}"),
    };
    Settings {
        mode,
        prefer_float32,
        ..Settings::default()
    }
}

/// Tables whose cells are plain dtypes: the function asked gives a dtype and cannot show weakness.
fn shows_weakness(table: &str) -> bool {
    let jax = table.starts_with("jax/");
    let kind = table.split('/').nth(1).expect("a table");
    let plain = ["result_type", "python_scalar_result_type", "scalar_scalar"].contains(&kind);
    let jax_plain = [
        "promote_types",
        "binary",
        "unary_ufunc_result",
        "reduction_result",
    ];
    !(plain || jax && jax_plain.contains(&kind))
}

type Cell = (String, String, String);

fn exclusions() -> HashMap<Cell, String> {
    let mut reason = String::new();
    let mut cells = HashMap::new();
    for line in include_str!("data/exclusions.txt").lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            [] => {}
            ["#", ..] => {}
            ["because", ..] => reason = words[1..].join(" "),
            [table, row, ref columns @ ..] => {
                assert!(!reason.is_empty(), "{line}: no reason stands above it");
                for column in columns {
                    let cell = (table.to_owned(), row.to_owned(), (*column).to_owned());
                    let before = cells.insert(cell, reason.clone());
                    assert!(before.is_none(), "{line}: listed twice");
                }
            }
            _ => panic!("{line}: not a table, a row and columns"),
        }
    }
    cells
}

#[test]
fn every_cell_of_the_oracles() {
    let tables: BTreeMap<String, Value> =
        serde_json::from_str(include_str!("data/promotion_tables.json")).expect("valid JSON");
    let mut excluded = exclusions();
    let (mut cells, mut skipped) = (BTreeMap::<&str, usize>::new(), 0);
    let mut wrong = Vec::new();
    for (table, body) in &tables {
        let _scope = settings(table).enter();
        let oracle = table.split('/').next().expect("an oracle");
        let columns: Vec<&str> = words(&body["columns"]);
        for (row, expected) in body["rows"].as_object().expect("rows") {
            let expected = words(expected);
            assert_eq!(expected.len(), columns.len(), "{table} {row}");
            for (column, expected) in columns.iter().zip(expected) {
                *cells.entry(oracle).or_default() += 1;
                let mut ours = answer(table, row, column);
                if !shows_weakness(table) {
                    ours = ours.trim_end_matches('*').to_owned();
                }
                let cell = (table.clone(), row.clone(), (*column).to_owned());
                match (excluded.remove(&cell), ours == expected) {
                    (None, true) => {}
                    (Some(_), false) => skipped += 1,
                    (None, false) => {
                        wrong.push(format!("{table} {row} {column}: {ours}, not {expected}"));
                    }
                    (Some(_), true) => {
                        wrong.push(format!("{table} {row} {column}: exclusion not needed"));
                    }
                }
            }
        }
    }
    wrong.extend(
        excluded
            .keys()
            .map(|cell| format!("{cell:?}: excluded, but no cell")),
    );
    println!("cells {cells:?}, of them excluded {skipped}");
    assert!(
        wrong.is_empty(),
        "{} cells:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert_eq!(
        cells.values().sum::<usize>(),
        18926,
        "cells are not lost unnoticed"
    );
}

fn words(value: &Value) -> Vec<&str> {
    value
        .as_str()
        .expect("cells in a string")
        .split(' ')
        .collect()
}
