//! A device that holds bytes and does nothing else: where the backend under test is alone, there has to be another device to copy
//! to, and to be kept apart from.

use std::sync::OnceLock;

use tnp_backend::prim::Prim;
use tnp_backend::{
    Arg, Backend, Buffer, Device, DeviceInfo, Error, Outputs, Result, TensorType, register,
};
use tnp_dtype::DType;

struct Elsewhere;

static ELSEWHERE: Elsewhere = Elsewhere;
const NAME: &str = "elsewhere";

/// The device; registers the backend on first use.
pub(super) fn device() -> Result<Device> {
    static REGISTERED: OnceLock<Result<Device>> = OnceLock::new();
    let register = || register(&ELSEWHERE).and_then(|()| Device::new(NAME, 0));
    REGISTERED.get_or_init(register).clone()
}

impl Backend for Elsewhere {
    fn name(&self) -> &str {
        NAME
    }

    fn devices(&self) -> Result<Vec<DeviceInfo>> {
        Ok(vec![DeviceInfo {
            device: Device::new(NAME, 0)?,
            description: "a box of bytes".to_owned(),
            memory: None,
            physical: false,
        }])
    }

    fn allocate(&self, _: usize, bytes: usize) -> Result<Buffer> {
        self.upload(0, &vec![0; bytes])
    }

    fn upload(&self, _: usize, bytes: &[u8]) -> Result<Buffer> {
        let memory: Box<[u8]> = bytes.into();
        Ok(Buffer::opaque(
            Device::new(NAME, 0)?,
            bytes.len(),
            Box::new(memory),
        ))
    }

    fn download(&self, buffer: &Buffer, offset: usize, out: &mut [u8]) -> Result<()> {
        let memory = buffer.downcast::<Box<[u8]>>();
        let end = offset.checked_add(out.len());
        let part = memory
            .zip(end)
            .and_then(|(memory, end)| memory.get(offset..end));
        out.copy_from_slice(part.ok_or_else(|| Error::index("download: past the end"))?);
        Ok(())
    }

    fn supports(&self, _: &Prim, _: &[DType]) -> bool {
        false
    }

    fn execute(&self, _: usize, prim: &Prim, _: &[Arg<'_>], _: &[TensorType]) -> Result<Outputs> {
        Err(Error::unsupported(format!(
            "{}: nothing is computed elsewhere",
            prim.name()
        )))
    }
}
