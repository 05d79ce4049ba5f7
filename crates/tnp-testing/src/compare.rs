//! Values a row gives, and whether two are equal enough.

use std::cell::Cell;

use tnp_array::{Array, Results};
use tnp_backend::{Device, Result};
use tnp_dtype::{DType, Element, Literal};

/// How far a result may be from NumPy's. Bools and integers are always compared exactly.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Tolerance {
    /// Bit-equal, the sign of zero included; any NaN equals any.
    Exact,
    /// Units in the last place; of the modulus (times four) for complex numbers. 16-bit floats may be one off.
    Ulps(u32),
    /// This many machine epsilons of the largest magnitude among inputs and result: sums that cancel.
    Scaled(f64),
}

thread_local! {
    static LOOSER: Cell<u32> = const { Cell::new(1) };
}

/// Runs `body` with tolerances in units and epsilons this many times as wide on this thread; what is exact stays exact.
pub fn loosened<R>(times: u32, body: impl FnOnce() -> R) -> R {
    let outer = LOOSER.replace(times);
    let result = body();
    LOOSER.set(outer);
    result
}

/// A result: dtype, shape and bytes in C order.
#[derive(Clone, PartialEq, Debug)]
pub struct Value {
    /// Type of the elements.
    pub dtype: DType,
    /// Sizes of the axes.
    pub shape: Vec<usize>,
    /// Elements in C order.
    pub bytes: Vec<u8>,
    /// Where the array was, if it was one.
    pub device: Option<Device>,
}

impl Value {
    fn scalar<T: Element>(value: T) -> Value {
        let literal = Literal::new(value);
        Value {
            dtype: T::DTYPE,
            shape: Vec::new(),
            bytes: literal.as_bytes().to_vec(),
            device: None,
        }
    }

    fn text(text: &str) -> Value {
        Value {
            dtype: DType::UInt8,
            shape: vec![text.len()],
            bytes: text.as_bytes().to_vec(),
            device: None,
        }
    }

    /// An array, read.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(array: &Array) -> Result<Value> {
        Ok(Value {
            dtype: array.dtype(),
            shape: array.shape().to_vec(),
            bytes: array.to_bytes()?,
            device: Some(array.device()?),
        })
    }

    /// The largest finite magnitude of its elements.
    pub fn largest(&self) -> f64 {
        let magnitudes = self.elements().map(|x| magnitude(&x));
        magnitudes.filter(|x| x.is_finite()).fold(0.0, f64::max)
    }

    pub(crate) fn elements(&self) -> impl Iterator<Item = Literal> {
        self.bytes
            .chunks_exact(self.dtype.itemsize())
            .map(|bytes| Literal::from_bytes(self.dtype, bytes))
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{:?} [", self.dtype, self.shape)?;
        for (i, element) in self.elements().enumerate() {
            match i {
                0 => write!(f, "{element}")?,
                1..8 => write!(f, ", {element}")?,
                _ => return write!(f, ", … of {}]", self.bytes.len() / self.dtype.itemsize()),
            }
        }
        f.write_str("]")
    }
}

/// One of the things a row gives.
#[derive(Clone, Debug)]
pub enum Item {
    /// An array, not read yet.
    Array(Array),
    /// A number, text or dtype.
    Plain(Value),
}

impl Item {
    /// The value, read where it is an array.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn value(&self) -> Result<Value> {
        match self {
            Item::Array(array) => Value::of(array),
            Item::Plain(value) => Ok(value.clone()),
        }
    }
}

/// What a row's closure may return; each becomes the list of values that NumPy's answer is compared with: tuples and
/// lists become several, Rust numbers 0-d arrays (int64, float64), text its UTF-8 bytes.
pub trait Answer {
    /// What there is, in order.
    ///
    /// # Errors
    /// The function's own error.
    fn answer(self) -> Result<Vec<Item>>;
}

impl<T: Answer> Answer for Result<T> {
    fn answer(self) -> Result<Vec<Item>> {
        self?.answer()
    }
}

impl Answer for Array {
    fn answer(self) -> Result<Vec<Item>> {
        Ok(vec![Item::Array(self)])
    }
}

impl Answer for Results {
    fn answer(self) -> Result<Vec<Item>> {
        Ok(self.iter().cloned().map(Item::Array).collect())
    }
}

impl<T: Answer> Answer for Vec<T> {
    fn answer(self) -> Result<Vec<Item>> {
        let mut all = Vec::new();
        for one in self {
            all.extend(one.answer()?);
        }
        Ok(all)
    }
}

impl<T: Answer, const N: usize> Answer for [T; N] {
    fn answer(self) -> Result<Vec<Item>> {
        self.into_iter().collect::<Vec<T>>().answer()
    }
}

macro_rules! tuples {
    ($(($($t:ident),+);)*) => {$(
        impl<$($t: Answer),+> Answer for ($($t,)+) {
            #[allow(non_snake_case)]
            fn answer(self) -> Result<Vec<Item>> {
                let ($($t,)+) = self;
                let mut all = Vec::new();
                $(all.extend($t.answer()?);)+
                Ok(all)
            }
        }
    )*};
}
tuples! { (A, B); (A, B, C); (A, B, C, D); }

