//! Devices as users see them: listing, the default, scopes, and copies.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::RwLock;

use smallvec::SmallVec;
use tnp_backend::prim::Prim;
use tnp_backend::{Device, DeviceInfo, Error, Result};

use crate::bind::bind1;
use crate::{Array, Operand};

thread_local! {
    static SCOPED: Cell<Option<Device>> = const { Cell::new(None) };
}
static DEFAULT: RwLock<Option<Device>> = RwLock::new(None);

/// A device scope of this thread, in force until this is dropped; [`with_device`] is the form that cannot be left in the wrong order.
#[must_use = "the scope is left when this is dropped"]
pub struct DeviceScope {
    previous: Option<Device>,
    stays_on_thread: PhantomData<*const ()>,
}

impl DeviceScope {
    /// Puts a device in scope, or none.
    pub fn enter(device: Option<Device>) -> DeviceScope {
        DeviceScope {
            previous: SCOPED.replace(device),
            stays_on_thread: PhantomData,
        }
    }
}

impl Drop for DeviceScope {
    fn drop(&mut self) {
        SCOPED.set(self.previous);
    }
}

/// The device of the innermost scope on this thread.
#[inline]
pub fn scoped_device() -> Option<Device> {
    SCOPED.get()
}

/// Anything that names a device: a [`Device`], or text such as `"cpu:1"` and the guide's `"/device:CPU:0"`.
pub trait ToDevice {
    /// The device.
    ///
    /// # Errors
    /// When there is none of that name; the message says which feature or driver is missing.
    fn to_device(&self) -> Result<Device>;
}

impl ToDevice for Device {
    fn to_device(&self) -> Result<Device> {
        Ok(*self)
    }
}

impl ToDevice for str {
    fn to_device(&self) -> Result<Device> {
        self.parse()
    }
}

impl ToDevice for String {
    fn to_device(&self) -> Result<Device> {
        self.parse()
    }
}

impl<T: ToDevice + ?Sized> ToDevice for &T {
    fn to_device(&self) -> Result<Device> {
        (**self).to_device()
    }
}

impl ToDevice for DeviceInfo {
    fn to_device(&self) -> Result<Device> {
        Ok(self.device)
    }
}

/// All logical devices of the backends in this program.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// let names: Vec<String> = tnp_array::devices().iter().map(|info| info.device.to_string()).collect();
/// assert_eq!(names[0], "cpu:0");
/// ```
pub fn devices() -> Vec<DeviceInfo> {
    tnp_backend::devices()
}

/// The devices that stand for hardware of their own: [`devices`] without further logical ones on the same hardware.
pub fn physical_devices() -> Vec<DeviceInfo> {
    tnp_backend::devices()
        .into_iter()
        .filter(|info| info.physical)
        .collect()
}

/// The device that operations without inputs run on: the innermost scope's, else the default.
///
/// # Errors
/// When the program has no backend.
#[inline]
pub fn current_device() -> Result<Device> {
    match SCOPED.get() {
        Some(device) => Ok(device),
        None => default_device(),
    }
}

/// The device outside any scope: `cpu:0`, or the first there is, unless [`set_default_device`] said otherwise.
///
/// # Errors
/// When the program has no backend; turn on a feature of tnp, `cpu` for one.
pub fn default_device() -> Result<Device> {
    thread_local! {
        static SEEN: Cell<Option<(Device, u64)>> = const { Cell::new(None) };
    }
    let generation = GENERATION.load(std::sync::atomic::Ordering::Acquire);
    if let Some((device, seen)) = SEEN.get()
        && seen == generation
    {
        return Ok(device);
    }
    let stored = *DEFAULT
        .read()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let device = match stored {
        Some(device) => device,
        None => first_device()?,
    };
    SEEN.set(Some((device, generation)));
    Ok(device)
}

static GENERATION: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

fn first_device() -> Result<Device> {
    if let Ok(device) = Device::find("cpu", 0) {
        return Ok(device);
    }
    let first = devices().first().map(|info| info.device);
    first.ok_or_else(|| {
        Error::device("no device: the program has no backend; turn on the feature `cpu` of tnp")
    })
}

