//! `GradientTape`: records what is done with watched arrays and goes back over it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tnp_array::{Array, Error, Frame, Pushed, Result, Tree, push_frame, with_frame};
use tnp_backend::shape_text;

use crate::backward::{Steps, walk};
use crate::flow::{Flow, or_zeros};
use crate::ops;
use crate::record::{Active, Pause, Recorder, State};

/// Records operations on watched arrays and gives gradients and jacobians of what came out.
///
/// Inside [`GradientTape::record`] (or [`GradientTape::enter`]) whatever is computed from watched arrays is written down, holding only the values that the
/// derivatives need. [`GradientTape::gradient`] goes back over it, which uses the tape up, freeing memory as it goes, unless
/// it is [`GradientTape::persistent`]. Tapes nest: an outer one records how an inner one's gradients are computed.
///
/// A complex gradient stands for the linear form `dx -> Re(gradient * dx)`, as in JAX: of a real `L` of `x + iy` it is
/// `dL/dx - i dL/dy`. TensorFlow and torch give its conjugate, the direction of steepest ascent.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::array;
/// use tnp_autodiff::GradientTape;
/// let x = array([1.0, 2.0, 3.0], ())?;
/// let tape = GradientTape::new();
/// tape.watch(&x)?;
/// let loss = tape.record(|| x.square()?.sum(()))?;
/// assert_eq!(tape.gradient(&loss, &x)?.to_vec::<f64>()?, [2.0, 4.0, 6.0]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://www.tensorflow.org/api_docs/python/tf/GradientTape>
pub struct GradientTape {
    recorder: Arc<Recorder>,
    persistent: bool,
    used: AtomicBool,
}

/// What a gradient is where nothing leads from the target to a source.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Unconnected {
    /// An error.
    #[default]
    Error,
    /// Zeros; a target that was not recorded is a constant then.
    Zero,
}

/// How [`GradientTape::gradient_with`] goes about it.
#[derive(Clone, Default)]
pub struct GradientOptions {
    output_gradients: Option<Vec<Array>>,
    unconnected: Unconnected,
}

impl GradientOptions {
    /// As [`GradientTape::gradient`] does.
    pub fn new() -> GradientOptions {
        GradientOptions::default()
    }

    /// Weights of the target's elements, in its structure and shapes, where the sum is not what is wanted.
    pub fn output_gradients(mut self, weights: &impl Tree) -> GradientOptions {
        self.output_gradients = Some(weights.leaves().into_iter().cloned().collect());
        self
    }

    /// What the gradient is where nothing leads from the target to a source.
    pub fn unconnected(mut self, unconnected: Unconnected) -> GradientOptions {
        self.unconnected = unconnected;
        self
    }
}

impl Default for GradientTape {
    fn default() -> GradientTape {
        GradientTape::new()
    }
}

impl GradientTape {
    /// A tape for one gradient or jacobian.
    pub fn new() -> GradientTape {
        GradientTape {
            recorder: Recorder::new("GradientTape", true),
            persistent: false,
            used: AtomicBool::new(false),
        }
    }

    /// The tape, for any number of gradients; what it holds is freed with it, or by [`GradientTape::reset`].
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::array;
    /// use tnp_autodiff::GradientTape;
    /// let x = array(3.0, ())?;
    /// let tape = GradientTape::new().persistent();
    /// tape.watch(&x)?;
    /// let (y, z) = tape.record(|| (&x * &x, &x * 5.0));
    /// assert_eq!(tape.gradient(&y, &x)?.item::<f64>()?, 6.0);
    /// assert_eq!(tape.gradient(&z, &x)?.item::<f64>()?, 5.0);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    #[must_use]
    pub fn persistent(mut self) -> GradientTape {
        self.persistent = true;
        self
    }

    /// Makes arrays variables, from here on.
    ///
    /// # Errors
    /// When one is neither floating point nor complex.
    pub fn watch(&self, sources: &impl Tree) -> Result<()> {
        let leaves = sources.leaves();
        differentiable("GradientTape.watch", "a source", &leaves)?;
        leaves
            .into_iter()
            .for_each(|leaf| self.recorder.track(leaf));
        Ok(())
    }

    /// Runs `body`, recording. Gives what it gives; a panic leaves the tape as if `body` had ended there.
    ///
    /// Inside the tape's own recording this just runs `body`.
    pub fn record<R>(&self, body: impl FnOnce() -> R) -> R {
        if self.is_recording() {
            return body();
        }
        let _active = self.recorder.activate();
        with_frame(self.recorder.clone(), body)
    }

    /// Records until the guard is dropped or told to leave; scopes must be left in the reverse order of entering.
    ///
    /// # Errors
    /// When the tape is recording on this thread already.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::array;
    /// use tnp_autodiff::GradientTape;
    /// let x = array(2.0, ())?;
    /// let tape = GradientTape::new();
    /// let recording = tape.enter()?;
    /// tape.watch(&x)?;
    /// let y = x.square()?;
    /// recording.leave()?;
    /// assert_eq!(tape.gradient(&y, &x)?.item::<f64>()?, 4.0);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    ///
    /// The guard belongs to the thread:
    /// ```compile_fail,E0277
    /// fn crosses_threads<T: Send>() {}
    /// crosses_threads::<tnp_autodiff::Recording>();
    /// ```
    pub fn enter(&self) -> Result<Recording> {
        if self.is_recording() {
            return Err(Error::scope(
                "GradientTape.enter: the tape is recording on this thread already",
            ));
        }
        Ok(Recording {
            pushed: push_frame(self.recorder.clone()),
            recorder: self.recorder.clone(),
            _active: self.recorder.activate(),
            left: false,
        })
    }

