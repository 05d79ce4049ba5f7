//! `Device` and the registry of backends.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, OnceLock};

use crate::{Backend, Error, Result};

/// A place where arrays live and operations run: a backend and the number of one of its devices.
///
/// Prints as `cpu:0`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Device {
    backend: u16,
    index: u16,
}

/// What a backend says of one of its devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// The device.
    pub device: Device,
    /// What a person calls it.
    pub description: String,
    /// Memory in bytes, where known.
    pub memory: Option<u64>,
    /// False for a further logical device on hardware that another one stands for already.
    pub physical: bool,
}

const MAX_BACKENDS: usize = 16;
static TABLE: [OnceLock<&'static dyn Backend>; MAX_BACKENDS] =
    [const { OnceLock::new() }; MAX_BACKENDS];
static REGISTERING: Mutex<usize> = Mutex::new(0);

/// Backends that are linked into the program; a backend crate adds itself with
/// `#[linkme::distributed_slice(tnp_backend::BACKENDS)]`.
#[linkme::distributed_slice]
pub static BACKENDS: [fn() -> &'static dyn Backend];

fn linked() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let mut found: Vec<&'static dyn Backend> = BACKENDS.iter().map(|make| make()).collect();
        // Linking order is the linker's; names give everyone the same numbering.
        found.sort_by_key(|backend| backend.name().to_owned());
        for backend in found {
            // Two linked backends of one name: the first stays, as `register` says.
            let _ = add(backend);
        }
    });
}

fn add(backend: &'static dyn Backend) -> Result<usize> {
    let mut count = REGISTERING
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let names = || TABLE.iter().filter_map(|slot| slot.get());
    if names().any(|other| other.name() == backend.name()) {
        return Err(Error::device(format!(
            "register: a backend named '{}' is registered already",
            backend.name()
        )));
    }
    if *count == MAX_BACKENDS {
        return Err(Error::device(format!(
            "register: no more than {MAX_BACKENDS} backends can be registered"
        )));
    }
    let id = *count;
    if TABLE[id].set(backend).is_err() {
        return Err(Error::device(
            "register: the slot of a new backend was taken",
        ));
    }
    *count += 1;
    Ok(id)
}

/// Makes a backend known at run time.
///
/// # Errors
/// When a backend of that name is known already, or sixteen are.
pub fn register(backend: &'static dyn Backend) -> Result<()> {
    linked();
    add(backend).map(|_| ())
}

/// All backends, linked and registered.
pub fn backends() -> Vec<&'static dyn Backend> {
    linked();
    TABLE
        .iter()
        .filter_map(|slot| slot.get().copied())
        .collect()
}

/// Devices of all backends; a backend that finds none, or whose driver is missing, adds none.
pub fn devices() -> Vec<DeviceInfo> {
    backends()
        .into_iter()
        .flat_map(|backend| backend.devices().unwrap_or_default())
        .collect()
}

impl Device {
    /// The device of a backend by the backend's name.
    ///
    /// # Errors
    /// When no backend of that name is linked or registered; the message says how to get it.
    pub fn new(backend: &str, index: usize) -> Result<Device> {
        linked();
        let id = TABLE
            .iter()
            .position(|slot| slot.get().is_some_and(|b| b.name() == backend));
        let Some(id) = id else {
            let known: Vec<&str> = backends().iter().map(|b| b.name()).collect();
            let advice = match backend {
                "gpu" | "cuda" | "wgpu" | "cpu" => {
                    let feature = if backend == "gpu" {
                        "cuda` or `wgpu"
                    } else {
                        backend
                    };
                    format!("turn on the feature `{feature}` of tnp")
                }
                _ => "link the crate that provides it, or call `register`".to_owned(),
            };
            return Err(Error::device(format!(
                "device '{backend}:{index}': no backend '{backend}' in this program (there are: {}); {advice}",
                if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                },
            )));
        };
        Ok(Device {
            backend: id as u16,
            index: index as u16,
        })
    }

    /// The backend's device `index`, for backends to name their own devices.
    ///
    /// # Errors
    /// As [`Device::new`], and when the backend has no device of that number.
    pub fn find(backend: &str, index: usize) -> Result<Device> {
        let device = Device::new(backend, index)?;
        let infos = device.backend().devices()?;
        if infos.iter().any(|info| info.device == device) {
            return Ok(device);
        }
        let names: Vec<String> = infos.iter().map(|info| info.device.to_string()).collect();
        Err(Error::device(format!(
            "device '{backend}:{index}': backend '{backend}' has {}",
            if names.is_empty() {
                "no device on this machine".to_owned()
            } else {
                names.join(", ")
            }
        )))
    }

    /// The backend that runs it.
    #[inline]
    pub fn backend(self) -> &'static dyn Backend {
        *TABLE[self.backend as usize]
            .get()
            .expect("a Device is only made for a registered backend")
    }

    /// The number among its backend's devices.
    #[inline]
    pub fn index(self) -> usize {
        self.index as usize
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.backend().name(), self.index)
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Device {
    type Err = Error;

    /// Parses `cpu:0`, `cpu` (the first) and the guide's `/device:CPU:0`, in any case.
    fn from_str(text: &str) -> Result<Device> {
        let name = text.trim_start_matches("/device:").to_ascii_lowercase();
        let (backend, index) = name.split_once(':').unwrap_or((&name, "0"));
        let index: u16 = index.parse().map_err(|_| {
            Error::device(format!(
                "device '{text}': '{index}' is not a device number; write it as 'cpu:0'"
            ))
        })?;
        Device::find(backend, index as usize)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Device {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Device {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Device, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
