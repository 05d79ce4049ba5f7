//! What a device has of NVIDIA's libraries: its queue, handles and plans, made at their first use.

use std::collections::BTreeMap;
use std::sync::Mutex;

use tnp_backend::{Device, Result};

use crate::fft::Plans;
use crate::library::{Blas, Opaque, Solver, Status, done};
use crate::queue::Queue;

/// Accumulators of half-width products are not rounded between their parts (`CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION`).
const WHOLE_SUMS: Status = 16;

/// One device's; used by one thread at a time.
pub(crate) struct Session {
    pub(crate) queue: Queue,
    blas: Option<Option<Opaque>>,
    solver: Option<Option<(Opaque, Opaque)>>,
    pub(crate) plans: Plans,
}

// SAFETY: handles may be used from any thread, by one at a time.
unsafe impl Send for Session {}

impl Session {
    /// The session of a device; `None` where it could not be started, as it is then without libraries.
    pub(crate) fn of(device: Device) -> Option<&'static Mutex<Session>> {
        static SESSIONS: Mutex<BTreeMap<usize, Option<&'static Mutex<Session>>>> =
            Mutex::new(BTreeMap::new());
        let mut sessions = SESSIONS.lock().unwrap_or_else(|e| e.into_inner());
        *sessions.entry(device.index()).or_insert_with(|| {
            let session = Session {
                queue: Queue::new(device.index()).ok()?,
                blas: None,
                solver: None,
                plans: Plans::default(),
            };
            // As long as the program, as the device is.
            Some(Box::leak(Box::new(Mutex::new(session))))
        })
    }

    /// cuBLAS's handle, where it could be made.
    pub(crate) fn blas(&mut self) -> Option<Opaque> {
        let queue = &self.queue;
        let make = || -> Result<Opaque> {
            let library = Blas::get()?;
            queue.inside(|| {
                let handle = library.create()?;
                // SAFETY: handle and stream are alive and of one device.
                unsafe {
                    let status = (library.cublasSetStream_v2)(handle, queue.stream());
                    done(Blas::TITLE, "cublasSetStream", status)?;
                    let status = (library.cublasSetMathMode)(handle, WHOLE_SUMS);
                    done(Blas::TITLE, "cublasSetMathMode", status)?;
                }
                Ok(handle)
            })
        };
        *self.blas.get_or_insert_with(|| make().ok())
    }

    /// cuSOLVER's handle and parameters, where they could be made.
    pub(crate) fn solver(&mut self) -> Option<(Opaque, Opaque)> {
        let queue = &self.queue;
        let make = || -> Result<(Opaque, Opaque)> {
            let library = Solver::get()?;
            queue.inside(|| {
                let handle = library.create()?;
                let mut parameters = std::ptr::null_mut();
                // SAFETY: handle and stream are alive and of one device; the place can be written.
                unsafe {
                    let status = (library.cusolverDnSetStream)(handle, queue.stream());
                    done(Solver::TITLE, "cusolverDnSetStream", status)?;
                    let status = (library.cusolverDnCreateParams)(&mut parameters);
                    done(Solver::TITLE, "cusolverDnCreateParams", status)?;
                }
                Ok((handle, parameters))
            })
        };
        *self.solver.get_or_insert_with(|| make().ok())
    }
}
