//! Writing kernels: values, arithmetic and control flow as CubeCL's intermediate language, with element types chosen at
//! run time. No kernel is generic over an element type, so a new dtype or operation costs no compile time.
//!
//! A kernel's body is a closure that runs while the kernel is defined ([`define`]); meanwhile the scope it writes to is
//! this thread's. What looks like arithmetic on [`V`] writes instructions.

use std::cell::{Cell as StdCell, RefCell};
use std::ops;

use cubecl::ir::{
    Arithmetic, BinaryOperator, Bitwise, Branch, Builtin, Comparison, ConstantValue, ElemType,
    FloatKind, FmaOperator, If, IndexAssignOperator, IndexOperator, Instruction, IntKind, Loop,
    Operation, Operator, RangeLoop, Scope, Select, Synchronization, Type, UIntKind, UnaryOperator,
    Variable,
};

use crate::types::{is_zero, negate};

pub(crate) const BOOL: ElemType = ElemType::Bool;
pub(crate) const I8: ElemType = ElemType::Int(IntKind::I8);
pub(crate) const I16: ElemType = ElemType::Int(IntKind::I16);
pub(crate) const I32: ElemType = ElemType::Int(IntKind::I32);
pub(crate) const I64: ElemType = ElemType::Int(IntKind::I64);
pub(crate) const U8: ElemType = ElemType::UInt(UIntKind::U8);
pub(crate) const U16: ElemType = ElemType::UInt(UIntKind::U16);
pub(crate) const U32: ElemType = ElemType::UInt(UIntKind::U32);
pub(crate) const U64: ElemType = ElemType::UInt(UIntKind::U64);
pub(crate) const F16: ElemType = ElemType::Float(FloatKind::F16);
pub(crate) const F32: ElemType = ElemType::Float(FloatKind::F32);
pub(crate) const F64: ElemType = ElemType::Float(FloatKind::F64);

/// What the code generator has to know of the device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Target {
    /// The device's own elementary functions are accurate to an ulp or two, NaN and infinities included, and its compiler
    /// changes no floating-point expression, but for what [`Target::contracts`] says.
    pub native: bool,
    /// Its compiler joins a product and the sum that it is part of, which then are rounded once; and it has that as an
    /// instruction.
    pub contracts: bool,
    /// It computes in float64.
    pub float64: bool,
    /// It converts to and from float16, rounding to nearest.
    pub float16: bool,
}

thread_local! {
    static SCOPES: RefCell<Vec<Scope>> = const { RefCell::new(Vec::new()) };
    static TARGET: StdCell<Option<Target>> = const { StdCell::new(None) };
    static MINUS_ZERO: StdCell<Option<MinusZero>> = const { StdCell::new(None) };
}

/// Minus zero as a target's compiler cannot know it, in float32 and, where there is that, in float64.
#[derive(Clone, Copy)]
struct MinusZero(V, Option<V>);

impl MinusZero {
    fn write(target: Target) -> MinusZero {
        let zero = unknown_zero();
        let double = || zero.cast(U64).or(1i128 << 63).bits(F64);
        MinusZero(zero.or(1i128 << 31).bits(F32), target.float64.then(double))
    }

    fn of(self, elem: ElemType) -> Option<V> {
        match elem {
            F32 => Some(self.0),
            F64 => self.1,
            _ => None,
        }
    }
}

/// The device that code is being written for.
pub(crate) fn target() -> Target {
    TARGET.get().expect("inside `define_for`")
}

/// As [`define`], for a whole kernel.
pub(crate) fn define_for(target: Target, scope: Scope, body: impl FnOnce()) -> Scope {
    let before = TARGET.replace(Some(target));
    let held = MINUS_ZERO.take();
    let scope = define(scope, || {
        if target.contracts {
            MINUS_ZERO.set(Some(MinusZero::write(target)));
        }
        body();
    });
    MINUS_ZERO.set(held);
    TARGET.set(before);
    scope
}

/// Runs `body` writing to `scope`, and gives the scope back.
pub(crate) fn define(scope: Scope, body: impl FnOnce()) -> Scope {
    SCOPES.with_borrow_mut(|scopes| scopes.push(scope));
    body();
    SCOPES
        .with_borrow_mut(Vec::pop)
        .expect("the scope pushed above")
}

fn with<T>(f: impl FnOnce(&mut Scope) -> T) -> T {
    SCOPES.with_borrow_mut(|scopes| f(scopes.last_mut().expect("inside `define`")))
}

