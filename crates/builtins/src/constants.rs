//! Constants of the evaluation: versions, the system, the time, the store's folder, the search path.
//!
//! In: settings, the host's clock. Out: values. Rows without arguments, computed when first used.
//! Not here: `true`, `false`, `null` and `builtins` itself (the machine makes them).

use frazil_base::sym;
use frazil_eval::{Answer, Builtin, Vm};
use frazil_macros::builtin;

pub(crate) const ROWS: &[Builtin] =
    &[CURRENT_SYSTEM, CURRENT_TIME, NIX_VERSION, LANG_VERSION, STORE_DIR, NIX_PATH];

/// The system that derivations are built for by default. Absent in pure evaluation.
///
/// ```nix
/// builtins.isString (builtins.currentSystem or "")
/// ```
#[builtin(name = "currentSystem")]
fn current_system(vm: &mut Vm) -> Answer {
    let system = vm.settings.system.clone().unwrap_or_default();
    Ok(vm.heap.string(&system, 0))
}

/// Seconds since 1970, the same throughout an evaluation. Absent in pure evaluation.
///
/// ```nix
/// builtins.isInt (builtins.currentTime or 0)
/// ```
#[builtin(name = "currentTime")]
fn current_time(vm: &mut Vm) -> Answer {
    let now = vm.host.now();
    Ok(vm.heap.int(now))
}

/// The version of Nix whose language this is.
///
/// ```nix
/// builtins.compareVersions builtins.nixVersion "2.3" >= 0
/// ```
#[builtin(name = "nixVersion")]
fn nix_version(vm: &mut Vm) -> Answer {
    let version = vm.settings.nix_version.clone();
    Ok(vm.heap.string(&version, 0))
}

/// The version of the language.
///
/// ```nix
/// builtins.langVersion >= 6
/// ```
#[builtin(name = "langVersion")]
fn lang_version(vm: &mut Vm) -> Answer {
    Ok(vm.heap.int(6))
}

/// The store's folder.
///
/// ```nix
/// builtins.isString builtins.storeDir
/// ```
#[builtin(name = "storeDir")]
fn store_dir(vm: &mut Vm) -> Answer {
    let folder = vm.settings.store_dir.clone();
    Ok(vm.heap.string(&folder, 0))
}

/// The search path that `<name>` is looked up in: a list of `{ prefix, path }`. Empty in pure evaluation.
///
/// ```nix
/// builtins.isList builtins.nixPath
/// ```
#[builtin(name = "nixPath")]
fn nix_path(vm: &mut Vm) -> Answer {
    let entries = if vm.settings.pure { Vec::new() } else { vm.settings.search_path.clone() };
    let mut list = Vec::with_capacity(entries.len());
    for (prefix, path) in entries {
        let attrs =
            vec![(sym::PREFIX, vm.heap.string(&prefix, 0)), (sym::PATH, vm.heap.string(&path, 0))];
        list.push(vm.make_attrs(attrs));
    }
    Ok(vm.heap.list(&list))
}
