//! The value side of `array!`: nested literals and expressions become a shape, a dtype and bytes.
//!
//! Rust's own nested arrays carry the structure, so ragged literals do not compile; unsuffixed numbers are weak, as
//! Python's are, and everything else keeps the dtype of its Rust type.

use tnp_dtype::{
    Complex, DType, Literal, Mode, Scalar, bf16, default_float, f16, promote_types, with_mode,
};

use crate::Array;

/// One element of an array literal.
#[derive(Clone, Copy, Debug)]
pub enum Lit {
    /// An unsuffixed number (or a `usize`, `isize` or 128-bit integer): takes the dtype of the others.
    Weak(Scalar),
    /// A value of a dtype.
    Typed(Literal),
}

impl Lit {
    /// What an empty list is a list of.
    pub const EMPTY: Lit = Lit::Weak(Scalar::Float(0.0));
}

/// What the text of a literal says about its dtype; read when the program is compiled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Text {
    /// An unsuffixed integer: its value, which may exceed the type Rust would give it.
    Int(i128),
    /// An unsuffixed float.
    Float,
    /// Anything else: its Rust type decides.
    Typed,
}

impl Text {
    /// Reads the text of a Rust literal that may have a minus before it.
    ///
    /// # Panics
    /// For an integer that neither `int64` nor `uint64` holds; in a constant that is an error of compilation.
    pub const fn read(text: &str) -> Text {
        let bytes = text.as_bytes();
        let mut at = 0;
        let mut negative = false;
        while at < bytes.len() && (bytes[at] == b'-' || bytes[at] == b' ') {
            negative |= bytes[at] == b'-';
            at += 1;
        }
        let radix = match (byte(bytes, at), byte(bytes, at + 1)) {
            (b'0', b'x') => 16,
            (b'0', b'o') => 8,
            (b'0', b'b') => 2,
            (b'0'..=b'9', _) => 10,
            _ => return Text::Typed,
        };
        if radix != 10 {
            at += 2;
        }
        let mut value = 0u128;
        while at < bytes.len() {
            let digit = match bytes[at] {
                digit @ b'0'..=b'9' => digit - b'0',
                digit @ b'a'..=b'f' if radix == 16 => digit - b'a' + 10,
                digit @ b'A'..=b'F' if radix == 16 => digit - b'A' + 10,
                b'_' => {
                    at += 1;
                    continue;
                }
                b'.' | b'e' | b'E' => return Text::float(bytes, at),
                b'i' | b'u' => {
                    check_suffix(value, negative, bytes, at);
                    return Text::Typed;
                }
                _ => return Text::Typed,
            };
            // What exceeds u128 the compiler refuses on its own.
            value = value.wrapping_mul(radix).wrapping_add(digit as u128);
            at += 1;
        }
        let most = if negative { 1 << 63 } else { u64::MAX as u128 };
        assert!(
            value <= most,
            "array!: the integer literal fits neither int64 nor uint64; write it as a float"
        );
        Text::Int(if negative {
            -(value as i128)
        } else {
            value as i128
        })
    }

    /// A float unless a suffix follows.
    const fn float(bytes: &[u8], mut at: usize) -> Text {
        while at < bytes.len() {
            match bytes[at] {
                b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-' | b'_' => at += 1,
                _ => return Text::Typed,
            }
        }
        Text::Float
    }
}

/// Refuses an integer that its suffix (`i8` … `usize`) does not hold, as the compiler's own lint would.
const fn check_suffix(value: u128, negative: bool, bytes: &[u8], at: usize) {
    let bits = match byte(bytes, at + 1) {
        b'8' => 8,
        b'1' if byte(bytes, at + 2) == b'6' => 16,
        b'3' => 32,
        b'1' => 128,
        _ => 64,
    };
    let most = match bytes[at] {
        b'u' => u128::MAX >> (128 - bits),
        _ => (u128::MAX >> (129 - bits)) + negative as u128,
    };
    assert!(
        value <= most,
        "array!: the integer literal is out of range for its suffix"
    );
}

