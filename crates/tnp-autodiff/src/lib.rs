//! Gradients: the tape, the derivative table, jacobians and the functional forms.
//!
//! Everything a user computes is a composition of primitives, and one table gives each of them its derivative, in reverse and forward. The
//! [`GradientTape`] records primitives by array id and goes back over them; [`jvp`] carries derivatives along. Rules are primitives themselves and run
//! in the context that takes the derivative, so derivatives of derivatives, of traced functions and of maps need no code of their own.
//!
//! # Edges
//! - `where`, slices, `maximum` and the like: what was not taken gets exactly 0, whatever infinity or NaN is down there.
//! - Ties of `maximum`, `minimum`, `max` and `min` share evenly; `cummax` and `cummin` give all to the first.
//! - `x**0` has derivative 0, `x**y` by `y` is 0 at `x = 0`; `abs` has 0 at 0; `hypot` and `sqrt` of a sum of squares (a norm) have 0 at the origin;
//!   `sqrt` alone is infinite there.
//! - Comparisons, `floor`, `argmax`, `argsort` and integers have no derivative: nothing flows through them.
//! - Complex: see [`GradientTape`].

mod backward;
mod custom;
mod flow;
mod forward;
mod functional;
mod ids;
mod jacobian;
mod ops;
mod pair;
mod record;
mod rules;
mod tape;

pub use custom::{JvpRule, VjpRule, checkpoint, custom_gradient, register_gradient, register_jvp};
pub use functional::{
    grad, grad_with_aux, hessian, hvp, jacfwd, jacobian, jacrev, jvp, stop_gradient,
    value_and_grad, vjp,
};
pub use tape::{GradientOptions, GradientTape, Recording, Unconnected};
