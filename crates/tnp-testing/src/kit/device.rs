//! What a backend is before it computes: found, listed, with memory that keeps what it is given; and that it can be waited for.

use tnp_array::{Array, Print, add, array_repr, multiply, with_device, zeros};
use tnp_backend::prim::Prim;
use tnp_backend::{Device, DeviceInfo, ErrorKind, devices, register, transfer_stats};
use tnp_dtype::DType;

use super::{Kit, elsewhere, say};

/// Sizes around those at which allocators and transfers change their ways.
const SIZES: [usize; 16] = [
    1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 65, 255, 1000, 4097, 65_539, 1_048_583,
];

/// Bytes of which no two neighbouring runs are alike.
fn pattern(size: usize, seed: usize) -> Vec<u8> {
    (0..size)
        .map(|at| (at.wrapping_mul(131) ^ (at >> 8) ^ seed.wrapping_mul(89)) as u8)
        .collect()
}

/// The operation `2 x + x` on a device; what it should give.
fn sample(device: Device, size: usize) -> (Array, Vec<i32>) {
    let values: Vec<i32> = (0..size as i32).collect();
    let wanted = values.iter().map(|x| 3 * x).collect();
    let x = with_device(device, || Array::from_vec(values, &[size]));
    let x = x.expect("the device is there").expect("a small array");
    let doubled = add(&x, &x).expect("add int32");
    (add(doubled, &x).expect("add int32"), wanted)
}

impl Kit {
    fn infos(&self) -> Vec<DeviceInfo> {
        self.backend().devices().expect("the backend's devices")
    }

    /// The backend is in the registry under its name.
    pub fn is_found_by_name(&self) {
        let device = self.device();
        let name = self.backend().name();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        assert!(
            !name.is_empty() && name.chars().all(plain),
            "'{name}': a backend's name is short and lower case: it is the `cpu` of `cpu:0`"
        );
        let text = device.to_string();
        assert_eq!(text, format!("{name}:{}", device.index()));
        for spelling in [text.clone(), text.to_uppercase(), format!("/device:{text}")] {
            let parsed: Device = spelling.parse().expect("a device by its name");
            assert_eq!(parsed, device, "{spelling}");
        }
    }

    /// `devices` tells the same each time, in order, and in words.
    pub fn lists_its_devices(&self) {
        let infos = self.infos();
        assert!(!infos.is_empty(), "no device is listed");
        for (index, info) in infos.iter().enumerate() {
            assert_eq!(info.device.index(), index, "devices count from 0");
            assert_eq!(info.device.backend().name(), self.backend().name());
            assert!(!info.description.is_empty(), "{} has no name", info.device);
            assert_ne!(info.memory, Some(0), "{}: unknown is `None`", info.device);
            assert!(devices().contains(info), "{} is not listed", info.device);
        }
        assert_eq!(self.infos(), infos);
    }

    /// A device that is not there is an error, by name and by number.
    pub fn has_no_other_devices(&self) {
        let (backend, count) = (self.backend(), self.infos().len());
        let missing = format!("{}:{}", backend.name(), count + 7);
        let error = missing.parse::<Device>().expect_err("no such device");
        assert_eq!(error.kind(), ErrorKind::Device);
        assert!(error.message().contains(&missing), "{error}");
        for index in [count, count + 7, 60_000] {
            for error in [
                backend.allocate(index, 64).err(),
                backend.upload(index, &[1, 2, 3]).err(),
            ] {
                let error = error.unwrap_or_else(|| {
                    panic!("memory on {}:{index}, which does not exist", backend.name())
                });
                assert_eq!(error.kind(), ErrorKind::Device, "{error}");
            }
            let full = Prim::Full {
                shape: [2].into_iter().collect(),
                value: tnp_dtype::Literal::new(1i32),
            };
            let types = [tnp_backend::TensorType::new(&[2], DType::Int32)];
            let run = backend.execute(index, &full, &[], &types);
            assert!(run.is_err(), "an operation on device {index}");
            // Nothing to find out, nothing to panic about.
            let _ = backend.memory_stats(index);
            backend.reset_peak(index);
            backend.empty_cache(index);
        }
        self.still_works();
    }

    /// A second backend of the name is refused.
    pub fn keeps_its_name(&self) {
        let error = register(self.backend()).expect_err("the name is taken");
        assert!(error.message().contains(self.backend().name()), "{error}");
    }

    /// Bytes come back as they went, whatever their number.
    pub fn gives_back_what_it_took(&self) {
        let (backend, index) = (self.backend(), self.device().index());
        let held: Vec<_> = (SIZES.iter().enumerate())
            .map(|(seed, &size)| {
                let buffer = backend.upload(index, &pattern(size, seed)).expect("upload");
                assert_eq!((buffer.bytes(), buffer.device()), (size, self.device()));
                buffer
            })
            .collect();
        // All of them at once: none lies in another.
        for (seed, (buffer, &size)) in held.iter().zip(&SIZES).enumerate() {
            let mut out = vec![0; size];
            backend.download(buffer, 0, &mut out).expect("download");
            assert!(out == pattern(size, seed), "{size} bytes came back changed");
        }
    }