fn child(body: impl FnOnce()) -> Scope {
    define(with(|scope| scope.child()), body)
}

fn ty(elem: ElemType) -> Type {
    Type::scalar(elem)
}

/// A value in a kernel: what an instruction gave, or a constant.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct V(pub(crate) Variable);

fn emit(operation: impl Into<Operation>, elem: ElemType) -> V {
    with(|scope| {
        let out = *scope.create_local(ty(elem));
        scope.register(Instruction::new(operation, out));
        V(out)
    })
}

fn unary(make: impl FnOnce(UnaryOperator) -> Operation, x: V, elem: ElemType) -> V {
    emit(make(UnaryOperator { input: x.0 }), elem)
}

fn binary(make: impl FnOnce(BinaryOperator) -> Operation, x: V, y: V, elem: ElemType) -> V {
    debug_assert_eq!(x.elem(), y.elem(), "operands of one type");
    emit(make(BinaryOperator { lhs: x.0, rhs: y.0 }), elem)
}

/// A constant of an element type; integers wrap into it.
pub(crate) fn int(value: i128, elem: ElemType) -> V {
    let constant = match elem {
        ElemType::Bool => ConstantValue::Bool(value != 0),
        ElemType::Float(_) => ConstantValue::Float(value as f64),
        ElemType::Int(_) => ConstantValue::Int(value as i64),
        ElemType::UInt(_) => ConstantValue::UInt(value as u64),
    };
    V(Variable::constant(constant, ty(elem)))
}

/// A floating-point constant. Infinities and NaN are made from their bits: not every target can write them.
pub(crate) fn float(value: f64, elem: ElemType) -> V {
    if !value.is_finite() {
        return match elem {
            F64 => int(value.to_bits() as i128, U64).bits(F64),
            _ => int((value as f32).to_bits() as i128, U32).bits(F32),
        };
    }
    V(Variable::constant(ConstantValue::Float(value), ty(elem)))
}

/// `true` or `false`.
pub(crate) fn truth(value: bool) -> V {
    V(Variable::constant(ConstantValue::Bool(value), ty(BOOL)))
}

macro_rules! arithmetic {
    ($($name:ident = $variant:ident),* $(,)?) => {$(
        pub(crate) fn $name(self) -> V {
            unary(|op| Arithmetic::$variant(op).into(), self, self.elem())
        }
    )*};
}

macro_rules! comparisons {
    ($($name:ident = $variant:ident),* $(,)?) => {$(
        pub(crate) fn $name(self, other: impl Into<Side>) -> V {
            let other = other.into().of(self);
            binary(|op| Comparison::$variant(op).into(), self, other, BOOL)
        }
    )*};
}

/// The right side of an operator: a value, or a number that takes the left side's type.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    Value(V),
    Float(f64),
    Int(i128),
}

impl Side {
    fn of(self, other: V) -> V {
        match self {
            Side::Value(value) => value,
            Side::Float(value) => float(value, other.elem()),
            Side::Int(value) => int(value, other.elem()),
        }
    }
}

impl From<V> for Side {
    fn from(value: V) -> Side {
        Side::Value(value)
    }
}
impl From<f64> for Side {
    fn from(value: f64) -> Side {
        Side::Float(value)
    }
}
impl From<i32> for Side {
    fn from(value: i32) -> Side {
        Side::Int(value.into())
    }
}
impl From<u32> for Side {
    fn from(value: u32) -> Side {
        Side::Int(value.into())
    }
}
impl From<i128> for Side {
    fn from(value: i128) -> Side {
        Side::Int(value)
    }
}

impl V {
    pub(crate) fn elem(self) -> ElemType {
        self.0.elem_type()
    }

    pub(crate) fn is_float(self) -> bool {
        matches!(self.elem(), ElemType::Float(_))
    }

    pub(crate) fn is_signed(self) -> bool {
        matches!(self.elem(), ElemType::Int(_) | ElemType::Float(_))
    }

    /// Bits of the type.
    pub(crate) fn width(self) -> u32 {
        8 * self.0.storage_type().size() as u32
    }

    /// A constant of this value's type.
    pub(crate) fn like(self, value: impl Into<Side>) -> V {
        value.into().of(self)
    }

    arithmetic! {
        exp = Exp, log = Log, log1p = Log1p, cos = Cos, sin = Sin, tan = Tan, tanh = Tanh, sinh = Sinh,
        cosh = Cosh, acos = ArcCos, asin = ArcSin, atan = ArcTan, asinh = ArcSinh, acosh = ArcCosh, atanh = ArcTanh,
        sqrt = Sqrt, floor = Floor, ceil = Ceil, trunc = Trunc, erf = Erf,
    }

