//! Elementwise functions of two arrays of one shape and dtype.

use tnp_dtype::DType;

/// What an elementwise function of two arguments takes and gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BinaryClass {
    /// Any dtype, same dtype out; bool means logic (add is or, multiply is and).
    Any,
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
    /// Integers, same dtype out.
    Integer,
    /// Any dtype in, bool out.
    Comparison,
    /// float32 gives complex64, float64 complex128.
    Pair,
}

macro_rules! binary {
    ($($(#[doc = $doc:literal])* $v:ident = $name:literal, $class:ident;)*) => {
        /// An elementwise function of two arguments. Inputs already have one shape and the one dtype that promotion chose.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub enum Binary { $($(#[doc = $doc])* $v,)* }

        impl Binary {
            /// Every function, in the order of the enum.
            pub const ALL: &'static [Binary] = &[$(Binary::$v),*];

            /// NumPy's name.
            pub const fn name(self) -> &'static str {
                match self { $(Binary::$v => $name,)* }
            }

            /// What it takes and gives.
            pub const fn class(self) -> BinaryClass {
                match self { $(Binary::$v => BinaryClass::$class,)* }
            }
        }
    };
}

binary! {
    /// `x + y`; logical or for bool.
    Add = "add", Any;
    /// `x - y`.
    Subtract = "subtract", Number;
    /// `x * y`; logical and for bool.
    Multiply = "multiply", Any;
    /// `x / y`.
    Divide = "divide", Inexact;
    /// Quotient rounded down; integer division by zero gives 0 and a warning.
    FloorDivide = "floor_divide", Real;
    /// Python's remainder, with the sign of the divisor; integer division by zero gives 0 and a warning.
    Remainder = "remainder", Real;
    /// C's remainder, with the sign of the dividend.
    Fmod = "fmod", Real;
    /// `x ** y`; a negative exponent of integers is an error above the waist.
    Power = "power", Number;
    /// The larger; NaN if either is NaN; lexicographic for complex.
    Maximum = "maximum", Any;
    /// The smaller; NaN if either is NaN; lexicographic for complex.
    Minimum = "minimum", Any;
    /// The larger, ignoring NaN.
    Fmax = "fmax", Any;
    /// The smaller, ignoring NaN.
    Fmin = "fmin", Any;
    /// Angle of the point `(y, x)`.
    Arctan2 = "arctan2", Float;
    /// `sqrt(x*x + y*y)` without overflow.
    Hypot = "hypot", Float;
    /// `log(e^x + e^y)` without overflow.
    Logaddexp = "logaddexp", Float;
    /// `log2(2^x + 2^y)` without overflow.
    Logaddexp2 = "logaddexp2", Float;
    /// Magnitude of the first, sign of the second.
    Copysign = "copysign", Float;
    /// Next representable value from the first towards the second.
    Nextafter = "nextafter", Float;
    /// Greatest common divisor, not negative.
    Gcd = "gcd", Integer;
    /// Least common multiple, not negative.
    Lcm = "lcm", Integer;
    /// Bitwise and; logical for bool.
    BitwiseAnd = "bitwise_and", Bits;
    /// Bitwise or; logical for bool.
    BitwiseOr = "bitwise_or", Bits;
    /// Bitwise exclusive or; logical for bool.
    BitwiseXor = "bitwise_xor", Bits;
    /// `x << y`; zero once all bits are out.
    LeftShift = "left_shift", Integer;
    /// `x >> y`; arithmetic for signed.
    RightShift = "right_shift", Integer;
    /// `x == y`.
    Equal = "equal", Comparison;
    /// `x != y`.
    NotEqual = "not_equal", Comparison;
    /// `x < y`; lexicographic for complex.
    Less = "less", Comparison;
    /// `x <= y`; lexicographic for complex.
    LessEqual = "less_equal", Comparison;
    /// `x > y`; lexicographic for complex.
    Greater = "greater", Comparison;
    /// `x >= y`; lexicographic for complex.
    GreaterEqual = "greater_equal", Comparison;
    /// `x + iy`.
    Complex = "complex", Pair;
}

impl BinaryClass {
    /// The dtype that comes out, or `None` where the inputs' dtype is not taken.
    pub const fn output(self, input: DType) -> Option<DType> {
        let taken = match self {
            BinaryClass::Any | BinaryClass::Comparison => true,
            BinaryClass::Number => !input.is_bool(),
            BinaryClass::Real => !input.is_bool() && !input.is_complex(),
            BinaryClass::Inexact => input.is_inexact(),
            BinaryClass::Float => input.is_float(),
            BinaryClass::Bits => input.is_bool() || input.is_integer(),
            BinaryClass::Integer => input.is_integer(),
            BinaryClass::Pair => matches!(input, DType::Float32 | DType::Float64),
        };
        match (taken, self) {
            (false, _) => None,
            (true, BinaryClass::Comparison) => Some(DType::Bool),
            (true, BinaryClass::Pair) => Some(input.complex()),
            (true, _) => Some(input),
        }
    }
}

impl Binary {
    /// The dtype that comes out, or `None` where the inputs' dtype is not taken.
    pub const fn output(self, input: DType) -> Option<DType> {
        self.class().output(input)
    }
}