    /// Any part of a buffer can be read.
    pub fn gives_back_parts(&self) {
        let (backend, index) = (self.backend(), self.device().index());
        let bytes = pattern(4099, 5);
        let buffer = backend.upload(index, &bytes).expect("upload");
        for offset in [0, 1, 2, 3, 5, 8, 63, 64, 1001, 4096, 4098] {
            for size in [1, 2, 3, 4, 7, 16, 33, 256, 3000] {
                let size = size.min(bytes.len() - offset);
                let mut out = vec![0xee; size + 2];
                let (_, rest) = out.split_at_mut(1);
                let (inner, _) = rest.split_at_mut(size);
                backend.download(&buffer, offset, inner).expect("download");
                assert_eq!(inner, &bytes[offset..offset + size], "{size} from {offset}");
                assert_eq!((out[0], out[size + 1]), (0xee, 0xee), "written outside");
            }
        }
    }

    /// Buffers of no bytes are buffers.
    pub fn holds_nothing(&self) {
        let (backend, index) = (self.backend(), self.device().index());
        for buffer in [backend.allocate(index, 0), backend.upload(index, &[])] {
            let buffer = buffer.expect("no bytes");
            assert_eq!((buffer.bytes(), buffer.device()), (0, self.device()));
            backend.download(&buffer, 0, &mut []).expect("no bytes");
        }
        let some = backend.allocate(index, 24).expect("24 bytes");
        assert_eq!((some.bytes(), some.device()), (24, self.device()));
        backend.download(&some, 24, &mut []).expect("no bytes");
        let empty = with_device(self.device(), || zeros([0, 3], DType::Float32));
        let empty = empty.expect("the device").expect("an empty array");
        assert_eq!(add(&empty, &empty).expect("add").shape(), [0, 3]);
    }

    /// Reading past the end is an error.
    pub fn refuses_to_read_past_the_end(&self) {
        let (backend, index) = (self.backend(), self.device().index());
        let buffer = backend.upload(index, &pattern(100, 1)).expect("upload");
        for (offset, size) in [(0, 101), (100, 1), (101, 0), (64, 37), (usize::MAX, 1)] {
            let read = backend.download(&buffer, offset, &mut vec![0; size]);
            assert!(read.is_err(), "{size} bytes from {offset} of 100 were read");
        }
        self.still_works();
    }

    /// Statistics, where there are any, count what is held.
    pub fn counts_its_memory(&self) {
        const BYTES: usize = 3 << 20;
        let (backend, index) = (self.backend(), self.device().index());
        let before = backend.memory_stats(index);
        let buffer = backend.allocate(index, BYTES).expect("3 MiB");
        let during = backend.memory_stats(index);
        if during == tnp_backend::MemoryStats::default() {
            say(&format!("{}: keeps no statistics of memory", self.device()));
            return;
        }
        assert!(during.live >= BYTES, "{during:?} with 3 MiB held");
        assert!(during.peak >= BYTES, "{during:?} with 3 MiB held");
        assert!(
            during.allocations > before.allocations,
            "{during:?} after {before:?}"
        );
        assert!(during.reuses <= during.allocations, "{during:?}");
        drop(buffer);
        backend.empty_cache(index);
        backend.reset_peak(index);
        self.still_works();
    }

    /// More memory than there is is an error, and the program goes on.
    pub fn refuses_too_much(&self) {
        let (backend, index) = (self.backend(), self.device().index());
        for bytes in [1usize << 50, 1 << 60, isize::MAX as usize, usize::MAX] {
            let error = backend.allocate(index, bytes).err();
            let error = error.unwrap_or_else(|| panic!("{bytes} bytes were allocated"));
            assert_eq!(error.kind(), ErrorKind::Memory, "{error}");
        }
        self.still_works();
        let huge = with_device(self.device(), || zeros([1usize << 48], DType::Int32));
        let error = huge.expect("the device").expect_err("2^50 bytes of zeros");
        assert_eq!(error.kind(), ErrorKind::Memory, "{error}");
        self.still_works();
    }

    /// Arrays go to another device and come back, and each copy is counted.
    pub fn copies_to_other_devices_and_back(&self) {
        let other = elsewhere::device().expect("another device");
        let (x, wanted) = sample(self.device(), 1001);
        let before = transfer_stats();
        let away = x.to(other).expect("a copy elsewhere");
        let back = away.to(self.device()).expect("a copy back");
        let after = transfer_stats();
        assert_eq!(away.device().expect("its device"), other);
        assert_eq!(back.device().expect("its device"), self.device());
        assert_eq!(back.to_vec::<i32>().expect("the values"), wanted);
        assert!(after.copies >= before.copies + 2, "copies are counted");
        assert!(after.bytes >= before.bytes + 2 * 4004, "bytes are counted");
    }