    /// Runs `body` without recording it on this tape; outer tapes go on.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::array;
    /// use tnp_autodiff::GradientTape;
    /// let x = array(2.0, ())?;
    /// let tape = GradientTape::new();
    /// tape.watch(&x)?;
    /// let y = tape.record(|| {
    ///     let scale = tape.stop_recording(|| &x * 10.0); // a constant to the tape
    ///     &x * scale
    /// });
    /// assert_eq!(tape.gradient(&y, &x)?.item::<f64>()?, 20.0);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    pub fn stop_recording<R>(&self, body: impl FnOnce() -> R) -> R {
        let _pause = Pause::new(self.recorder.scope());
        body()
    }

    /// Forgets everything that was recorded and watched.
    pub fn reset(&self) {
        let forgotten = std::mem::take(&mut *self.recorder.lock());
        drop(forgotten);
        tnp_array::unwatch(self.recorder.scope());
        self.used.store(false, Ordering::Release);
    }

    /// The gradient of the target (a real or complex array of any shape, or a structure of them, whose elements are summed up) by each
    /// source, in the sources' structure and shapes.
    ///
    /// # Errors
    /// When the tape is used up; when the target was not recorded; when nothing leads from the target to a source (see [`GradientTape::gradient_with`]);
    /// when a target or source is neither floating point nor complex; when an operation on the way has no derivative rule.
    pub fn gradient<T: Tree>(&self, target: &impl Tree, sources: &T) -> Result<T> {
        self.gradient_with(target, sources, GradientOptions::new())
    }

    /// [`GradientTape::gradient`] with options.
    ///
    /// # Errors
    /// As [`GradientTape::gradient`]; when output gradients have not the target's shapes.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::array;
    /// use tnp_autodiff::{GradientOptions, GradientTape, Unconnected};
    /// let (x, unused) = (array([1.0, 2.0], ())?, array(1.0, ())?);
    /// let tape = GradientTape::new();
    /// tape.watch(&(x.clone(), unused.clone()))?;
    /// let y = tape.record(|| x.square())?;
    /// let options = GradientOptions::new()
    ///     .output_gradients(&array([1.0, 10.0], ())?)
    ///     .unconnected(Unconnected::Zero);
    /// let (dx, none) = tape.gradient_with(&y, &(x, unused), options)?;
    /// assert_eq!(dx.to_vec::<f64>()?, [2.0, 40.0]);
    /// assert_eq!(none.item::<f64>()?, 0.0);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    pub fn gradient_with<T: Tree>(
        &self,
        target: &impl Tree,
        sources: &T,
        options: GradientOptions,
    ) -> Result<T> {
        let unconnected = options.unconnected;
        let flows = self.flows(target, sources, options)?;
        let leaves = sources.leaves();
        let gradients: Result<Vec<Array>> = flows
            .into_iter()
            .zip(&leaves)
            .enumerate()
            .map(|(i, (flow, source))| match (flow, unconnected) {
                (Some(flow), _) => Ok(flow),
                (None, Unconnected::Zero) => or_zeros(None, source, &source.ty()),
                (None, Unconnected::Error) => Err(self.unconnected(i, leaves.len(), source)),
            })
            .collect();
        sources.with_leaves(gradients?)
    }

    /// [`GradientTape::gradient_with`], with `None` where nothing leads from the target to a source, as TensorFlow gives it; in the order of
    /// the sources' arrays.
    ///
    /// # Errors
    /// As [`GradientTape::gradient_with`].
    pub fn gradient_or_none(
        &self,
        target: &impl Tree,
        sources: &impl Tree,
        options: GradientOptions,
    ) -> Result<Vec<Option<Array>>> {
        self.flows(target, sources, options)
    }

    fn flows(
        &self,
        target: &impl Tree,
        sources: &impl Tree,
        options: GradientOptions,
    ) -> Result<Vec<Option<Array>>> {
        let (targets, sources) = (target.leaves(), sources.leaves());
        let zero = options.unconnected == Unconnected::Zero;
        self.check_known("GradientTape.gradient", &targets, &sources, zero)?;
        let mut seeds = Vec::with_capacity(targets.len());
        match options.output_gradients {
            None => {
                for target in &targets {
                    seeds.push((target.id(), Flow::plain(ops::number(target, 1.0)?)));
                }
            }
            Some(weights) => {
                if weights.len() != targets.len() {
                    return Err(Error::value(format!(
                        "GradientTape.gradient: {} output gradients for {} targets",
                        weights.len(),
                        targets.len()
                    )));
                }
                for (target, weights) in targets.iter().zip(weights) {
                    fits(
                        "GradientTape.gradient",
                        "output gradients",
                        &weights,
                        target,
                    )?;
                    let weights = ops::cast(weights, target.dtype())?;
                    seeds.push((target.id(), Flow::masked(weights)));
                }
            }
        }
        let ids: Vec<u64> = sources.iter().map(|source| source.id()).collect();
        let flows = walk(Steps::Owned(self.steps()?), seeds, &ids)?;
        Ok(flows
            .into_iter()
            .zip(sources)
            .map(|(flow, source)| flow.map(|flow| flow.array.with_weak(source.is_weak())))
            .collect())
    }

    /// Whether the tape is in force on this thread.
    fn is_recording(&self) -> bool {
        tnp_array::is_current(self.recorder.scope())
    }

    /// What was recorded: all of it, once, unless the tape is persistent.
    pub(crate) fn steps(&self) -> Result<Vec<crate::rules::Step>> {
        let mut state = self.recorder.lock();
        if self.persistent {
            return Ok(state.steps.clone());
        }
        self.used.store(true, Ordering::Release);
        let State { steps, .. } = &mut *state;
        let steps = std::mem::take(steps);
        state.closed = true;
        Ok(steps)
    }

    /// Errs when a gradient of these targets by these sources cannot be asked for.
    pub(crate) fn check(&self, op: &str, targets: &[&Array], sources: &[&Array]) -> Result<()> {
        self.check_known(op, targets, sources, false)
    }

    /// Where zeros are asked for, a target that was not recorded is a constant.
    fn check_known(
        &self,
        op: &str,
        targets: &[&Array],
        sources: &[&Array],
        constants: bool,
    ) -> Result<()> {
        differentiable(op, "a source", sources)?;
        differentiable(op, "a target", targets)?;
        if self.recorder.lock().disorder {
            return Err(Error::scope(format!(
                "{op}: a scope of this tape was left before one that was entered later, so what was recorded is not whole; \
                 leave scopes in the reverse order, or use `record`"
            )));
        }
        if !self.persistent && self.used.load(Ordering::Acquire) {
            return Err(Error::scope(format!(
                "{op}: the tape is used up by an earlier gradient or jacobian; make it `GradientTape::new().persistent()`"
            )));
        }
        let state = self.recorder.lock();
        let known = |x: &&&Array| !state.tracked.contains(&x.id()) && !state.idle.contains(&x.id());
        if let Some(target) = targets.iter().find(known).filter(|_| !constants) {
            return Err(Error::scope(format!(
                "{op}: a target of shape {} was not recorded; compute it from watched arrays inside `record`",
                shape_text(target.shape())
            )));
        }
        Ok(())
    }

    #[cold]
    fn unconnected(&self, i: usize, count: usize, source: &Array) -> Error {
        let which = match count {
            1 => "the source".to_owned(),
            _ => format!("source {i}"),
        };
        let why = match self.recorder.lock().tracked.contains(&source.id()) {
            true => "the target does not depend on it",
            false => "it was not watched; call `watch` before using it",
        };
        Error::value(format!(
            "GradientTape.gradient: there is no gradient by {which}, of shape {}: {why}. `Unconnected::Zero` gives zeros, \
             `gradient_or_none` gives `None`",
            shape_text(source.shape())
        ))
    }
}

