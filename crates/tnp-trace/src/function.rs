//! `function`: a user's code traced once per signature and run as a graph.

use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smallvec::SmallVec;
use tnp_array::{
    Array, DType, Device, Error, IntoResult, Result, Settings, Structure, Tree, current_device,
    scoped_device,
};
use tnp_backend::{Explanation, Graph, TensorType, Warning, shape_text, warn};

use crate::nans;
use crate::trace::{Aval, Traced, trace_keyed};

/// How many signatures a function keeps unless [`Function::cache_size`] says otherwise.
const CACHE_SIZE: usize = 64;
/// From how many traces on a function warns.
const MANY_TRACES: usize = 6;

/// A function that is traced on its first call with each signature and run as a compiled graph from then on.
///
/// A signature is the structure of the input, shape, dtype and weakness of each array, the promotion mode, `prefer_float32`,
/// the precision of products and the device. A Rust value that `f` captures is part of the program: a changed one is not seen by signatures that have been traced.
/// What `f` does besides computing arrays (printing, counting) happens when it is traced, not at each call.
pub struct Function<F, T, R> {
    body: F,
    name: &'static str,
    signature: Option<Vec<Spec>>,
    cache_size: usize,
    debug_nans: bool,
    entries: Mutex<Vec<Arc<Entry<R>>>>,
    traces: AtomicUsize,
    input: PhantomData<fn(&T)>,
}

/// What an input has to be: a dtype and a shape, in which `None` stands for any size.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spec {
    /// Sizes of the axes.
    pub shape: Vec<Option<usize>>,
    /// Type of the elements.
    pub dtype: DType,
}

impl Spec {
    /// Of a shape and a dtype.
    pub fn new(shape: impl Into<Vec<Option<usize>>>, dtype: DType) -> Spec {
        Spec {
            shape: shape.into(),
            dtype,
        }
    }

    fn fits(&self, x: &Array) -> bool {
        let sizes = self.shape.iter().zip(x.shape());
        self.dtype == x.dtype()
            && self.shape.len() == x.ndim()
            && sizes
                .into_iter()
                .all(|(wanted, &size)| wanted.is_none_or(|wanted| wanted == size))
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<String> = self
            .shape
            .iter()
            .map(|size| size.map_or_else(|| "?".to_owned(), |size| size.to_string()))
            .collect();
        write!(f, "{}[{}]", self.dtype, sizes.join(","))
    }
}

/// What a trace was made for.
#[derive(Clone, PartialEq, Eq)]
struct Key {
    structure: Structure,
    settings: Settings,
    device: Option<Device>,
    avals: SmallVec<[Aval; 4]>,
}

struct Entry<R> {
    key: Key,
    traced: Traced,
    /// What the function returned, with stand-ins: the structure of its results.
    template: R,
}

/// Makes a traced function of `f`, which takes a structure of arrays and returns one.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{Array, array};
/// use tnp_trace::function;
/// let sigmoid = function(|x: &Array| Ok(1.0 / (1.0 + (-x).exp()?)));
/// let x = array([0.0, 1.0], ())?;
/// assert_eq!(sigmoid.call(&x)?.to_vec::<f64>()?[0], 0.5);
/// sigmoid.call(&x)?;
/// assert_eq!(sigmoid.trace_count(), 1);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// A function that returns something else than arrays does not compile:
/// ```compile_fail,E0271
/// # extern crate tnp_cpu;
/// use tnp_array::Array;
/// use tnp_trace::function;
/// let length = function(|x: &Array| x.size());
/// ```
pub fn function<F, T, R>(f: F) -> Function<F, T, R::Tree>
where
    F: Fn(&T) -> R,
    T: Tree,
    R: IntoResult,
{
    Function {
        body: f,
        name: "function",
        signature: None,
        cache_size: CACHE_SIZE,
        debug_nans: false,
        entries: Mutex::default(),
        traces: AtomicUsize::new(0),
        input: PhantomData,
    }
}