const fn byte(bytes: &[u8], at: usize) -> u8 {
    if at < bytes.len() { bytes[at] } else { 0 }
}

/// A Rust value that can stand in an array literal: a scalar, or an array of such.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an element of `array!`",
    note = "numbers, bools and Rust arrays of them can; arrays are joined by `stack` or `concatenate`"
)]
pub trait Item {
    /// A [`Lit`], or nested arrays of it.
    type Out: Nested;

    /// The value with its dtype.
    fn item(self) -> Self::Out;
}

macro_rules! typed_items {
    ($($t:ty),*) => {$(
        impl Item for $t {
            type Out = Lit;

            fn item(self) -> Lit {
                Lit::Typed(Literal::new(self))
            }
        }
    )*};
}
typed_items!(
    bool,
    i8,
    i16,
    i32,
    i64,
    u8,
    u16,
    u32,
    u64,
    f16,
    bf16,
    f32,
    f64,
    Complex<f32>,
    Complex<f64>
);

macro_rules! weak_items {
    ($($t:ty),*) => {$(
        impl Item for $t {
            type Out = Lit;

            fn item(self) -> Lit {
                Lit::Weak(Scalar::from(self))
            }
        }
    )*};
}
weak_items!(isize, usize, i128, u128);

impl<T: Item, const N: usize> Item for [T; N] {
    type Out = [T::Out; N];

    fn item(self) -> [T::Out; N] {
        self.map(T::item)
    }
}

impl<T: Item + Copy> Item for &T {
    type Out = T::Out;

    fn item(self) -> T::Out {
        (*self).item()
    }
}

/// A literal with what its text says; its value decides where the text leaves it to.
pub fn literal<T: Item<Out = Lit>>(text: Text, value: T) -> Lit {
    match (text, value.item()) {
        (Text::Int(value), _) => Lit::Weak(Scalar::Int(value)),
        (Text::Float, Lit::Typed(value)) => Lit::Weak(Scalar::Float(value.to_f64())),
        (_, own) => own,
    }
}

/// A [`Lit`], or Rust arrays of it, nested to any depth.
pub trait Nested {
    /// Appends the sizes of the levels, outermost first.
    fn shape(shape: &mut Vec<usize>);

    /// Appends the elements in order.
    fn flatten(&self, into: &mut Vec<Lit>);
}

impl Nested for Lit {
    fn shape(_: &mut Vec<usize>) {}

    fn flatten(&self, into: &mut Vec<Lit>) {
        into.push(*self);
    }
}

impl<T: Nested, const N: usize> Nested for [T; N] {
    fn shape(shape: &mut Vec<usize>) {
        shape.push(N);
        T::shape(shape);
    }

    fn flatten(&self, into: &mut Vec<Lit>) {
        self.iter().for_each(|row| row.flatten(into));
    }
}

/// The shape, dtype and bytes (native-endian, C order) of nested literals.
pub fn pack_nested<T: Nested>(nested: &T) -> (Vec<usize>, DType, Vec<u8>) {
    let (mut shape, mut values) = (Vec::new(), Vec::new());
    T::shape(&mut shape);
    nested.flatten(&mut values);
    let (dtype, bytes) = pack(&values);
    (shape, dtype, bytes)
}

