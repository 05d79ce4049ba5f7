//! `Flow`: a derivative on its way backward or forward; and `Local`, what one elementwise operation does to it.

use tnp_array::{Array, Result};
use tnp_backend::TensorType;
use tnp_backend::prim::{Binary, Unary};

use crate::ops::{add, and, bi, cast, div, mul, neg, number, or, select, un, zeros};

/// A cotangent or a tangent.
///
/// Two bits say where `0 * infinity` is meant to be 0. They are known without looking at values, so code without
/// branches pays nothing for those that have them.
#[derive(Clone)]
pub(crate) struct Flow {
    /// The derivative.
    pub(crate) array: Array,
    /// Zeros in it may mean "not taken" (the other branch of a `where`, the smaller of a `maximum`, what a slice left out):
    /// whatever they are multiplied with, they stay zeros.
    pub(crate) masked: bool,
    /// It may be infinite where a square root has its minimum; times a zero below, that is 0, a subgradient (norms at the origin).
    pub(crate) steep: bool,
}

impl Flow {
    /// A derivative without zeros to be careful of.
    pub(crate) fn plain(array: Array) -> Flow {
        Flow {
            array,
            masked: false,
            steep: false,
        }
    }

    /// A derivative whose zeros mean "not taken".
    pub(crate) fn masked(array: Array) -> Flow {
        Flow {
            array,
            masked: true,
            steep: false,
        }
    }

    /// Another array, as careful as this one.
    pub(crate) fn with(&self, array: Array) -> Flow {
        Flow { array, ..*self }
    }

    /// The same with zeros that mean "not taken".
    pub(crate) fn and_masked(mut self) -> Flow {
        self.masked = true;
        self
    }

    /// A linear function of it.
    pub(crate) fn map(&self, f: impl FnOnce(&Array) -> Result<Array>) -> Result<Flow> {
        Ok(self.with(f(&self.array)?))
    }

    /// The sum of two. A zero of it is only "not taken" when both are.
    pub(crate) fn plus(self, other: Flow) -> Result<Flow> {
        Ok(Flow {
            array: add(self.array, other.array)?,
            masked: self.masked && other.masked,
            steep: self.steep || other.steep,
        })
    }

    /// Adds to what may be there.
    pub(crate) fn accumulate(slot: &mut Option<Flow>, flow: Flow) -> Result<()> {
        *slot = Some(match slot.take() {
            Some(there) => there.plus(flow)?,
            None => flow,
        });
        Ok(())
    }

    /// `self * factor`, where zeros that mean "not taken" win over infinities and NaN.
    pub(crate) fn times(&self, factor: &Array) -> Result<Flow> {
        let product = mul(&self.array, factor)?;
        self.guarded(product, Some(factor))
    }

    /// `self / divisor`, likewise.
    pub(crate) fn over(&self, divisor: &Array) -> Result<Flow> {
        let quotient = div(&self.array, divisor)?;
        self.guarded(quotient, None)
    }

    /// Only NaN is replaced, and only beside a zero: the product's own derivative stays right at zeros that just happen.
    fn guarded(&self, product: Array, factor: Option<&Array>) -> Result<Flow> {
        let zero = |x: &Array| un(Unary::LogicalNot, x);
        let idle = match (self.masked, factor.filter(|_| self.steep)) {
            (false, None) => return Ok(self.with(product)),
            (true, None) => zero(&self.array)?,
            (false, Some(factor)) => zero(factor)?,
            (true, Some(factor)) => or(zero(&self.array)?, zero(factor)?)?,
        };
        let undefined = and(un(Unary::IsNan, &product)?, idle)?;
        let nothing = number(&product, 0.0)?;
        Ok(self.with(select(undefined, nothing, product)?))
    }
}

/// The derivative of an elementwise operation by one argument, as a linear map of each element.
///
/// Complex numbers are pairs of reals here, and a cotangent `c` of `z` stands for the linear form `dz -> Re(c dz)`: what goes forward
/// by multiplication with `a` goes backward by multiplication with `a`, not with its conjugate.
pub(crate) enum Local {
    /// `dy = dx`.
    Identity,
    /// `dy = -dx`.
    Negate,
    /// `dy = a dx`.
    Times(Array),
    /// `dy = dx / a`.
    Over(Array),
    /// `dy = dx / a`, infinite where the function has its minimum.
    Steep(Array),
    /// `dy = dx` where the first holds, half of it where the second does, else 0.
    Share(Array, Array),
    /// `dy = conj(dx)`.
    Conjugate,
    /// `dy = Re(a dx)`, of complex `x` and real `y`.
    RealOfTimes(Array),
    /// `dy = a dx + b conj(dx)`.
    Mixed(Array, Array),
    /// `dy = Re(dx)`.
    Real,
    /// `dy = Im(dx)`.
    Imag,
    /// `dy = dx + 0i`.
    AsReal,
    /// `dy = 0 + i dx`.
    AsImag,
}

