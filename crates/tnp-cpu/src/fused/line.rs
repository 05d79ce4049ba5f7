//! `Line`: a run of elements, tile by tile, where each operand is contiguous or one element repeated.

use smallvec::SmallVec;

use super::program::Program;
use super::scratch::Scratch;
use crate::elementwise::fill;
use crate::elementwise::pack::{end_streaming, stream};

/// A run of elements through a program.
pub(super) struct Line<'a> {
    program: &'a Program,
    scratch: Scratch,
    registers: SmallVec<[*mut u8; 16]>,
    /// Elements of a tile.
    tile: usize,
    /// Registers that go on with the tiles, and the bytes of their elements.
    moving: SmallVec<[(usize, usize); 8]>,
    /// Outputs written when a tile is done: where to, from which register, bytes of an element.
    late: SmallVec<[(*mut u8, usize, usize); 4]>,
}

impl<'a> Line<'a> {
    /// A run of `n` elements; operands are to be given next.
    pub(super) fn new(program: &'a Program, n: usize) -> Line<'a> {
        let slot = program.slot();
        let scratch = Scratch::take(program.registers() * slot);
        let registers: SmallVec<[*mut u8; 16]> = (0..program.registers())
            .map(|register| scratch.start().wrapping_add(register * slot))
            .collect();
        let tile = program.tile.min(n);
        for (at, literal) in program.constants.iter().enumerate() {
            let register = registers[program.constant_register(at)];
            // SAFETY: a register has room for a tile.
            unsafe { fill(register, literal.as_bytes(), tile) };
        }
        Line {
            program,
            scratch,
            registers,
            tile,
            moving: SmallVec::new(),
            late: SmallVec::new(),
        }
    }

    /// Input `at` is contiguous and starts here.
    #[inline]
    pub(super) fn reads(&mut self, at: usize, from: *const u8) {
        self.registers[at] = from.cast_mut();
        self.moving.push((at, self.program.inputs[at].itemsize()));
    }

    /// Input `at` is this element, repeated.
    ///
    /// # Safety
    /// The element can be read.
    pub(super) unsafe fn repeats(&mut self, at: usize, element: *const u8) {
        let size = self.program.inputs[at].itemsize();
        // SAFETY: as the caller promises; a register has room for a tile.
        unsafe {
            let element = std::slice::from_raw_parts(element, size);
            fill(self.registers[at], element, self.tile);
        }
    }

    /// Output `at` goes here: straight away, or when a tile is done where it overwrites an input or bypasses the caches.
    #[inline]
    pub(super) fn writes(&mut self, at: usize, to: *mut u8, late: bool) {
        let register = self.program.output_register(at);
        let size = self.program.outputs[at].itemsize();
        if late {
            self.late.push((to, register, size));
        } else {
            self.registers[register] = to;
            self.moving.push((register, size));
        }
    }

    /// Runs over `n` elements; `streams` says that late outputs bypass the caches.
    ///
    /// # Safety
    /// All operands were given and have `n` elements; outputs overlap no input, or are late ones that lie where an input of the
    /// same element size does.
    pub(super) unsafe fn run(mut self, n: usize, streams: bool) {
        let mut left = n;
        while left > 0 {
            let n = self.tile.min(left);
            for code in &self.program.codes {
                // SAFETY: registers hold `n` elements of the kernels' dtypes.
                unsafe { code.run(&self.registers, n) };
            }
            for (to, register, size) in &mut self.late {
                let from = self.registers[*register];
                // SAFETY: `n` elements are left of the output.
                unsafe {
                    match streams {
                        true => stream(from, *to, n * *size),
                        false => std::ptr::copy_nonoverlapping(from, *to, n * *size),
                    }
                }
                *to = to.wrapping_add(n * *size);
            }
            for &(register, size) in &self.moving {
                self.registers[register] = self.registers[register].wrapping_add(n * size);
            }
            left -= n;
        }
        if streams {
            end_streaming();
        }
        self.scratch.give_back();
    }
}
