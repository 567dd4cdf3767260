//! `frazil check`: what is wrong or doubtful in a text, without evaluating it.
//!
//! In: texts. Out: errors of syntax and names as Nix words them, and warnings, each with a code that `--explain` says more of.
//! Exit status 1 for an error; for a warning only with `--deny`.

mod codes;
mod walk;

use crate::eval_flags::EvalFlags;
use crate::failure::{self, Failure};
use crate::flags::{Id, Said};
use crate::input::{Input, parse};
use crate::json_text::{object, string};
use crate::output;
use crate::world::World;
use codes::CODES;
use frazil::{Error, ErrorKind, Trees, Vm};
pub(crate) use walk::Warning;

/// Runs it.
///
/// # Errors
/// Something is wrong.
pub(crate) fn run(said: Vec<Said>) -> Result<(), Failure> {
    let mut flags = EvalFlags::new()?;
    let mut inputs = Vec::new();
    let mut deny = false;
    for said in said {
        if flags.take(&said)? {
            continue;
        }
        match said {
            Said::Operand(name) => inputs.push(Input::file(&name)?),
            Said::Flag(Id::ExprValue, mut values) => inputs.extend(values.pop().map(Input::Text)),
            Said::Flag(Id::Deny, _) => deny = true,
            Said::Flag(Id::Explain, mut values) => {
                return explain(&values.pop().unwrap_or_default());
            }
            _ => {}
        }
    }
    if inputs.is_empty() {
        inputs.push(Input::file(b"./default.nix")?);
    }
    let mut world = World::new(flags, true)?;
    world.report_errors(&inputs);
    let (mut errors, mut warnings) = (0, 0);
    for input in &inputs {
        let (mut evaluator, _progress) = world.evaluator(true);
        let vm = &mut evaluator.vm;
        match check(&world, vm, input) {
            Ok(found) => {
                warnings += found.len();
                for warning in &found {
                    tell(&world, vm, warning);
                }
            }
            Err(error) => {
                errors += 1;
                output::complain(
                    &Failure::of(&error, vm, &world.errors).text("frazil check", false),
                );
            }
        }
    }
    if errors > 0 || (deny && warnings > 0) { Err(Failure::Silent) } else { Ok(()) }
}

fn check(world: &World, vm: &mut Vm, input: &Input) -> Result<Vec<Warning>, Error> {
    let (source, folder) = input.source(world, vm)?;
    let parsed = parse(vm, source, &folder);
    if let Some(first) = parsed.errors.first() {
        return Err(Error::new(ErrorKind::Syntax, first.text(&vm.sources)).or_at(first.pos()));
    }
    let is_global = |name| vm.global(name).is_some();
    let warnings = walk::warnings(&parsed.ast, parsed.root, &vm.symbols, &is_global);
    // Only now: resolving finds names that nothing binds.
    vm.load(source, &folder, None, false)?;
    Ok(warnings)
}

fn tell(world: &World, vm: &mut Vm, warning: &Warning) {
    let error = Error::new(ErrorKind::Eval, warning.text.clone()).or_at(warning.pos);
    if world.errors.json {
        let members = [
            ("version", "1".to_string()),
            ("kind", string(b"warning")),
            ("code", string(warning.code.as_bytes())),
            ("message", string(&warning.text)),
            ("position", failure::position(vm, &mut Trees::default(), warning.pos)),
        ];
        return output::complain(format!("{}\n", object(&members)).as_bytes());
    }
    let head = format!("warning[{}]:", warning.code);
    let text = failure::headed(&head, &error, vm, &world.errors);
    output::complain(&[&*text, b"\n"].concat());
}

/// The page of a code; of `all`, one document.
fn explain(code: &[u8]) -> Result<(), Failure> {
    if code == b"all" {
        let pages = CODES.iter().map(|known| format!("\n## {}\n\n{}\n", known.code, known.page));
        let head = "# What `frazil check` warns of\n\nThis page is printed by `frazil check --explain all`.\n";
        return output::print(format!("{head}{}", pages.collect::<String>()).as_bytes());
    }
    match CODES.iter().find(|known| known.code.as_bytes() == code) {
        Some(known) => output::print(format!("{}\n\n{}\n", known.code, known.page).as_bytes()),
        None => {
            let all: Vec<&str> = CODES.iter().map(|known| known.code).collect();
            Err(Failure::Usage(format!(
                "'{}' is no code; there are: {}",
                String::from_utf8_lossy(code),
                all.join(", ")
            )))
        }
    }
}