/// The common dtype of elements, and their bytes.
///
/// Typed elements meet as NumPy promotes them, whatever the promotion mode: a literal is no operation. Weak ones adopt
/// the dtype they meet if it holds them, and otherwise widen it as NumPy would: `[1u8, 2]` is `uint8`, `[1u8, 2.5]`
/// `float64`, `[1u8, 300]` `int64`. Alone they are `int64` (`uint64` where needed) or `float64`, or what the mode and
/// `prefer_float32` make of those. No elements are `float64`.
pub fn pack(values: &[Lit]) -> (DType, Vec<u8>) {
    let dtype = common_dtype(values);
    let mut bytes = Vec::with_capacity(values.len() * dtype.itemsize());
    for value in values {
        let cast = match value {
            Lit::Typed(value) => value.cast(dtype),
            Lit::Weak(Scalar::Int(i)) => match Scalar::Int(*i).to_literal(dtype) {
                Ok(exact) => exact,
                Err(_) => Literal::new(*i as f64).cast(dtype),
            },
            Lit::Weak(Scalar::Huge(i)) => Literal::new(*i as f64).cast(dtype),
            Lit::Weak(Scalar::Bool(x)) => Literal::new(*x).cast(dtype),
            Lit::Weak(Scalar::Float(x)) => Literal::new(*x).cast(dtype),
            Lit::Weak(Scalar::Complex(x)) => Literal::new(*x).cast(dtype),
        };
        bytes.extend_from_slice(cast.as_bytes());
    }
    (dtype, bytes)
}

fn common_dtype(values: &[Lit]) -> DType {
    let typed = values.iter().filter_map(|value| match value {
        Lit::Typed(value) => Some(value.dtype()),
        Lit::Weak(_) => None,
    });
    let typed = typed.reduce(meet);
    values
        .iter()
        .fold(typed, |found, value| match value {
            Lit::Typed(_) => found,
            Lit::Weak(scalar) => Some(adopt(found, scalar)),
        })
        .unwrap_or_else(default_float)
}

/// The dtype of a weak scalar among elements of a dtype.
fn adopt(found: Option<DType>, scalar: &Scalar) -> DType {
    let own = match scalar {
        Scalar::Huge(_) => default_float(),
        other => other.default_dtype(),
    };
    match (found, scalar) {
        (None, _) => own,
        (Some(found), Scalar::Int(_)) if found.is_inexact() => found,
        (Some(found), Scalar::Int(_)) if found.is_integer() && scalar.to_literal(found).is_ok() => {
            found
        }
        (Some(found), Scalar::Float(_) | Scalar::Huge(_)) if found.is_inexact() => found,
        (Some(found), Scalar::Float(_) | Scalar::Huge(_)) if found.is_integer() => own,
        (Some(found), _) => meet(found, own),
    }
}

/// NumPy's promotion; pairs that `ml_dtypes` leaves out meet at the widest type of their kind.
fn meet(a: DType, b: DType) -> DType {
    let widest = match a.is_complex() || b.is_complex() {
        true => DType::Complex128,
        false => DType::Float64,
    };
    with_mode(Mode::Numpy, || promote_types(a, b)).unwrap_or(widest)
}

/// An array of nested literals, on the current device.
///
/// # Panics
/// When there is no device or its memory runs out.
#[track_caller]
pub fn array<T: Nested>(nested: &T) -> Array {
    let (shape, dtype, bytes) = pack_nested(nested);
    match Array::from_bytes(&bytes, &shape, dtype) {
        Ok(array) => array,
        Err(error) => panic!("{}", error.in_op("array!")),
    }
}

/// An array from nested lists of numbers and expressions, as `np.array([[1, 2], [3, 4]])`.
///
/// Bare integers make `int64` (`uint64` beyond it), bare floats and mixtures `float64`. Suffixes and typed expressions
/// decide for the bare numbers beside them: `[1u8, 2]` is `uint8`, `[x, 0.5]` `float32` for an `f32`. Different types meet
/// as NumPy promotes them. Lists nest to any depth, `[value; n]` repeats, `array![]` is empty `float64`. An integer
/// expression that Rust has no type for, such as `1 + 2`, is an `i32` as everywhere in Rust. For a 0-d array write
/// `array(5, ())`.
///
/// Ragged lists, and integers that neither `int64` nor `uint64` holds, do not compile.
///
/// # Panics
/// When there is no device or its memory runs out; the function [`array`](crate::array()) gives an `Err`.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::array;
/// let x = array![[1, 2], [3, 4]];
/// assert_eq!(format!("{x:?}"), "array([[1, 2],\n       [3, 4]])");
/// assert_eq!(format!("{:?}", array![1, 2.5, -3]), "array([ 1. ,  2.5, -3. ])");
/// assert_eq!(format!("{:?}", array![3000000000]), "array([3000000000])");
/// assert_eq!(format!("{:?}", array![1.5f32, 2.0]), "array([1.5, 2. ], dtype=float32)");
/// assert_eq!(format!("{:?}", array![[true; 2]; 1]), "array([[ True,  True]])");
/// assert_eq!(format!("{:?}", array![]), "array([], dtype=float64)");
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.array.html>
#[macro_export]
macro_rules! array {
    ($($tokens:tt)*) => {
        $crate::literal::array(&$crate::__array_nested!($($tokens)*))
    };
}