/// Sets the device outside any scope, for the whole process.
///
/// # Errors
/// When there is no such device.
pub fn set_default_device(device: impl ToDevice) -> Result<()> {
    let device = device.to_device()?;
    *DEFAULT
        .write()
        .unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(device);
    GENERATION.fetch_add(1, std::sync::atomic::Ordering::Release);
    Ok(())
}

/// Runs `body` with a device in scope: operations in it run there, and inputs from elsewhere are copied there, each copy
/// counted in [`crate::transfer_stats`].
///
/// # Errors
/// When there is no such device; `body` is not run then.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{ones, with_device};
/// let x = with_device("cpu:0", || ones([2], ()))??;
/// assert_eq!(x.device()?.to_string(), "cpu:0");
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub fn with_device<R>(device: impl ToDevice, body: impl FnOnce() -> R) -> Result<R> {
    let device = device.to_device()?;
    let _scope = DeviceScope::enter(Some(device));
    Ok(body())
}

/// Waits until a device has done all the work that it was given. Without it work goes on while the program does, and is waited for where
/// values are read.
///
/// # Errors
/// When there is no such device; and what went wrong in that work and was not told yet, an index out of bounds for one.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::{exp, ones, sync};
/// let y = exp(ones([1000, 1000], ())?)?;
/// sync("cpu:0")?;
/// assert!(sync("cpu:9").is_err());
/// # Ok::<(), tnp_array::Error>(())
/// ```
pub fn sync(device: impl ToDevice) -> Result<()> {
    let device = device.to_device()?;
    device.backend().sync(device.index())
}

/// A copy on the current device: inside a device scope the data moves there, unless it is there already.
///
/// Values are immutable, so a copy on the same device is the array itself.
///
/// # Errors
/// When the transfer fails.
pub fn copy<'a>(x: impl Into<Operand<'a>>) -> Result<Array> {
    let x = x.into().into_array()?;
    match scoped_device() {
        Some(device) => x.to(device),
        None => Ok(x),
    }
}

impl Array {
    /// The array on a device: itself when it is there already, else a copy, counted in [`crate::transfer_stats`].
    ///
    /// # Errors
    /// When there is no such device, or the transfer fails.
    pub fn to(&self, device: impl ToDevice) -> Result<Array> {
        let device = device.to_device()?;
        if self.boxed().is_none() && self.device()? == device {
            return Ok(self.clone());
        }
        bind1(&Prim::DeviceCopy { device }, &mut [Operand::Borrowed(self)])
    }
}

/// The device a primitive runs on, with the inputs brought there when a scope asks for it.
pub(crate) fn place(prim: &Prim, inputs: &mut [Operand<'_>]) -> Result<Device> {
    if let Prim::DeviceCopy { .. } = prim {
        let from = inputs
            .first()
            .and_then(Operand::as_array)
            .map(Array::device);
        return from.unwrap_or_else(current_device);
    }
    let devices = inputs
        .iter()
        .filter_map(|input| input.as_array())
        .map(Array::device);
    let Some(scoped) = scoped_device() else {
        let mut common: Option<Device> = None;
        for device in devices {
            let device = device?;
            match common {
                None => common = Some(device),
                Some(first) if first == device => {}
                Some(first) => return Err(mixed(prim, first, device)),
            }
        }
        return common.map_or_else(current_device, Ok);
    };
    let elsewhere: SmallVec<[Result<Device>; 3]> = devices.collect();
    for (input, device) in inputs.iter_mut().zip(elsewhere) {
        if device? != scoped
            && let Some(array) = input.as_array()
        {
            let moved = Array::from_tensor(tnp_backend::transfer(array.tensor()?, scoped)?);
            *input = Operand::Owned(moved.with_weak(array.is_weak()));
        }
    }
    Ok(scoped)
}

#[cold]
fn mixed(prim: &Prim, first: Device, second: Device) -> Error {
    Error::device(format!(
        "the operands are on {first} and {second}; move one (`x.to(\"{first}\")`) or run inside `with_device`"
    ))
    .in_prim(prim.name())
}