    comparisons! { lt = Lower, le = LowerEqual, gt = Greater, ge = GreaterEqual, eq = Equal }

    /// `!=`, true for NaN.
    pub(crate) fn ne(self, other: impl Into<Side>) -> V {
        let other = other.into().of(self);
        if self.is_float() {
            return self.eq(other).not();
        }
        binary(|op| Comparison::NotEqual(op).into(), self, other, BOOL)
    }

    /// Logical for truth values, of the bits otherwise.
    pub(crate) fn and(self, other: impl Into<Side>) -> V {
        let other = other.into().of(self);
        match self.elem() {
            BOOL => binary(|op| Operator::And(op).into(), self, other, BOOL),
            elem => binary(|op| Bitwise::BitwiseAnd(op).into(), self, other, elem),
        }
    }

    pub(crate) fn or(self, other: impl Into<Side>) -> V {
        let other = other.into().of(self);
        match self.elem() {
            BOOL => binary(|op| Operator::Or(op).into(), self, other, BOOL),
            elem => binary(|op| Bitwise::BitwiseOr(op).into(), self, other, elem),
        }
    }

    pub(crate) fn xor(self, other: impl Into<Side>) -> V {
        let other = other.into().of(self);
        match self.elem() {
            BOOL => self.and(other.not()).or(other.and(self.not())),
            elem => binary(|op| Bitwise::BitwiseXor(op).into(), self, other, elem),
        }
    }

    pub(crate) fn not(self) -> V {
        match self.elem() {
            BOOL => unary(|op| Operator::Not(op).into(), self, BOOL),
            elem => unary(|op| Bitwise::BitwiseNot(op).into(), self, elem),
        }
    }

    /// Both true, or both false.
    pub(crate) fn eq_truth(self, other: V) -> V {
        self.and(other).or(self.not().and(other.not()))
    }

    /// Shifts by fewer than the type's bits.
    pub(crate) fn shl(self, by: impl Into<Side>) -> V {
        let by = by.into().of(self);
        binary(|op| Bitwise::ShiftLeft(op).into(), self, by, self.elem())
    }

    pub(crate) fn shr(self, by: impl Into<Side>) -> V {
        let by = by.into().of(self);
        binary(|op| Bitwise::ShiftRight(op).into(), self, by, self.elem())
    }

    /// `if self { x } else { y }` without a jump.
    pub(crate) fn select(self, x: impl Into<Side>, y: impl Into<Side>) -> V {
        let (x, y) = match (x.into(), y.into()) {
            (Side::Value(x), y) => (x, y.of(x)),
            (x, Side::Value(y)) => (x.of(y), y),
            _ => unreachable!("one choice says the type"),
        };
        debug_assert_eq!(x.elem(), y.elem(), "choices of one type");
        let select = Select {
            cond: self.0,
            then: x.0,
            or_else: y.0,
        };
        emit(Operator::Select(select), x.elem())
    }

    /// Converts the value; what does not fit is up to the target (see `cast`).
    pub(crate) fn cast(self, to: ElemType) -> V {
        if self.elem() == to {
            return self;
        }
        let cast = unary(|op| Operator::Cast(op).into(), self, to);
        // Mesa's compiler takes `x > 0` for `x != 0` where it knows that x was narrower.
        match (to, self.elem()) {
            (I64 | U64, I8 | I16 | I32 | U8 | U16 | U32) if !target().native => held(cast),
            _ => cast,
        }
    }

    /// The same bits as another type of the same size.
    pub(crate) fn bits(self, to: ElemType) -> V {
        if self.elem() == to {
            return self;
        }
        // C++ reads a variable's bits otherwise, not a literal's.
        let from = match self.0.as_const() {
            Some(_) => emit(Operation::Copy(self.0), self.elem()),
            None => self,
        };
        unary(|op| Operator::Reinterpret(op).into(), from, to)
    }

    /// The sign of a zero that the compiler knows: whether it is minus zero.
    fn known_zero(self) -> Option<bool> {
        match self.0.as_const() {
            Some(ConstantValue::Float(zero)) if zero == 0.0 => Some(zero.is_sign_negative()),
            _ => None,
        }
    }

    /// Whether the compiler knows it for a zero, an infinity or NaN.
    pub(crate) fn is_special(self) -> bool {
        matches!(self.0.as_const(), Some(ConstantValue::Float(x)) if x == 0.0 || !x.is_finite())
    }

