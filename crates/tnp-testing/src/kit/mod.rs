//! The kit: everything that a backend has to keep, as tests that one line brings into a crate.
//!
//! ```text
//! // tests/kit.rs of a backend crate; its Cargo.toml says `harness = false` of this target
//! extern crate my_backend;
//! tnp_testing::backend_tests!("mine:0");
//! ```
//!
//! What the backend lacks on purpose is said, with the reason; what it lacks without saying fails a test, and so does what is said and not so:
//!
//! ```text
//! tnp_testing::backend_tests!(
//!     Kit::of("mine:0")
//!         .lacks("float64", "the hardware has no 64-bit numbers")
//!         .lacks("eig", "not written yet")
//! );
//! ```
//!
//! The test `summary` prints what the backend supports and how far from complete it is. A test that does not run (its device is missing, or
//! it would take too long there) counts as ignored, never as passed.

mod device;
mod elsewhere;
mod long;
mod misuse;
mod summary;
mod trials;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Mutex, OnceLock, PoisonError};

use tnp_array::with_device;
use tnp_backend::{Backend, Device, Result, backends, register};
use tnp_dtype::DType;

use crate::check::{self, Report};
use crate::compare::loosened;
use crate::laws;
use crate::rows::all_rows;
use crate::survey::{Line, survey};

pub use trials::main;

/// A backend under test: one of its devices, and what it says of itself.
pub struct Kit {
    device: std::result::Result<Device, String>,
    wanted: String,
    lacks: Vec<Lack>,
    left_out: Vec<Lack>,
    looser: u32,
    rows: BTreeMap<&'static str, OnceLock<Report>>,
    laws: BTreeMap<&'static str, OnceLock<Report>>,
    lines: OnceLock<Vec<Line>>,
    /// Which of `lacks` were needed.
    used: Mutex<Vec<bool>>,
}

/// Something that a backend does not have.
struct Lack {
    what: &'static str,
    reason: &'static str,
}

impl Kit {
    /// The kit for a device by name, for a [`Device`], or for the first device of a backend (`&MyBackend`), which is registered when it
    /// is not yet.
    ///
    /// # Examples
    /// ```
    /// # extern crate tnp_cpu;
    /// use tnp_testing::kit::Kit;
    /// let kit = Kit::of("cpu:0").looser(2);
    /// kit.rows("sort");
    /// ```
    pub fn of(backend: impl UnderTest) -> Kit {
        let wanted = backend.wanted();
        let names = || all_rows().into_iter().map(|category| category.name);
        Kit {
            device: backend.device().map_err(|error| error.to_string()),
            wanted,
            lacks: Vec::new(),
            left_out: Vec::new(),
            looser: 1,
            rows: names().map(|name| (name, OnceLock::new())).collect(),
            laws: names().map(|name| (name, OnceLock::new())).collect(),
            lines: OnceLock::new(),
            used: Mutex::default(),
        }
    }

    /// Says that the backend lacks something, and why: a dtype (`"float64"`), a primitive (`"cholesky"`, as errors name it), or a primitive
    /// on dtypes (`"sin float64"`). What needs it counts as unsupported; it never counts as passed.
    pub fn lacks(mut self, what: &'static str, reason: &'static str) -> Kit {
        self.lacks.push(Lack { what, reason });
        self.used = Mutex::new(vec![false; self.lacks.len()]);
        self
    }

    /// Leaves a test out (`"laws::linalg"`), or a whole group (`"laws"`), where it would take too long, and says so each time; it counts as
    /// ignored.
    pub fn leaves_out(mut self, what: &'static str, reason: &'static str) -> Kit {
        self.left_out.push(Lack { what, reason });
        self
    }

    /// Allows tolerances this many times as wide as the rows have them; what is exact stays exact. The summary tells.
    pub fn looser(self, times: u32) -> Kit {
        Kit {
            looser: times,
            ..self
        }
    }

    /// The device under test.
    ///
    /// # Panics
    /// When it is not there.
    pub fn device(&self) -> Device {
        match &self.device {
            Ok(device) => *device,
            Err(error) => panic!(
                "{error}\n(where the hardware is missing on purpose, TNP_WITHOUT={} runs the other tests)",
                self.backend_name()
            ),
        }
    }

