//! Text for the parser: a file that looks like a large list of packages, the same on every machine.
//!
//! In:  how many packages.   Out: a file; its value is a function from a number to a number, so that nearly all of the work is reading it.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes `packages-n.nix` into a folder and says where it is.
///
/// Package by package: what this tool has in memory when it starts a program is the least peak it sees of it.
pub(super) fn file(folder: &Path, packages: &str) -> Result<PathBuf, String> {
    let count: u64 = packages.parse().map_err(|_| format!("TEXT-{packages} wants a number"))?;
    let file = folder.join(format!("packages-{count}.nix"));
    let fail = |error: std::io::Error| format!("{}: {error}", file.display());
    std::fs::create_dir_all(folder).map_err(fail)?;
    let out = File::create(&file).map_err(fail)?;
    write(BufWriter::new(out), count).map_err(fail)?;
    Ok(file)
}

fn write(mut out: impl Write, count: u64) -> std::io::Result<()> {
    out.write_all(b"# Generated; nothing of it is evaluated but its size.\n{ size }:\nlet\n")?;
    out.write_all(b"  packages = self: with self; {\n")?;
    for number in 0..count {
        package(&mut out, number)?;
    }
    out.write_all(b"  };\nin\nif size < 0 then packages { } else size + 1\n")?;
    out.flush()
}

/// One package, in the manner of package sets: functions with defaults, texts of both kinds, paths, conditions, comments.
fn package(out: &mut impl Write, number: u64) -> std::io::Result<()> {
    // Spread over a few forms without a pattern that a predictor learns.
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    let other = mixed % (number + 1);
    match mixed % 4 {
        0 => write!(
            out,
            "    package{number} = callPackage ../development/libraries/package{number} {{\n      inherit (package{other}) stdenv lib;\n      enableTests = {} && !stdenv.isDarwin; # slow\n    }};\n\n",
            mixed.is_multiple_of(3)
        ),
        1 => write!(
            out,
            "    package{number} = {{ stdenv, fetchurl, package{other} ? null, doCheck ? true, ... }}@args: stdenv.mkDerivation rec {{\n      pname = \"package{number}\";\n      version = \"{}.{}\";\n      src = fetchurl {{\n        url = \"https://example.org/${{pname}}/${{pname}}-${{version}}.tar.gz\";\n        sha256 = \"{mixed:052x}\";\n      }};\n      buildInputs = [ package{other} ] ++ args.extra or [ ];\n    }};\n\n",
            mixed % 9,
            mixed % 31
        ),
        2 => write!(
            out,
            "    package{number} = lib.makeOverridable (self: super: super // {{\n      postInstall = ''\n        mkdir -p $out/bin # ''${{not}} one of ours\n        ln -s ${{package{other}}}/bin/tool $out/bin/${{self.name}}\n          wrapProgram \"$out/bin/tool\" --prefix PATH : ${{lib.makeBinPath [ package{other} ]}}\n      '';\n      meta.platforms = lib.platforms.linux; meta.priority = {} - 2 * {mixed};\n    }});\n\n",
            mixed % 7
        ),
        _ => write!(
            out,
            "    /* The name is kept for those who know package{number} by it. */\n    package{number} = let base = package{other}; in\n      if base ? override && base.version or \"0\" != \"{mixed}\" then base.override {{ inherit package{other}; }}\n      else throw \"package{number} wants package{other}\";\n\n"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::write;

    #[test]
    fn the_same_count_gives_the_same_text() {
        let text = |count| {
            let mut out = Vec::new();
            write(&mut out, count).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(text(50), text(50));
        assert!(text(50).contains("package49 = "));
    }
}