/// Nested literals and expressions as nested Rust arrays of [`Lit`](crate::literal::Lit).
///
/// ```
/// use tnp_array::literal::pack_nested;
/// let (shape, dtype, _) = pack_nested(&tnp_array::__array_nested!([1, -2], [3, 3000000000]));
/// assert_eq!((shape, dtype.name()), (vec![2, 2], "int64"));
/// ```
/// ```compile_fail
/// // Ragged.
/// let rows = tnp_array::__array_nested!([1, 2], [3]);
/// ```
/// ```compile_fail
/// // Levels mixed.
/// let rows = tnp_array::__array_nested!([1, 2], 3);
/// ```
/// ```compile_fail
/// // Beyond uint64.
/// let row = tnp_array::__array_nested!(18446744073709551616);
/// ```
/// ```compile_fail
/// // Below int64.
/// let row = tnp_array::__array_nested!(-9223372036854775809);
/// ```
/// ```compile_fail
/// // A literal that its suffix does not hold.
/// let row = tnp_array::__array_nested!(300u8);
/// ```
/// ```compile_fail
/// let row = tnp_array::__array_nested!(-129i8);
/// ```
/// ```compile_fail
/// // No number.
/// let row = tnp_array::__array_nested!("one");
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __array_nested {
    () => { [$crate::literal::Lit::EMPTY; 0] };
    ([$($row:tt)*]; $n:expr) => { [$crate::__array_nested!($($row)*); $n] };
    ($e:expr; $n:expr) => { [$crate::__array_item!($e); $n] };
    ($([$($row:tt)*]),+ $(,)?) => { [$($crate::__array_nested!($($row)*)),+] };
    ($($e:expr),+ $(,)?) => { [$($crate::__array_item!($e)),+] };
}

