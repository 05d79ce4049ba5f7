//! Elementwise functions of one array.

use tnp_dtype::DType;

/// What an elementwise function of one argument takes and gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnaryClass {
    /// Any number but bool, same dtype out.
    Number,
    /// Real numbers but bool, same dtype out.
    Real,
    /// Floating point, real or complex, same dtype out.
    Inexact,
    /// Real floating point, same dtype out.
    Float,
    /// Bool and integers, same dtype out.
    Bits,
    /// Any dtype in, bool out.
    Predicate,
    /// Any number but bool; complex in gives its real dtype out.
    Magnitude,
    /// Complex in, its real dtype out.
    Part,
}

macro_rules! unary {
    ($($(#[doc = $doc:literal])* $v:ident = $name:literal, $class:ident;)*) => {
        /// An elementwise function of one argument. Inputs already have the dtype that promotion chose.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub enum Unary { $($(#[doc = $doc])* $v,)* }

        impl Unary {
            /// Every function, in the order of the enum.
            pub const ALL: &'static [Unary] = &[$(Unary::$v),*];

            /// NumPy's name.
            pub const fn name(self) -> &'static str {
                match self { $(Unary::$v => $name,)* }
            }

            /// What it takes and gives.
            pub const fn class(self) -> UnaryClass {
                match self { $(Unary::$v => UnaryClass::$class,)* }
            }
        }
    };
}

unary! {
    /// `-x`; integers wrap.
    Negative = "negative", Number;
    /// `|x|`; complex gives the modulus.
    Abs = "absolute", Magnitude;
    /// −1, 0 or 1; NaN for NaN; `z / |z|` for complex.
    Sign = "sign", Number;
    /// `x * x`.
    Square = "square", Number;
    /// `1 / x`; integers truncate.
    Reciprocal = "reciprocal", Number;
    /// Square root.
    Sqrt = "sqrt", Inexact;
    /// Cube root.
    Cbrt = "cbrt", Float;
    /// `e^x`.
    Exp = "exp", Inexact;
    /// `2^x`.
    Exp2 = "exp2", Inexact;
    /// `e^x - 1`, accurate near zero.
    Expm1 = "expm1", Inexact;
    /// Natural logarithm.
    Log = "log", Inexact;
    /// Logarithm to base 2.
    Log2 = "log2", Inexact;
    /// Logarithm to base 10.
    Log10 = "log10", Inexact;
    /// `log(1 + x)`, accurate near zero.
    Log1p = "log1p", Inexact;
    /// Sine of radians.
    Sin = "sin", Inexact;
    /// Cosine of radians.
    Cos = "cos", Inexact;
    /// Tangent of radians.
    Tan = "tan", Inexact;
    /// Inverse sine.
    Arcsin = "arcsin", Inexact;
    /// Inverse cosine.
    Arccos = "arccos", Inexact;
    /// Inverse tangent.
    Arctan = "arctan", Inexact;
    /// Hyperbolic sine.
    Sinh = "sinh", Inexact;
    /// Hyperbolic cosine.
    Cosh = "cosh", Inexact;
    /// Hyperbolic tangent.
    Tanh = "tanh", Inexact;
    /// Inverse hyperbolic sine.
    Arcsinh = "arcsinh", Inexact;
    /// Inverse hyperbolic cosine.
    Arccosh = "arccosh", Inexact;
    /// Inverse hyperbolic tangent.
    Arctanh = "arctanh", Inexact;
    /// Error function, `2/√π ∫₀ˣ e^(-t²) dt`.
    Erf = "erf", Float;
    /// Largest integer not above.
    Floor = "floor", Float;
    /// Smallest integer not below.
    Ceil = "ceil", Float;
    /// Integer part.
    Trunc = "trunc", Float;
    /// Nearest integer, halves to even; each part of a complex number.
    Rint = "rint", Inexact;
    /// Bitwise complement; logical for bool.
    Invert = "invert", Bits;
    /// True where zero.
    LogicalNot = "logical_not", Predicate;
    /// True where neither infinite nor NaN.
    IsFinite = "isfinite", Predicate;
    /// True where infinite.
    IsInf = "isinf", Predicate;
    /// True where NaN.
    IsNan = "isnan", Predicate;
    /// True where the sign bit is set; real numbers only.
    SignBit = "signbit", Predicate;
    /// Complex conjugate.
    Conjugate = "conjugate", Number;
    /// Real part of a complex number.
    Real = "real", Part;
    /// Imaginary part of a complex number.
    Imag = "imag", Part;
}

impl UnaryClass {
    /// The dtype that comes out, or `None` where the input's dtype is not taken.
    pub const fn output(self, input: DType) -> Option<DType> {
        let taken = match self {
            UnaryClass::Number | UnaryClass::Magnitude => !input.is_bool(),
            UnaryClass::Real => !input.is_bool() && !input.is_complex(),
            UnaryClass::Inexact => input.is_inexact(),
            UnaryClass::Float => input.is_float(),
            UnaryClass::Bits => input.is_bool() || input.is_integer(),
            UnaryClass::Predicate => true,
            UnaryClass::Part => input.is_complex(),
        };
        match (taken, self) {
            (false, _) => None,
            (true, UnaryClass::Predicate) => Some(DType::Bool),
            (true, UnaryClass::Magnitude | UnaryClass::Part) => Some(input.real()),
            (true, _) => Some(input),
        }
    }
}

impl Unary {
    /// The dtype that comes out, or `None` where the input's dtype is not taken.
    pub const fn output(self, input: DType) -> Option<DType> {
        if matches!(self, Unary::SignBit) && input.is_complex() {
            return None;
        }
        self.class().output(input)
    }
}