    fn backend(&self) -> &'static dyn Backend {
        self.device().backend()
    }

    fn backend_name(&self) -> &str {
        self.wanted.split(':').next().unwrap_or_default()
    }

    /// Why a test does not run, when it does not: the device is missing and `TNP_WITHOUT` names its backend, or it was left out.
    fn ignored(&self, test: &str) -> Option<String> {
        let without = std::env::var("TNP_WITHOUT").unwrap_or_default();
        if self.device.is_err() && without.split(',').any(|name| name == self.backend_name()) {
            return Some(format!("no {} here", self.wanted));
        }
        self.reason_left_out(test).map(str::to_owned)
    }

    fn reason_left_out(&self, test: &str) -> Option<&'static str> {
        let group = test.split("::").next().unwrap_or(test);
        let mut left_out = self.left_out.iter();
        let left = left_out.find(|left| left.what == test || left.what == group)?;
        Some(left.reason)
    }

    /// Every row of a category on the device, against NumPy.
    ///
    /// # Panics
    /// When something differs, or is refused that the kit was not told of.
    pub fn rows(&self, category: &str) {
        self.judge(self.row_report(category), category, "against NumPy");
    }

    /// Every law of every row of a category, computed on the device.
    ///
    /// # Panics
    /// As [`Kit::rows`].
    pub fn laws(&self, category: &str) {
        self.judge(self.law_report(category), category, "under transformations");
    }

    fn row_report(&self, category: &str) -> &Report {
        let device = self.device();
        let once = self.rows.get(category);
        let once = once.unwrap_or_else(|| panic!("no category '{category}'"));
        once.get_or_init(|| loosened(self.looser, || check::category(category, &[device])))
    }

    fn law_report(&self, category: &str) -> &Report {
        let device = self.device();
        let once = self.laws.get(category);
        let once = once.unwrap_or_else(|| panic!("no category '{category}'"));
        once.get_or_init(|| {
            let scoped = || with_device(device, || laws::category(category));
            loosened(self.looser, scoped).expect("the device is there")
        })
    }

    fn lines(&self) -> &[Line] {
        self.lines.get_or_init(|| survey(self.backend()))
    }

    fn judge(&self, report: &Report, category: &str, what: &str) {
        let title = format!("{category} {what} on {}", self.device());
        assert!(report.failures.is_empty(), "{}", report.text(&title));
        let undeclared: Vec<String> = (report.refused.iter())
            .filter(|(name, _)| !self.is_declared(name))
            .map(|(name, count)| format!("  {name}: needed by {count} comparisons"))
            .collect();
        assert!(
            undeclared.is_empty(),
            "{title}: unsupported, and `Kit::lacks` says nothing of it:\n{}",
            undeclared.join("\n")
        );
    }

    /// Whether something refused (`cholesky float64`) was said to be lacking.
    fn is_declared(&self, name: &str) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let (prim, dtypes) = name.split_once(' ').unwrap_or((name, ""));
        let mut declared = false;
        for (lack, used) in self.lacks.iter().zip(used.iter_mut()) {
            let fits = lack.what == name
                || lack.what == prim
                || dtypes.split(' ').any(|dtype| dtype == lack.what);
            *used |= fits;
            declared |= fits;
        }
        declared
    }

    /// Whether the backend has what work on this dtype takes at the least: a dtype it is said to lack it has not.
    fn has(&self, dtype: DType) -> bool {
        !self.lacks.iter().any(|lack| lack.what == dtype.name())
    }
}

/// What a kit can be made for.
pub trait UnderTest {
    /// What was asked for, for messages.
    fn wanted(&self) -> String;

    /// The device; registers the backend where that has to be done.
    ///
    /// # Errors
    /// When the device is not there.
    fn device(self) -> Result<Device>;
}

impl UnderTest for &str {
    fn wanted(&self) -> String {
        (*self).to_owned()
    }
    fn device(self) -> Result<Device> {
        self.parse()
    }
}

impl UnderTest for Device {
    fn wanted(&self) -> String {
        self.to_string()
    }
    fn device(self) -> Result<Device> {
        Ok(self)
    }
}

impl UnderTest for Result<Device> {
    fn wanted(&self) -> String {
        self.as_ref()
            .map_or_else(ToString::to_string, ToString::to_string)
    }
    fn device(self) -> Result<Device> {
        self
    }
}

impl<B: Backend> UnderTest for &'static B {
    fn wanted(&self) -> String {
        format!("{}:0", self.name())
    }
    fn device(self) -> Result<Device> {
        if !backends().iter().any(|known| known.name() == self.name()) {
            register(self)?;
        }
        Device::find(self.name(), 0)
    }
}

/// What [`crate::backend_tests!`] takes: a kit, or whatever one can be made for.
pub trait IntoKit {
    /// The kit.
    fn into_kit(self) -> Kit;
}

impl IntoKit for Kit {
    fn into_kit(self) -> Kit {
        self
    }
}

impl<T: UnderTest> IntoKit for T {
    fn into_kit(self) -> Kit {
        Kit::of(self)
    }
}

/// Prints a line at once, whatever else is printed.
fn say(text: &str) {
    // Nobody reads it: nothing to do about that.
    let _ = writeln!(std::io::stdout(), "{text}");
}