/// One element: a literal by its text, anything else by its type.
#[doc(hidden)]
#[macro_export]
macro_rules! __array_item {
    ($l:literal) => {{
        const TEXT: $crate::literal::Text = $crate::literal::Text::read(stringify!($l));
        // The value of an unsuffixed integer is read from its text: the type Rust infers may not hold it.
        #[allow(overflowing_literals)]
        let value = $l;
        $crate::literal::literal(TEXT, value)
    }};
    ($e:expr) => {
        $crate::literal::Item::item($e)
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shape, dtype and the elements as text.
    fn read<T: Nested>(nested: T) -> (Vec<usize>, DType, String) {
        let (shape, dtype, bytes) = pack_nested(&nested);
        let chunks = bytes.chunks_exact(dtype.itemsize());
        let values: Vec<String> = chunks
            .map(|b| Literal::from_bytes(dtype, b).to_string())
            .collect();
        (shape, dtype, values.join(" "))
    }

    macro_rules! check {
        ([$($t:tt)*], $shape:expr, $dtype:ident, $values:expr) => {
            assert_eq!(
                read(crate::__array_nested!($($t)*)),
                ($shape.to_vec(), DType::$dtype, $values.to_owned()),
                stringify!($($t)*)
            )
        };
    }

    #[test]
    fn literals_have_numpys_dtypes() {
        check!([[1, 2], [3, 4]], [2, 2], Int64, "1 2 3 4");
        check!([1.0, 2.5], [2], Float64, "1 2.5");
        check!([1, 2.5], [2], Float64, "1 2.5");
        check!([true, false], [2], Bool, "True False");
        check!([true, 2], [2], Int64, "1 2");
        check!([true, 2.5], [2], Float64, "1 2.5");
        check!([3000000000], [1], Int64, "3000000000");
        check!(
            [-3_000_000_000, 0x_ff, -0b11, 0o17,],
            [4],
            Int64,
            "-3000000000 255 -3 15"
        );
        check!([9223372036854775808], [1], UInt64, "9223372036854775808");
        check!(
            [18446744073709551615, 1],
            [2],
            UInt64,
            "18446744073709551615 1"
        );
        check!([-9223372036854775808], [1], Int64, "-9223372036854775808");
        check!(
            [9223372036854775808, -1],
            [2],
            Float64,
            "9223372036854776000 -1"
        );
        check!([-1.5e3, 1e-2, 1_0.], [3], Float64, "-1500 0.01 10");
        check!([], [0], Float64, "");
        check!([[], []], [2, 0], Float64, "");
        check!([[[[[[1, -2]]]]]], [1, 1, 1, 1, 1, 2], Int64, "1 -2");
        check!([[0.5; 3]; 2], [2, 3], Float64, "0.5 0.5 0.5 0.5 0.5 0.5");
        check!([7; 2], [2], Int64, "7 7");
    }

    #[test]
    fn suffixes_and_types_decide() {
        check!([1.0f32, 2.0], [2], Float32, "1 2");
        check!([1u8, 2], [2], UInt8, "1 2");
        check!([1u8, 300], [2], Int64, "1 300");
        check!([1u8, -1], [2], Int64, "1 -1");
        check!([1u8, 2.5], [2], Float64, "1 2.5");
        check!([1i8, 2u8], [2], Int16, "1 2");
        check!([1, 2f32], [2], Float32, "1 2");
        let (x, y) = (1.5f32, 2.0f32);
        check!([x, y + 1.0], [2], Float32, "1.5 3");
        check!([[x, -x], [y, 0.25]], [2, 2], Float32, "1.5 -1.5 2 0.25");
        let (a, b) = (7i16, [1u32, 2]);
        check!([a, 2 * a, 1], [3], Int16, "7 14 1");
        check!([b, b], [2, 2], UInt32, "1 2 1 2");
        check!([b[0], &b[1]], [2], UInt32, "1 2");
        check!([1usize, -2isize], [2], Int64, "1 -2");
        check!([b.len(), 5], [2], Int64, "2 5");
        let z = Complex::new(1.0, 2.0);
        check!([z, 1], [2], Complex128, "1+2j 1+0j");
        check!([z * 2.0, x], [2], Complex128, "2+4j 1.5+0j");
        check!([-128i8, 127i8, 0x7fi8, 1], [4], Int8, "-128 127 127 1");
        check!([255u8, 65535u16], [2], UInt16, "255 65535");
        check!([f16::ONE, 2], [2], Float16, "1 2");
        check!([bf16::ONE, 0.5], [2], BFloat16, "1 0.5");
        check!([u128::MAX], [1], Float64, (u128::MAX as f64).to_string());
    }

    #[test]
    fn the_mode_decides_defaults_alone() {
        tnp_dtype::with_prefer_float32(true, || {
            check!([1.5, 2], [2], Float32, "1.5 2");
            check!([1.5f64, 2], [2], Float64, "1.5 2");
        });
        with_mode(Mode::Safe, || check!([1, 2], [2], Int32, "1 2"));
        with_mode(Mode::Strict, || check!([1i8, 2u8], [2], Int16, "1 2"));
    }

    #[test]
    fn long_rows_expand_without_recursion() {
        check!(
            [
                0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7,
                8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5,
                6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3,
                4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1,
                2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
                -0, -1
            ],
            [142],
            Int64,
            (0..140)
                .map(|i| (i % 10).to_string())
                .collect::<Vec<_>>()
                .join(" ")
                + " 0 -1"
        );
    }
}
