//! The context: which transformations are in force on this thread, innermost first.
//!
//! A tape, a trace, a map and a forward derivative are each a [`Frame`]. `bind` hands a primitive to the innermost one, with that
//! frame's parent current, so that what the frame binds goes to the next one out. Nesting needs no code of its own.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};

use smallvec::SmallVec;
use tnp_backend::prim::Prim;
use tnp_backend::{Device, Error, Result, TensorType};
use tnp_dtype::Settings;

use crate::bind::Results;
use crate::device::{DeviceScope, scoped_device};
use crate::{Array, Operand};

/// Names one use of a transformation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct ScopeId(u64);

impl ScopeId {
    /// A name that no other scope has.
    pub fn fresh() -> ScopeId {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        ScopeId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// A transformation in force: it decides what a primitive means.
pub trait Frame: Send + Sync {
    /// The scope that arrays boxed by this frame carry.
    fn scope(&self) -> ScopeId;

    /// What this is called in messages: "GradientTape", "function", "vectorized_map".
    fn name(&self) -> &'static str;

    /// Does a primitive. Called with the frame's parent current: what is bound in here goes there.
    ///
    /// # Errors
    /// Those of inference and of what the frame binds; a frame that has no rule for the primitive says so.
    fn process(&self, prim: &Prim, inputs: &mut [Operand<'_>]) -> Result<Results>;

    /// What to do instead of reading a value inside the transformation, after "the value of an array is read: ".
    fn without_value(&self) -> &'static str {
        "inside a traced function there is none yet; return the array, or use `cond`, `while_loop` or `scan` instead of branching \
         on it"
    }

    /// Whether constants beside arrays with values are steps of a program, as in a trace. A tape says no: they are made at once.
    fn takes_constants(&self) -> bool {
        true
    }

    /// A key (`uint32[2]`) for a random draw inside the transformation; `None` leaves it to the next one out. Called with the
    /// frame's parent current.
    fn random_key(&self) -> Option<Result<Array>> {
        None
    }
}

/// A value that is not there yet: an array inside a trace or a map.
#[derive(Clone)]
pub struct Boxed {
    /// The transformation it belongs to.
    pub scope: ScopeId,
    /// Its shape and dtype as the user's function sees them.
    pub ty: TensorType,
    /// What the frame keeps for it.
    pub payload: Arc<dyn Any + Send + Sync>,
}

struct Node {
    frame: Arc<dyn Frame>,
    parent: Option<Arc<Node>>,
    /// Left already, though a frame further in is still in force.
    left: AtomicBool,
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Node>>> = const { RefCell::new(None) };
    static ACTIVE: Cell<bool> = const { Cell::new(false) };
    // How many frames are doing a primitive: what their rules bind below themselves is theirs to answer for.
    static PROCESSING: Cell<usize> = const { Cell::new(0) };
}

/// All that decides what an operation means on a thread: frames, promotion mode and device scope. Cheap to clone.
///
/// # Examples
/// ```
/// use tnp_array::Context;
/// let here = Context::capture();
/// std::thread::spawn(move || {
///     let _entered = here.enter();
///     // operations in here are those of the thread that captured
/// })
/// .join()
/// .unwrap();
/// ```
#[derive(Clone)]
pub struct Context {
    frames: Option<Arc<Node>>,
    settings: Settings,
    device: Option<Device>,
}

/// Puts the previous context back when dropped.
#[must_use = "the context is left when this is dropped"]
pub struct Entered {
    frames: FramesGuard,
    _settings: tnp_dtype::Scope,
    _device: DeviceScope,
}

impl Context {
    /// The context of this thread.
    pub fn capture() -> Context {
        Context {
            frames: current(),
            settings: Settings::capture(),
            device: scoped_device(),
        }
    }

    /// Makes this the context of the current thread until the guard is dropped.
    pub fn enter(&self) -> Entered {
        Entered {
            frames: FramesGuard::replace(self.frames.clone()),
            _settings: self.settings.enter(),
            _device: DeviceScope::enter(self.device),
        }
    }

    /// How many frames are in force.
    pub fn depth(&self) -> usize {
        chain(self.frames.as_ref()).count()
    }
}

impl Entered {
    /// Leaves now.
    pub fn leave(self) {
        drop(self.frames);
    }
}

struct FramesGuard {
    previous: Option<Arc<Node>>,
}

impl FramesGuard {
    fn replace(frames: Option<Arc<Node>>) -> FramesGuard {
        ACTIVE.set(frames.is_some());
        FramesGuard {
            previous: CURRENT.replace(frames),
        }
    }
}

impl Drop for FramesGuard {
    fn drop(&mut self) {
        make_current(self.previous.take());
    }
}

/// Puts frames in force, but for those that were left meanwhile.
fn make_current(mut frames: Option<Arc<Node>>) {
    while let Some(node) = &frames
        && node.left.load(Ordering::Acquire)
    {
        frames = node.parent.clone();
    }
    ACTIVE.set(frames.is_some());
    CURRENT.replace(frames);
}

struct Processing;

impl Processing {
    fn enter() -> Processing {
        PROCESSING.set(PROCESSING.get() + 1);
        Processing
    }
}

impl Drop for Processing {
    fn drop(&mut self) {
        PROCESSING.set(PROCESSING.get() - 1);
    }
}

fn current() -> Option<Arc<Node>> {
    CURRENT.with_borrow(Option::clone)
}

fn chain(innermost: Option<&Arc<Node>>) -> impl Iterator<Item = &Arc<Node>> {
    std::iter::successors(innermost, |node| node.parent.as_ref())
}

/// Runs `body` with one more frame in force; it is gone afterwards, panic or not.
pub fn with_frame<R>(frame: Arc<dyn Frame>, body: impl FnOnce() -> R) -> R {
    let _guard = FramesGuard::replace(Some(Arc::new(Node {
        frame,
        parent: current(),
        left: AtomicBool::new(false),
    })));
    body()
}

/// Puts one more frame in force until what is returned is dropped or told to leave, on this thread.
pub fn push_frame(frame: Arc<dyn Frame>) -> Pushed {
    let node = Arc::new(Node {
        frame,
        parent: current(),
        left: AtomicBool::new(false),
    });
    make_current(Some(node.clone()));
    Pushed {
        node,
        _here: PhantomData,
    }
}

/// A frame in force on this thread, of [`push_frame`].
#[must_use = "the frame is left when this is dropped"]
pub struct Pushed {
    node: Arc<Node>,
    _here: PhantomData<*const ()>,
}

impl Pushed {
    /// Takes the frame out of force. False when it was not the innermost: frames that were entered later are still in force, or
    /// it had been left.
    pub fn leave(&self) -> bool {
        if self.node.left.swap(true, Ordering::AcqRel) {
            return false;
        }
        let innermost = current().is_some_and(|node| Arc::ptr_eq(&node, &self.node));
        if innermost {
            make_current(self.node.parent.clone());
        }
        innermost
    }
}

impl Drop for Pushed {
    fn drop(&mut self) {
        self.leave();
    }
}

/// True when a frame is in force on this thread.
#[inline]
pub fn is_active() -> bool {
    ACTIVE.get()
}

/// True when a frame in force on this thread takes constants as steps.
#[inline]
pub(crate) fn takes_constants() -> bool {
    let takes = || {
        let innermost = current();
        chain(innermost.as_ref()).any(|node| node.frame.takes_constants())
    };
    is_active() && takes()
}

/// True when the scope's frame is in force on this thread.
pub fn is_current(scope: ScopeId) -> bool {
    let innermost = current();
    chain(innermost.as_ref()).any(|node| node.frame.scope() == scope)
}

/// Hands a primitive to the innermost frame. Only called when there is one.
pub(crate) fn process(prim: &Prim, inputs: &mut [Operand<'_>]) -> Result<Results> {
    let Some(node) = current() else {
        return Err(Error::scope(format!(
            "{}: no transformation is in force",
            prim.name()
        )));
    };
    for input in inputs.iter() {
        if let Some(boxed) = input.as_array().and_then(Array::boxed)
            && !chain(Some(&node)).any(|other| other.frame.scope() == boxed.scope)
        {
            return Err(escaped(prim.name()));
        }
    }
    let _below = FramesGuard::replace(node.parent.clone());
    let _processing = Processing::enter();
    node.frame.process(prim, inputs)
}

/// A key for a random draw, from the innermost frame that gives keys.
pub(crate) fn random_key() -> Option<Result<Array>> {
    let innermost = current();
    chain(innermost.as_ref()).find_map(|node| {
        let _below = FramesGuard::replace(node.parent.clone());
        let _processing = Processing::enter();
        node.frame.random_key()
    })
}

/// The error for reading a value where a transformation has none.
#[cold]
pub(crate) fn without_value(scope: ScopeId) -> Error {
    let innermost = current();
    match chain(innermost.as_ref()).find(|node| node.frame.scope() == scope) {
        Some(node) => Error::scope(format!(
            "{}: the value of an array is read: {}",
            node.frame.name(),
            node.frame.without_value()
        )),
        None => escaped("the value of an array is read"),
    }
}

/// The error for a box met outside its transformation.
#[cold]
pub(crate) fn escaped(op: &str) -> Error {
    Error::scope(format!(
        "{op}: an array of a finished or foreign transformation is used; return it from the function that was \
         traced or mapped, or carry the transformation here with `Context::capture()` and `enter()`"
    ))
}

// Arrays that a live tape watches. Empty, and so one relaxed load an operation, unless a tape is recording.
static WATCHED: RwLock<Option<HashMap<u64, SmallVec<[ScopeId; 1]>>>> = RwLock::new(None);
static WATCHES: AtomicUsize = AtomicUsize::new(0);

static THREAD_LOCAL_TAPES: AtomicBool = AtomicBool::new(false);

/// Lets tapes record what their own thread does and nothing else, for the process: a watched array may be used on other threads, where
/// it is a value like any other. Python's way; without it such a use is an error, since a gradient would be lost in silence.
pub fn set_thread_local_tapes(on: bool) {
    THREAD_LOCAL_TAPES.store(on, Ordering::Release);
}

/// Marks an array as watched by a scope: met outside that scope's context, it is an error instead of a silent detachment.
pub fn watch(x: &Array, scope: ScopeId) {
    watch_id(x.id(), scope);
}

/// [`watch`] by the array's id.
pub fn watch_id(id: u64, scope: ScopeId) {
    if THREAD_LOCAL_TAPES.load(Ordering::Acquire) {
        return;
    }
    let mut watched = WATCHED
        .write()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let scopes = watched.get_or_insert_default().entry(id).or_default();
    if scopes.is_empty() {
        WATCHES.fetch_add(1, Ordering::Release);
    }
    if !scopes.contains(&scope) {
        scopes.push(scope);
    }
}

/// Forgets what a scope watches.
pub fn unwatch(scope: ScopeId) {
    let mut watched = WATCHED
        .write()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(map) = watched.as_mut() {
        map.retain(|_, scopes| {
            scopes.retain(|other| *other != scope);
            !scopes.is_empty()
        });
        WATCHES.store(map.len(), Ordering::Release);
    }
}

/// True when a tape is recording somewhere in the process.
#[inline]
pub(crate) fn has_watches() -> bool {
    WATCHES.load(Ordering::Acquire) != 0
}

/// Errs when an input is watched by a scope that is not in force on this thread.
#[inline]
pub(crate) fn check_watched(op: &str, inputs: &[Operand<'_>]) -> Result<()> {
    if WATCHES.load(Ordering::Acquire) == 0 || PROCESSING.get() > 0 {
        return Ok(());
    }
    check_watched_slowly(op, inputs)
}

#[cold]
fn check_watched_slowly(op: &str, inputs: &[Operand<'_>]) -> Result<()> {
    let watched = WATCHED
        .read()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let Some(map) = watched.as_ref() else {
        return Ok(());
    };
    for input in inputs {
        let scopes = input.as_array().and_then(|array| map.get(&array.id()));
        if scopes.is_some_and(|scopes| scopes.iter().any(|&scope| !is_current(scope))) {
            return Err(Error::scope(format!(
                "{op}: an array that a live tape watches is used outside the tape's context (on another thread, say); \
                 carry the context there with `Context::capture()` and `enter()`, or detach it with `stop_gradient`"
            )));
        }
    }
    Ok(())
}