/// Errs when arrays are neither floating point nor complex.
pub(crate) fn differentiable(op: &str, what: &str, arrays: &[&Array]) -> Result<()> {
    match arrays.iter().find(|x| !x.dtype().is_inexact()) {
        None => Ok(()),
        Some(x) => Err(Error::dtype(format!(
            "{op}: {what} is {}, which has no derivatives; convert it with `astype` to a floating dtype",
            x.dtype()
        ))),
    }
}

/// Errs when one array has not the shape of another.
pub(crate) fn fits(op: &str, what: &str, given: &Array, wanted: &Array) -> Result<()> {
    if given.shape() != wanted.shape() {
        return Err(Error::value(format!(
            "{op}: the {what} have shape {}, they belong to an array of shape {}",
            shape_text(given.shape()),
            shape_text(wanted.shape())
        )));
    }
    Ok(())
}

/// A tape is recording until this is dropped.
#[must_use = "recording ends when this is dropped"]
pub struct Recording {
    pushed: Pushed,
    recorder: Arc<Recorder>,
    _active: Active,
    left: bool,
}

impl Recording {
    /// Ends the recording.
    ///
    /// # Errors
    /// When a scope that was entered later is still in force. The tape then gives no gradients.
    pub fn leave(mut self) -> Result<()> {
        match self.end() {
            true => Ok(()),
            false => Err(Error::scope(
                "GradientTape: a scope is left before one that was entered later; leave scopes in the reverse order, or use `record`",
            )),
        }
    }

    fn end(&mut self) -> bool {
        if self.left {
            return true;
        }
        self.left = true;
        let in_order = self.pushed.leave();
        if !in_order {
            let mut state = self.recorder.lock();
            state.disorder = true;
            state.closed = true;
        }
        in_order
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        // Out of order the tape remembers, and says so when a gradient is asked for.
        self.end();
    }
}
