//! The instruction table. A row is the whole definition: name, operands, notation, a sentence.
//!
//! Conventions: `dst` is a slot; "forces" means to weak head normal form by suspending the frame and running the instruction
//! again afterwards, so every instruction reads all it forces before it writes or allocates. "skip" means: on success the
//! next instruction is jumped over, which is how fallbacks are written. Calls overlap windows: the arguments' slots become
//! the callee's first slots, so every slot from `args` on is dead afterwards.

use crate::table::{instructions, operand_of, operand_renumbered, operand_type, operand_view};

instructions! {
    // Moving
    Move { dst: Dst, src: Src } "dst <- src" "Copies without forcing.";
    Move2 { dst: Reg, a: Src, b: Src } "dst <- a; dst+1 <- b" "Copies two without forcing.";
    LoadConst { dst: Dst, index: Const } "dst <- constants[index]" "A constant whose number does not fit an operand.";
    Force { dst: Dst, src: Src } "dst <- force src" "Forces and copies.";

    // Control
    Jump { to: To } "goto to" "Always forward.";
    JumpIfFalse { cond: Src, to: To } "if !force cond goto to" "Forces; not a boolean is a type error.";
    JumpIfTrue { cond: Src, to: To } "if force cond goto to" "Forces; not a boolean is a type error.";
    CheckBool { dst: Dst, src: Src } "dst <- force src : bool" "The right operand of a boolean operator.";
    Return { src: Src } "return force src" "Ends the frame; a thunk's frame updates its thunk.";
    Fail { message: Text } "throw AssertionError texts[message]" "A failed assertion; the text is the condition's.";
    FailEqual { a: Src, b: Src, message: Text } "throw AssertionError (difference of a and b)" "A failed `assert a == b`; says where they differ.";
    FailUndefined { name: Site } "throw UndefinedVariable name" "Reached only when no scope and no `with` binds the name.";

    // Arithmetic, comparison, logic: operands are forced, left first
    Add { dst: Dst, a: Src, b: Src } "dst <- a + b" "Numbers, strings, paths; the first operand decides.";
    Sub { dst: Dst, a: Src, b: Src } "dst <- a - b" "Overflow is an error.";
    Mul { dst: Dst, a: Src, b: Src } "dst <- a * b" "Overflow is an error.";
    Div { dst: Dst, a: Src, b: Src } "dst <- a / b" "Division by zero is an error, for floats too.";
    Neg { dst: Dst, src: Src } "dst <- 0 - src" "As Nix's `__sub 0 src`.";
    Not { dst: Dst, src: Src } "dst <- !src" "Not a boolean is a type error.";
    Equal { dst: Dst, a: Src, b: Src } "dst <- a == b" "Nix equality.";
    NotEqual { dst: Dst, a: Src, b: Src } "dst <- a != b" "Nix equality, negated.";
    Less { dst: Dst, a: Src, b: Src } "dst <- a < b" "Nix ordering.";
    NotLess { dst: Dst, a: Src, b: Src } "dst <- !(a < b)" "Nix ordering, negated; `>` and `<=` are these two with their operands swapped.";

    // Strings and lists
    Coerce { dst: Dst, src: Src, role: Count8 } "dst <- src as a string" "What has no place of its own in `role` is coerced weakly, before what follows runs: 0 the first operand of a sum, where numbers and paths stay; 1 a part of a path, where paths stay; 2 a part of a string, where paths are copied to the store.";
    Interpolate { dst: Dst, first: Reg, count: Count } "dst <- \"${first}…${first+count-1}\"" "Coerces each part weakly, copying paths to the store, and joins.";
    InterpolatePath { dst: Dst, first: Reg, count: Count } "dst <- path first + …" "The first part is a path constant; others are coerced without copying; the result is canonical.";
    MakeList { dst: Dst, first: Reg, count: Count } "dst <- [ first … first+count-1 ]" "Elements are not forced.";
    ConcatLists { dst: Dst, first: Reg, count: Count } "dst <- first ++ … ++ first+count-1" "Forces each, in order; each must be a list.";

    // Attribute sets
    MakeAttrs { dst: Dst, first: Reg, site: AttrsSite } "dst <- { names = first … }" "Values stand in the order of the site's names (by symbol number).";
    GatherAttrs { dst: Dst, first: Reg, site: AttrsSite } "dst <- { names = first + order … }" "As MakeAttrs, of code that was kept by an evaluation in which the names had other numbers: the site says where the value of each stands.";
    AddDynamic { dst: Dst, attrs: Reg, first: Reg, count: Count8 } "dst <- attrs with name/value pairs at first" "`count` pairs (name, value); names are forced: null drops the pair, a duplicate is an error.";
    NameFunction { func: Src, name: Src } "name of func <- name" "After AddDynamic: a function written there is called by its computed name from now on; null names nothing.";
    Overrides { attrs: Reg, first: Reg, site: AttrsSite } "attrs <- attrs // attrs.__overrides" "For `rec` with `__overrides`: forces it, and writes overriding values into the slots at `first` (the site's order) as well.";
    Update { dst: Dst, a: Src, b: Src } "dst <- a // b" "Forces b first, then a.";
    Select { dst: Dst, src: Src, name: Site } "dst <- force src.name" "Forces the set, selects, forces the value; a missing attribute is an error.";
    SelectDynamic { dst: Dst, src: Src, name: Src } "dst <- force src.${name}" "As Select; the name is forced first and must be a string.";
    TrySelect { dst: Dst, src: Src, name: Site } "if src ? name { dst <- src.name; skip }" "Forces the set but not the value; not a set counts as missing.";
    TrySelectDynamic { dst: Dst, src: Src, name: Src } "if src ? ${name} { dst <- src.${name}; skip }" "As TrySelect.";
    HasAttr { dst: Dst, src: Src, name: Site } "dst <- src ? name" "False for what is no set; the value is not forced.";
    HasAttrDynamic { dst: Dst, src: Src, name: Src } "dst <- src ? ${name}" "As HasAttr.";
    LookupWith { dst: Dst, site: WithSite } "dst <- force with…name" "Searches the site's `with` sets, innermost first, forcing them as needed; forces the value.";

    // Functions and thunks
    MakeThunk { dst: Dst, proto: Proto } "dst <- thunk proto" "Captures are read now.";
    MakeClosure { dst: Dst, proto: Proto } "dst <- function proto" "Captures are read now.";
    AllocThunk { dst: Dst, proto: Proto } "dst <- thunk proto, captures later" "For recursive scopes; nothing may run before FillCaptures.";
    AllocClosure { dst: Dst, proto: Proto } "dst <- function proto, captures later" "For recursive scopes; nothing may run before FillCaptures.";
    FillCaptures { slot: Reg, proto: Proto } "captures of slot <- now" "Completes AllocThunk and AllocClosure.";
    BindFormals { first: Reg } "slots first… <- attributes of r0" "Checks r0 against the function's formals; an absent one with a default leaves its slot empty.";
    AllocDefault { dst: Dst, proto: Proto } "if dst is empty: dst <- thunk proto, captures later" "The default of an absent formal.";
    FillDefault { slot: Reg, proto: Proto } "if slot holds the fresh default: captures <- now" "Completes AllocDefault.";
    Call { dst: Dst, func: Src, args: Reg, count: Count8 } "dst <- func args … args+count-1" "Forces the function first. Slots from `args` on are dead afterwards.";

    Call1 { dst: Dst, func: Src, arg: Src } "dst <- func arg" "As Call with one argument; it is copied to the window's last slot, which nothing else uses.";

    // Cheap now: do it if that can neither fail nor run anything, else fall through to MakeThunk
    CheapSelect { dst: Dst, src: Src, name: Site, how: Count8 } "if src.name is at hand { dst <- it; skip }" "No forcing, no failing. A suspended selection is a cell of its own, which Nix compares functions by, so a function is copied, unless `how` has bit 0: the step before another. Bit 1: if there is none, dst holds the default already; skip.";
    CheapSelectDynamic { dst: Dst, src: Src, name: Src, how: Count8 } "if src.${name} is at hand { dst <- it; skip }" "As CheapSelect; the name must be a string at hand.";
    CheapWith { dst: Dst, site: WithSite } "if the name is at hand { dst <- it; skip }" "No forcing, no failing, no functions (see CheapSelect).";
    CheapHasAttr { dst: Dst, src: Src, name: Site } "if src is at hand { dst <- src ? name; skip }" "No forcing, no failing.";
    CheapNot { dst: Dst, src: Src } "if src is a boolean at hand { dst <- !src; skip }" "No forcing, no failing.";
    CheapArith { dst: Dst, a: Src, b: Src, what: Count8 } "if a, b are small numbers at hand { dst <- a what b; skip }" "`what`: 0 +, 1 -, 2 *, 3 ==, 4 !=, 5 <, 6 <=, 7 >, 8 >=. Falls through on overflow or other types.";
    CheapCall { dst: Dst, func: Src, args: Reg, count: Count8 } "if func is a total builtin and its arguments are at hand, or wants more of them { dst <- func args…; skip }" "`isX`, `head`, `length` and their like; partial applications.";
    CheapCall1 { dst: Dst, func: Src, arg: Src } "as CheapCall with one argument" "`isX`, `head`, `length` and their like; partial applications.";
}

/// The bits of `how` in [`Op::CheapSelect`] and [`Op::CheapSelectDynamic`].
pub mod how {
    /// A function is taken as it is.
    pub const STEP: u8 = 1;
    /// What is absent has a default, which `dst` holds.
    pub const OR: u8 = 2;
}

const _: () = assert!(size_of::<Op>() == 8);
