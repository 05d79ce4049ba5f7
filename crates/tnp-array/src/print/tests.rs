//! Everything printed is compared with what NumPy printed (`tests/data/print_goldens.py` made the file).

use serde_json::Value;
use tnp_dtype::{DType, Literal, with_dtype};

use super::*;

fn number_of(value: &Value) -> usize {
    value.as_u64().expect("a count") as usize
}

fn text_of(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn print_of(row: &Value) -> Print {
    let mut print = Print::new();
    let both = [&row["options"], &row["text"]];
    for (key, value) in both.into_iter().filter_map(Value::as_object).flatten() {
        print = match key.as_str() {
            "precision" => print.precision(number_of(value)),
            "threshold" => print.threshold(number_of(value)),
            "edgeitems" => print.edgeitems(number_of(value)),
            "linewidth" => print.linewidth(number_of(value)),
            "suppress" => print.suppress(value.as_bool().expect("a bool")),
            "nanstr" => print.nanstr(text_of(value)),
            "infstr" => print.infstr(text_of(value)),
            "sign" => print.sign(match text_of(value) {
                "-" => Sign::Minus,
                "+" => Sign::Plus,
                _ => Sign::Space,
            }),
            "floatmode" => print.floatmode(match text_of(value) {
                "fixed" => FloatMode::Fixed,
                "unique" => FloatMode::Unique,
                "maxprec" => FloatMode::MaxPrec,
                _ => FloatMode::MaxPrecEqual,
            }),
            "separator" => print.separator(text_of(value)),
            "prefix" => print.prefix(text_of(value)),
            "suffix" => print.suffix(text_of(value)),
            other => panic!("no option {other}"),
        };
    }
    print
}

fn float_format_of(row: &Value) -> FloatFormat {
    let mut format = FloatFormat::new();
    for (key, value) in row["number"].as_object().into_iter().flatten() {
        format = match key.as_str() {
            "precision" => format.precision(number_of(value)),
            "min_digits" => format.min_digits(number_of(value)),
            "pad_left" => format.pad_left(number_of(value)),
            "pad_right" => format.pad_right(number_of(value)),
            "exp_digits" => format.exp_digits(number_of(value)),
            "unique" => format.unique(value.as_bool().expect("a bool")),
            "fractional" => format.fractional(value.as_bool().expect("a bool")),
            "sign" => format.sign(value.as_bool().expect("a bool")),
            "trim" => format.trim(match text_of(value) {
                "k" => Trim::Keep,
                "." => Trim::Zeros,
                "0" => Trim::OneZero,
                _ => Trim::Point,
            }),
            other => panic!("no option {other}"),
        };
    }
    format
}

fn values_of(row: &Value, dtype: DType, size: usize) -> Vec<Literal> {
    if let Some(range) = row["arange"].as_array() {
        let [start, step] = [0, 1].map(|i| range[i].as_i64().expect("an integer"));
        let value = |i: usize| Literal::new(start + step * i as i64).cast(dtype);
        return (0..size).map(value).collect();
    }
    let hex = text_of(&row["hex"]);
    let byte = |i: usize| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).expect("hex digits");
    let bytes: Vec<u8> = (0..hex.len() / 2).map(byte).collect();
    let chunks = bytes.chunks_exact(dtype.itemsize());
    chunks.map(|b| Literal::from_bytes(dtype, b)).collect()
}

fn run(row: &Value) -> String {
    let dtype: DType = text_of(&row["dtype"]).parse().expect("a dtype");
    let dims = row["shape"].as_array().expect("a shape");
    let shape: Vec<usize> = dims.iter().map(number_of).collect();
    let values = values_of(row, dtype, shape.iter().product());
    let get = |index: &[usize]| {
        let at = index.iter().zip(&shape).fold(0, |at, (i, n)| at * n + i);
        values[at]
    };
    let source = Source {
        shape: &shape,
        dtype,
        device: None,
        get: &get,
    };
    let print = print_of(row);
    let format = float_format_of(row);
    match text_of(&row["call"]) {
        "array_str" => array_str(&source, &print),
        "array_repr" => array_repr(&source, &print),
        "array2string" => array2string(&source, &print),
        "scalar_str" => scalar_str(&values[0]),
        "scalar_repr" => scalar_repr(&values[0]),
        "positional" => with_dtype!(dtype, T => {
            format_float_positional(values[0].value::<T>(), format).expect("valid options")
        }),
        "scientific" => with_dtype!(dtype, T => {
            format_float_scientific(values[0].value::<T>(), format).expect("valid options")
        }),
        other => panic!("no call {other}"),
    }
}