macro_rules! scalars {
    ($($t:ty => $as:ty),*) => {$(
        impl Answer for $t {
            fn answer(self) -> Result<Vec<Item>> {
                Ok(vec![Item::Plain(Value::scalar(self as $as))])
            }
        }
    )*};
}
scalars!(bool => bool, i64 => i64, usize => i64, isize => i64, i32 => i64, u64 => i64, f64 => f64);

impl Answer for Literal {
    fn answer(self) -> Result<Vec<Item>> {
        let bytes = self.as_bytes().to_vec();
        Ok(vec![Item::Plain(Value {
            dtype: self.dtype(),
            shape: Vec::new(),
            bytes,
            device: None,
        })])
    }
}

impl Answer for String {
    fn answer(self) -> Result<Vec<Item>> {
        Ok(vec![Item::Plain(Value::text(&self))])
    }
}

impl Answer for &str {
    fn answer(self) -> Result<Vec<Item>> {
        Ok(vec![Item::Plain(Value::text(self))])
    }
}

impl Answer for DType {
    fn answer(self) -> Result<Vec<Item>> {
        Ok(vec![Item::Plain(Value::text(self.name()))])
    }
}

/// Why two lists of values differ, or nothing. `scale` is the largest finite magnitude among the inputs.
pub fn difference(
    got: &[Value],
    want: &[Value],
    tolerance: Tolerance,
    scale: f64,
) -> Option<String> {
    if got.len() != want.len() {
        return Some(format!("{} results, expected {}", got.len(), want.len()));
    }
    let want_all = want.len();
    let mut pairs = got.iter().zip(want).enumerate();
    pairs.find_map(|(at, (got, want))| {
        let which = if want_all > 1 {
            format!("result {at}: ")
        } else {
            String::new()
        };
        Some(which + &one_difference(got, want, tolerance, scale)?)
    })
}

fn one_difference(got: &Value, want: &Value, tolerance: Tolerance, scale: f64) -> Option<String> {
    if got.dtype != want.dtype || got.shape != want.shape {
        return Some(format!("got {got}, expected {want}"));
    }
    if got.bytes == want.bytes {
        return None;
    }
    let largest = scale.max(want.largest());
    let mut wrong = got
        .elements()
        .zip(want.elements())
        .enumerate()
        .filter(|(_, (g, w))| !near(g, w, tolerance, largest));
    let (at, (g, w)) = wrong.next()?;
    let others = wrong.count();
    let others = if others == 0 {
        String::new()
    } else {
        format!(" (and {others} more of {})", want.elements().count())
    };
    Some(format!(
        "{}{:?} at {at}: got {g:?}, expected {w:?}{others}",
        got.dtype, got.shape
    ))
}

fn magnitude(x: &Literal) -> f64 {
    let x = x.to_c128();
    x.re.hypot(x.im)
}

fn near(got: &Literal, want: &Literal, tolerance: Tolerance, scale: f64) -> bool {
    if got.as_bytes() == want.as_bytes() {
        return true;
    }
    let dtype = want.dtype();
    if !dtype.is_inexact() {
        return false;
    }
    let (g, w) = (got.to_c128(), want.to_c128());
    let epsilon = match dtype {
        DType::BFloat16 => 2f64.powi(-7),
        DType::Float16 => 2f64.powi(-10),
        DType::Float32 | DType::Complex64 => f64::from(f32::EPSILON),
        _ => f64::EPSILON,
    };
    let both_nan = |g: f64, w: f64| g.is_nan() && w.is_nan();
    let same = |g: f64, w: f64| g.to_bits() == w.to_bits() || both_nan(g, w);
    let exact = same(g.re, w.re) && same(g.im, w.im);
    if exact || tolerance == Tolerance::Exact {
        return exact;
    }
    // One part that is no number decides alone: the other then often has a sign or value the standards leave open.
    let wild = |x: f64| !x.is_finite();
    if wild(w.re) || wild(w.im) || wild(g.re) || wild(g.im) {
        let part = |g: f64, w: f64| {
            both_nan(g, w)
                || g == w
                || (!wild(g) && !wild(w) && (g - w).abs() <= 64.0 * epsilon * w.abs())
        };
        return part(g.re, w.re) && part(g.im, w.im);
    }
    let apart = (g.re - w.re).hypot(g.im - w.im);
    let looser = LOOSER.get();
    match tolerance {
        Tolerance::Exact => false,
        Tolerance::Scaled(times) => {
            apart <= f64::from(looser) * times * epsilon * scale.max(magnitude(want))
        }
        Tolerance::Ulps(ulps) if dtype.is_complex() => {
            apart
                <= 4.0
                    * f64::from(ulps * looser)
                    * epsilon
                    * magnitude(want).max(f64::from(f32::MIN_POSITIVE))
        }
        Tolerance::Ulps(ulps) => {
            let allowed = if dtype.itemsize() == 2 {
                1
            } else {
                i128::from(ulps * looser)
            };
            (i128::from(ordered(got)) - i128::from(ordered(want))).abs() <= allowed
        }
    }
}

/// The bits of a float as a number that counts representable values from zero.
fn ordered(x: &Literal) -> i64 {
    let mut bytes = [0u8; 8];
    let itemsize = x.dtype().itemsize();
    bytes[..itemsize].copy_from_slice(x.as_bytes());
    let bits = i64::from_le_bytes(bytes);
    let sign = 1i64 << (8 * itemsize - 1);
    if bits & sign == 0 {
        bits
    } else {
        -(bits & !sign)
    }
}