impl Local {
    /// The input's cotangent for the output's.
    pub(crate) fn backward(&self, flow: &Flow, input: &TensorType) -> Result<Flow> {
        match self {
            Local::RealOfTimes(a) => {
                let spread = cast(&flow.array, input.dtype)?;
                flow.with(spread).times(a)
            }
            // Re(c (a v + b conj v)) = Re((c a + conj(c b)) v)
            Local::Mixed(a, b) => {
                let direct = flow.times(a)?;
                let turned = flow.times(b)?.map(|x| un(Unary::Conjugate, x))?;
                direct.plus(turned)
            }
            Local::Real => flow.map(|c| cast(c, input.dtype)),
            Local::Imag => flow.map(|c| {
                let zero = number(c, 0.0)?;
                bi(Binary::Complex, zero, neg(c)?)
            }),
            Local::AsReal => flow.map(|c| un(Unary::Real, c)),
            Local::AsImag => flow.map(|c| neg(un(Unary::Imag, c)?)),
            Local::Identity
            | Local::Negate
            | Local::Times(_)
            | Local::Over(_)
            | Local::Steep(_)
            | Local::Share(..)
            | Local::Conjugate => self.symmetric(flow),
        }
    }

    /// The output's tangent for the input's.
    pub(crate) fn forward(&self, flow: &Flow) -> Result<Flow> {
        match self {
            Local::RealOfTimes(a) => flow.times(a)?.map(|x| un(Unary::Real, x)),
            Local::Mixed(a, b) => {
                let turned = flow.map(|x| un(Unary::Conjugate, x))?;
                flow.times(a)?.plus(turned.times(b)?)
            }
            Local::Real => flow.map(|x| un(Unary::Real, x)),
            Local::Imag => flow.map(|x| un(Unary::Imag, x)),
            Local::AsReal => flow.map(|x| cast(x, x.dtype().complex())),
            Local::AsImag => flow.map(|x| {
                let zero = number(x, 0.0)?;
                bi(Binary::Complex, zero, x)
            }),
            Local::Identity
            | Local::Negate
            | Local::Times(_)
            | Local::Over(_)
            | Local::Steep(_)
            | Local::Share(..)
            | Local::Conjugate => self.symmetric(flow),
        }
    }

    /// What is the same in both directions.
    fn symmetric(&self, flow: &Flow) -> Result<Flow> {
        match self {
            Local::Identity => Ok(flow.clone()),
            Local::Negate => flow.map(|x| neg(x)),
            Local::Times(a) => flow.times(a),
            Local::Over(a) => flow.over(a),
            // 0 / 0 is 0 in both directions: a subgradient.
            Local::Steep(a) => {
                let quotient = flow.clone().and_masked().over(a)?.array;
                Ok(Flow {
                    array: quotient,
                    masked: flow.masked,
                    steep: true,
                })
            }
            Local::Share(all, half) => {
                let x = &flow.array;
                let zero = number(x, 0.0)?;
                let whole = select(all, x, zero)?;
                let halved = mul(x, number(x, 0.5)?)?;
                Ok(flow.with(select(half, halved, whole)?).and_masked())
            }
            Local::Conjugate => flow.map(|x| un(Unary::Conjugate, x)),
            Local::RealOfTimes(_)
            | Local::Mixed(..)
            | Local::Real
            | Local::Imag
            | Local::AsReal
            | Local::AsImag => unreachable!("differs between the directions"),
        }
    }
}

/// An array that stands beside a flow where there is none: zeros of a type.
pub(crate) fn or_zeros(flow: Option<&Flow>, beside: &Array, ty: &TensorType) -> Result<Array> {
    match flow {
        Some(flow) => Ok(flow.array.clone()),
        None => zeros(beside, ty),
    }
}