    /// `self * by + plus`, rounded once where the target does so in one instruction.
    pub(crate) fn mul_add(self, by: V, plus: V) -> V {
        if !(self.is_float() && target().contracts) {
            return self * by + plus;
        }
        fma(self, by, plus)
    }

    pub(crate) fn max(self, other: impl Into<Side>) -> V {
        let other = other.into().of(self);
        binary(|op| Arithmetic::Max(op).into(), self, other, self.elem())
    }

    pub(crate) fn min(self, other: impl Into<Side>) -> V {
        let other = other.into().of(self);
        binary(|op| Arithmetic::Min(op).into(), self, other, self.elem())
    }

    /// The high half of the product of two unsigned numbers.
    pub(crate) fn mul_high(self, other: impl Into<Side>) -> V {
        let other = other.into().of(self);
        binary(|op| Arithmetic::MulHi(op).into(), self, other, self.elem())
    }

    pub(crate) fn powf(self, other: V) -> V {
        binary(|op| Arithmetic::Powf(op).into(), self, other, self.elem())
    }
}

macro_rules! operator {
    ($($trait:ident $name:ident $variant:ident),* $(,)?) => {$(
        impl<S: Into<Side>> ops::$trait<S> for V {
            type Output = V;
            fn $name(self, other: S) -> V {
                let other = other.into().of(self);
                binary(|op| Arithmetic::$variant(op).into(), self, other, self.elem())
            }
        }
    )*};
}
operator! { Div div Div, Rem rem Modulo }

// Some compilers take a number for its sum with a zero that they know, and forget that minus zero becomes zero: such sums are not left to them.
impl<S: Into<Side>> ops::Add<S> for V {
    type Output = V;
    fn add(self, other: S) -> V {
        let other = other.into().of(self);
        match (self.known_zero(), other.known_zero()) {
            (_, Some(true)) => self,
            (Some(true), _) => other,
            (_, Some(false)) => is_zero(self).select(0.0, self),
            (Some(false), _) => is_zero(other).select(0.0, other),
            (None, None) => binary(|op| Arithmetic::Add(op).into(), self, other, self.elem()),
        }
    }
}

impl<S: Into<Side>> ops::Sub<S> for V {
    type Output = V;
    fn sub(self, other: S) -> V {
        let other = other.into().of(self);
        match (self.known_zero(), other.known_zero()) {
            (_, Some(false)) => self,
            (_, Some(true)) => self + 0.0,
            (Some(_), _) => self + negate(other),
            (None, None) => binary(|op| Arithmetic::Sub(op).into(), self, other, self.elem()),
        }
    }
}

fn fma(a: V, b: V, c: V) -> V {
    let op = FmaOperator {
        a: a.0,
        b: b.0,
        c: c.0,
    };
    emit(Arithmetic::Fma(op), a.elem())
}

impl<S: Into<Side>> ops::Mul<S> for V {
    type Output = V;

    /// The product, rounded by itself. A compiler that would join it to a sum is given a sum already, with a minus zero
    /// that it does not know: that costs nothing, and changes no product, not even one that is zero.
    fn mul(self, other: S) -> V {
        let other = other.into().of(self);
        if let Some(zero) = MINUS_ZERO.get().and_then(|zero| zero.of(self.elem())) {
            return fma(self, other, zero);
        }
        binary(|op| Arithmetic::Mul(op).into(), self, other, self.elem())
    }
}

impl ops::Neg for V {
    type Output = V;
    fn neg(self) -> V {
        match self.elem() {
            ElemType::UInt(_) => self.like(0) - self,
            elem => unary(|op| Arithmetic::Neg(op).into(), self, elem),
        }
    }
}

/// A variable that can be assigned.
#[derive(Clone, Copy)]
pub(crate) struct Cell(Variable);

/// A variable with a first value.
pub(crate) fn cell(first: V) -> Cell {
    let variable = with(|scope| {
        let variable = *scope.create_local_restricted(ty(first.elem()));
        scope.add_local_mut(variable);
        variable
    });
    let cell = Cell(variable);
    cell.set(first);
    cell
}

impl Cell {
    /// Its value now.
    pub(crate) fn get(self) -> V {
        emit(Operation::Copy(self.0), self.0.elem_type())
    }

    /// Assigns.
    pub(crate) fn set(self, value: V) {
        debug_assert_eq!(
            self.0.elem_type(),
            value.elem(),
            "a variable keeps its type"
        );
        with(|scope| scope.register(Instruction::new(Operation::Copy(value.0), self.0)));
    }
}