    /// What `supports` refuses, and what has no decomposition, was said.
    pub fn says_what_it_lacks(&self) {
        let mut undeclared = Vec::new();
        for line in self.lines() {
            for dtype in line.dtypes(crate::check::Manner::Unsupported) {
                let name = format!("{} {dtype}", line.prim());
                if !self.is_declared(&name) {
                    undeclared.push(name);
                }
            }
        }
        assert!(
            undeclared.is_empty(),
            "{} supports neither these nor what they are made of, and `Kit::lacks` says nothing of it: {}",
            self.device(),
            undeclared.join(", ")
        );
    }

    /// Several threads at once compute and read, each its own.
    pub fn works_on_several_threads(&self) {
        let device = self.device();
        let one = |size: usize| {
            move || {
                for _ in 0..20 {
                    let (y, wanted) = sample(device, size);
                    assert_eq!(y.to_vec::<i32>().expect("the values"), wanted);
                }
            }
        };
        std::thread::scope(|scope| {
            let threads = [1, 17, 1000, 4096].map(|size| scope.spawn(one(size)));
            for thread in threads {
                thread.join().expect("a thread's operations");
            }
        });
    }

    /// `sync` returns, with and without work to wait for.
    pub fn waits(&self) {
        let (backend, index) = (self.backend(), self.device().index());
        backend.sync(index).expect("nothing to wait for");
        let (y, wanted) = sample(self.device(), 5000);
        backend.sync(index).expect("work that does not fail");
        backend.sync(index).expect("nothing to wait for");
        assert_eq!(y.to_vec::<i32>().expect("the values"), wanted);
        // Nothing to wait for, or an error; no panic.
        let _ = backend.sync(60_000);
    }

    /// A text has NumPy's characters and, where memory is not the host's, the device; no more is copied than it shows.
    pub fn prints_what_it_shows(&self) {
        const TEXT: &str = "array([[   0,    1,    2, ...,   97,   98,   99],
       [ 100,  101,  102, ...,  197,  198,  199],
       [ 200,  201,  202, ...,  297,  298,  299],
       ...,
       [1700, 1701, 1702, ..., 1797, 1798, 1799],
       [1800, 1801, 1802, ..., 1897, 1898, 1899],
       [1900, 1901, 1902, ..., 1997, 1998, 1999]],
      shape=(20, 100), dtype=int32)";
        let x = with_device(self.device(), || {
            Array::from_vec((0..2000).collect::<Vec<i32>>(), &[20, 100])
        });
        let x = x.expect("the device").expect("a small array");
        let plain = array_repr(&x, &Print::new().device(false));
        assert_eq!(plain.expect("a text"), TEXT);
        if x.tensor().expect("a value").host_ptr().is_none() {
            let (before, text) = (transfer_stats(), format!("{x:?}"));
            let named = format!(" device='{}')", self.device());
            assert!(text.ends_with(&named), "{text}");
            let after = transfer_stats();
            let copied = (after.copies - before.copies, after.bytes - before.bytes);
            assert_eq!(
                copied,
                (1, 36 * 4),
                "copies and bytes for six by six numbers"
            );
        }
        let turned = x.t().expect("a view").get(tnp_array::s![..;-1]);
        let text = turned.expect("a view").to_string();
        assert!(
            text.starts_with("[[  99  199  299 ... 1799 1899 1999]"),
            "{text}"
        );
    }

    /// Results have the types that were asked for, lie on the device, and leave what they are made from alone.
    pub fn fills_what_it_returns(&self) {
        let x = with_device(self.device(), || {
            Array::from_vec((0..24).collect::<Vec<i32>>(), &[2, 3, 4])
        });
        let x = x.expect("the device").expect("a small array");
        let y = multiply(&x, &x).expect("multiply int32");
        let tensor = y.tensor().expect("a value");
        let (layout, bytes) = (&tensor.layout, tensor.buffer.bytes());
        let (_, last) = layout.extent().expect("not empty");
        assert!((last + 1) * 4 <= bytes, "{layout:?} in {bytes} bytes");
        assert!(!layout.may_overlap(), "elements of a result share memory");
        assert_eq!(tensor.device(), self.device());
        let values = x.to_vec::<i32>().expect("the values");
        assert_eq!(values, (0..24).collect::<Vec<i32>>(), "the input changed");
    }

    /// The next operation works.
    pub(super) fn still_works(&self) {
        let (y, wanted) = sample(self.device(), 100);
        assert_eq!(y.to_vec::<i32>().expect("the values"), wanted);
    }
}