#[test]
fn prints_what_numpy_prints() {
    let file = include_str!("../../tests/data/print_goldens.json");
    let rows: Vec<Value> = serde_json::from_str(file).expect("the goldens are JSON");
    assert!(rows.len() >= 400, "{} goldens", rows.len());
    let mut wrong = Vec::new();
    for row in &rows {
        let (found, expected) = (run(row), text_of(&row["expect"]));
        if found != expected {
            let mut what = row.clone();
            what["hex"] = Value::Null;
            wrong.push(format!("{what}\nNumPy:\n{expected}\nhere:\n{found}\n"));
        }
    }
    let (count, shown) = (wrong.len(), wrong.len().min(20));
    assert!(
        wrong.is_empty(),
        "{count} of {} differ\n{}",
        rows.len(),
        wrong[..shown].join("\n")
    );
}

fn vector<'a>(shape: &'a [usize], get: &'a dyn Fn(&[usize]) -> Literal) -> Source<'a> {
    Source {
        shape,
        dtype: get(&vec![0; shape.len()]).dtype(),
        device: None,
        get,
    }
}

#[test]
fn a_formatter_writes_the_elements_it_wants() {
    let get = |i: &[usize]| Literal::new(i[0] as i64 + 9);
    let hex = Print::new().formatter(|x| x.to_i128().map(|i| format!("{i:#x}")));
    assert_eq!(array2string(&vector(&[3], &get), &hex), "[0x9 0xa 0xb]");
    let floats = |i: &[usize]| Literal::new(i[0] as f64);
    assert_eq!(array2string(&vector(&[3], &floats), &hex), "[0. 1. 2.]");
}

#[test]
fn words_of_several_lines_hang() {
    // What NumPy prints for formatter={'int': lambda x: f'<{x}\n {x}>'} and linewidth 16.
    let get = |i: &[usize]| Literal::new(i[0] as i64);
    let print = Print::new()
        .linewidth(16)
        .formatter(|x| Some(format!("<{x}\n {x}>")));
    assert_eq!(
        array2string(&vector(&[3], &get), &print),
        "[<0\n  0> <1\n      1> <2\n          2>]"
    );
}

#[test]
fn options_are_scoped_and_per_thread() {
    with_printoptions(Print::new().precision(2), || {
        assert_eq!(get_printoptions().precision, 2);
        set_printoptions(Print::new().precision(5));
        let other = std::thread::spawn(|| get_printoptions().precision);
        assert_eq!(other.join().expect("no panic"), 8);
        let caught = std::panic::catch_unwind(|| {
            with_printoptions(Print::new().precision(1), || panic!("inside"));
        });
        assert!(caught.is_err());
        assert_eq!(get_printoptions().precision, 5);
    });
    assert_eq!(get_printoptions().precision, 8);
}

#[test]
fn contradictory_options_are_errors() {
    let exact = FloatFormat::new().unique(false);
    let error = format_float_positional(1.0f64, exact).expect_err("no precision");
    assert_eq!(
        error.to_string(),
        "format_float_positional: in non-unique mode `precision` must be supplied; add `.precision(n)`"
    );
    let none = FloatFormat::new().precision(0).fractional(false);
    assert!(format_float_positional(1.0f64, none).is_err());
    let crossed = FloatFormat::new().precision(2).min_digits(3);
    assert!(format_float_scientific(1.0f64, crossed).is_err());
    let complex = tnp_dtype::c64::new(1.0, 2.0);
    assert!(format_float_scientific(complex, FloatFormat::new()).is_err());
}