impl<F, T, Out> Function<F, T, Out> {
    /// What messages and warnings call the function.
    pub fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// What each input array has to be; another is an error. A size that a [`Spec`] leaves open may be any; each that comes is traced
    /// once, for shapes are known within a trace.
    pub fn input_signature(mut self, specs: impl Into<Vec<Spec>>) -> Self {
        self.signature = Some(specs.into());
        self
    }

    /// How many signatures are kept; the one used longest ago makes way. At least one.
    pub fn cache_size(mut self, size: usize) -> Self {
        self.cache_size = size.max(1);
        self
    }

    /// Runs the graph step by step and errs at the first step that gives NaN, naming it.
    pub fn debug_nans(mut self, check: bool) -> Self {
        self.debug_nans = check;
        self
    }

    /// How often the function has been traced.
    pub fn trace_count(&self) -> usize {
        self.traces.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Entry<Out>>>> {
        // Entries are put in whole; a panic leaves none half-made.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F, T, R> Function<F, T, R::Tree>
where
    F: Fn(&T) -> R,
    T: Tree,
    R: IntoResult,
{
    /// Calls the function.
    ///
    /// # Errors
    /// Those of the function while it is traced, among them reading a value or branching on one; those of running the graph; an
    /// input that is not of the signature asked for.
    pub fn call(&self, input: &T) -> Result<R::Tree> {
        let leaves = input.leaves();
        let entry = self.entry(input, &leaves)?;
        let outputs = if self.debug_nans {
            nans::call(self.name, &entry.traced, &leaves)?
        } else {
            entry.traced.call(&leaves)?
        };
        entry.template.with_leaves(outputs)
    }

    /// [`Function::call`] with an input that is given up: arrays whose memory nobody else holds may be overwritten, so that a
    /// step which replaces what it is given (parameters by better ones, say) needs no memory for the results.
    ///
    /// # Errors
    /// As [`Function::call`].
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_array::{Array, array};
    /// use tnp_trace::function;
    /// let step = function(|x: &Array| Ok(x * 0.5 + 1.0));
    /// let mut x = array([4.0, 8.0], ())?;
    /// for _ in 0..3 {
    ///     x = step.call_owned(x)?;
    /// }
    /// assert_eq!(x.to_vec::<f64>()?, [2.25, 2.75]);
    /// # Ok::<(), tnp_array::Error>(())
    /// ```
    pub fn call_owned(&self, input: T) -> Result<R::Tree> {
        let entry = self.entry(&input, &input.leaves())?;
        let leaves: Vec<Array> = input.leaves().into_iter().cloned().collect();
        drop(input);
        let outputs = if self.debug_nans {
            nans::call(self.name, &entry.traced, &leaves.iter().collect::<Vec<_>>())?
        } else {
            entry.traced.call_owned(leaves)?
        };
        entry.template.with_leaves(outputs)
    }

    /// The graph that a call with this input runs, for reading: it prints, with a line a step.
    ///
    /// # Errors
    /// As [`Function::call`], but for running.
    pub fn graph(&self, input: &T) -> Result<Arc<Graph>> {
        Ok(self.entry(input, &input.leaves())?.traced.graph.clone())
    }

    /// What the device does for a call with this input: regions, with their launches, bytes and copies.
    ///
    /// # Errors
    /// As [`Function::call`]; when the device's backend cannot compile the graph.
    pub fn explain(&self, input: &T) -> Result<Explanation> {
        let graph = self.graph(input)?;
        Ok(tnp_backend::compiled(current_device()?, &graph)?.explain())
    }

    fn entry(&self, input: &T, leaves: &[&Array]) -> Result<Arc<Entry<R::Tree>>> {
        let structure = Structure::of(input);
        let settings = Settings::capture();
        let device = scoped_device();
        let matches = |entry: &Arc<Entry<R::Tree>>| {
            let key = &entry.key;
            key.avals.len() == leaves.len()
                && key.avals.iter().zip(leaves).all(|(aval, x)| aval.is_of(x))
                && key.settings == settings
                && key.device == device
                && key.structure == structure
        };
        {
            let mut entries = self.lock();
            if let Some(at) = entries.iter().position(matches) {
                // The latest stands first.
                entries[..=at].rotate_right(1);
                return Ok(entries[0].clone());
            }
        }
        self.check_signature(leaves)?;
        let key = Key {
            structure,
            settings,
            device,
            avals: leaves.iter().map(|x| Aval::of(x)).collect(),
        };
        self.warn_of_retrace(&key);
        let mut template = None;
        let traced = trace_keyed(self.name, &key.avals, |boxes| {
            let result = (self.body)(&input.with_leaves(boxes.to_vec())?).into_result()?;
            let outputs = result.leaves().into_iter().cloned().collect();
            template = Some(result);
            Ok(outputs)
        })?;
        self.traces.fetch_add(1, Ordering::Relaxed);
        let template = template.ok_or_else(|| Error::scope("a traced function did not return"))?;
        // What belongs to a transformation further out is another array at the next call.
        let lasting = traced.captured.iter().all(|x| x.boxed().is_none());
        let entry = Arc::new(Entry {
            key,
            traced,
            template,
        });
        if lasting {
            let mut entries = self.lock();
            entries.insert(0, entry.clone());
            entries.truncate(self.cache_size);
        }
        Ok(entry)
    }

    fn check_signature(&self, leaves: &[&Array]) -> Result<()> {
        let Some(specs) = &self.signature else {
            return Ok(());
        };
        if specs.len() != leaves.len() {
            return Err(Error::value(format!(
                "{}: the input signature has {} arrays, {} were given",
                self.name,
                specs.len(),
                leaves.len()
            )));
        }
        for (at, (spec, x)) in specs.iter().zip(leaves).enumerate() {
            if !spec.fits(x) {
                return Err(Error::value(format!(
                    "{}: input {at} is {}, the input signature says {spec}; convert it, or leave the size open with `None`",
                    self.name,
                    x.ty()
                )));
            }
        }
        Ok(())
    }

    /// Says why there is yet another trace, once there are many.
    fn warn_of_retrace(&self, key: &Key) {
        let count = self.trace_count() + 1;
        if count < MANY_TRACES {
            return;
        }
        let entries = self.lock();
        let Some(last) = entries.first() else { return };
        let why = difference(&last.key, key);
        // Sizes of a leading axis that vary cost one executable each, which is what was asked for.
        if let Some(why) = why {
            warn(
                Warning::Retrace,
                &format!("{}: traced for the {count}th time: {why}", self.name),
            );
        }
    }
}

/// What differs between two signatures; `None` when it is sizes of leading axes alone.
fn difference(old: &Key, new: &Key) -> Option<String> {
    if old.structure != new.structure || old.avals.len() != new.avals.len() {
        return Some(
            "the structure of the input, or a field that is no array, differs from the last call's"
                .to_owned(),
        );
    }
    if old.settings != new.settings {
        return Some(format!(
            "the promotion settings changed from {:?} to {:?}",
            old.settings, new.settings
        ));
    }
    if old.device != new.device {
        return Some("the device in scope changed".to_owned());
    }
    let pairs = old.avals.iter().zip(&new.avals).enumerate();
    for (at, (old, new)) in pairs {
        if old.ty.dtype != new.ty.dtype || old.weak != new.weak {
            return Some(format!(
                "input {at} was {}, it is {} now; convert it with `astype` first",
                described(old),
                described(new)
            ));
        }
        let rest = |ty: &TensorType| ty.shape.get(1..).map(<[usize]>::to_vec);
        if old.ty.ndim() != new.ty.ndim() || rest(&old.ty) != rest(&new.ty) {
            return Some(format!(
                "input {at} had shape {}, it has {} now; pad it to one shape, or pass numbers that vary as arrays",
                shape_text(&old.ty.shape),
                shape_text(&new.ty.shape)
            ));
        }
    }
    None
}

fn described(aval: &Aval) -> String {
    format!("{}{}", aval.ty, if aval.weak { " (weak)" } else { "" })
}

impl<F, T, R> fmt::Debug for Function<F, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function")
            .field("name", &self.name)
            .field("traces", &self.trace_count())
            .finish_non_exhaustive()
    }
}