/// Runs `body` where the condition holds.
pub(crate) fn when(condition: V, body: impl FnOnce()) {
    let scope = child(body);
    let branch = If {
        cond: condition.0,
        scope,
    };
    with(|scope| scope.register(Instruction::no_out(Branch::If(Box::new(branch)))));
}

/// Runs `body` for `start`, `start + step` … below `end`.
pub(crate) fn count(start: V, end: V, step: V, body: impl FnOnce(V)) {
    let i = with(|scope| *scope.create_local_restricted(ty(start.elem())));
    let scope = child(|| body(V(i)));
    let range = RangeLoop {
        i,
        start: start.0,
        end: end.0,
        step: Some(step.0),
        inclusive: false,
        scope,
    };
    with(|scope| scope.register(Instruction::no_out(Branch::RangeLoop(Box::new(range)))));
}

/// Runs `body` while the condition, computed anew each time, holds.
pub(crate) fn while_(condition: impl FnOnce() -> V, body: impl FnOnce()) {
    let scope = child(|| {
        when(condition().not(), || {
            with(|scope| scope.register(Instruction::no_out(Branch::Break)));
        });
        body();
    });
    let body = Box::new(Loop { scope });
    with(|scope| scope.register(Instruction::no_out(Branch::Loop(body))));
}

/// Waits until all units of the cube are here and see what the others wrote to shared memory.
pub(crate) fn sync_cube() {
    with(|scope| scope.register(Instruction::no_out(Synchronization::SyncCube)));
}

/// Memory: a buffer, an array shared by a cube, or one of a unit's own.
#[derive(Clone, Copy)]
pub(crate) struct Memory(pub(crate) Variable);

impl Memory {
    pub(crate) fn elem(self) -> ElemType {
        self.0.elem_type()
    }

    /// The element at an index that the caller knows to be inside.
    pub(crate) fn at(self, index: V) -> V {
        let read = IndexOperator {
            list: self.0,
            index: index.0,
            vector_size: 0,
            unroll_factor: 1,
        };
        emit(Operator::UncheckedIndex(read), self.elem())
    }

    /// Writes the element at an index that the caller knows to be inside.
    pub(crate) fn put(self, index: V, value: V) {
        debug_assert_eq!(self.elem(), value.elem(), "memory keeps its type");
        let write = IndexAssignOperator {
            index: index.0,
            value: value.0,
            vector_size: 0,
            unroll_factor: 1,
        };
        with(|scope| {
            scope.register(Instruction::new(
                Operator::UncheckedIndexAssign(write),
                self.0,
            ));
        });
    }
}

/// Memory that the units of a cube share.
pub(crate) fn shared(elem: ElemType, length: usize) -> Memory {
    Memory(with(|scope| {
        *scope.create_shared_array(ty(elem), length, None)
    }))
}

/// The `number`-th scalar of that type that the launch gives.
pub(crate) fn scalar(number: usize, elem: ElemType) -> V {
    V(with(|scope| *scope.scalar(number as u32, elem.into())))
}

fn builtin(what: Builtin) -> V {
    V(Variable::builtin(what, U32.into()))
}

/// The cube's number in a grid of two dimensions.
pub(crate) fn cube() -> V {
    builtin(Builtin::CubePosY) * builtin(Builtin::CubeCountX) + builtin(Builtin::CubePosX)
}

/// How many cubes run.
pub(crate) fn cubes() -> V {
    builtin(Builtin::CubeCountX) * builtin(Builtin::CubeCountY)
}

/// The unit's number in its cube.
pub(crate) fn unit() -> V {
    builtin(Builtin::UnitPosX)
}

/// A zero that the target's compiler cannot know: the first scalar of every kernel.
fn unknown_zero() -> V {
    scalar(0, U32)
}

/// The value, through which no compiler simplifies: Vulkan's may take `(a + b) - a` for `b`.
pub(crate) fn hold(x: V) -> V {
    if target().native {
        return x;
    }
    held(x)
}

fn held(x: V) -> V {
    let zero = |elem: ElemType| match elem {
        U32 => unknown_zero(),
        _ => unary(|op| Operator::Cast(op).into(), unknown_zero(), elem),
    };
    match x.elem() {
        F64 => x.bits(U64).xor(zero(U64)).bits(F64),
        F32 => x.bits(U32).xor(zero(U32)).bits(F32),
        elem => x.xor(zero(elem)),
    }
}
