//! Which program a tool drives, and the environment it runs in.
//!
//! Invariant: the environment is the same for ours and for a reference, and holds nothing of the caller's but `PATH`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The root of this repository.
#[must_use]
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The `frazil` built beside this tool.
pub fn beside() -> Result<String, String> {
    built("fast")
}

/// The `frazil` built with a profile.
pub fn built(profile: &str) -> Result<String, String> {
    let tool = std::env::current_exe().map_err(|error| error.to_string())?;
    let own = tool.parent().unwrap_or(Path::new(""));
    // A tool that was itself built with another profile drives what stands beside it.
    let folder = if profile == "fast" { own.into() } else { own.join("..").join(profile) };
    let binary = folder.join(format!("frazil{}", std::env::consts::EXE_SUFFIX));
    let Ok(binary) = binary.canonicalize() else {
        let build = format!("cargo build --profile {profile} -p frazil-cli");
        let shown = binary.display();
        return Err(format!("there is no {shown}: build it with `{build}`, or say --bin PATH"));
    };
    Ok(binary.display().to_string())
}

/// An environment for a program that evaluates: no user, no configuration, no store, no search path.
#[must_use]
pub fn environment(home: &Path) -> Vec<(String, OsString)> {
    let mut env: Vec<(String, OsString)> = [
        ("HOME", home.as_os_str().to_owned()),
        ("LANG", "C.UTF-8".into()),
        ("NO_COLOR", "1".into()),
        ("NIX_REMOTE", "dummy://".into()),
        ("NIX_STORE_DIR", "/nix/store".into()),
        ("NIX_CONF_DIR", home.join("etc").into_os_string()),
        ("NIX_USER_CONF_FILES", home.join("etc/none.conf").into_os_string()),
        ("NIX_PATH", "".into()),
        ("_NIX_TEST_NO_ENVIRONMENT_WARNINGS", "1".into()),
    ]
    .map(|(name, value)| (name.to_string(), value))
    .to_vec();
    if let Some(path) = std::env::var_os("PATH") {
        env.push(("PATH".into(), path));
    }
    env
}
