# A tiny standard environment: a builder script, defaults, and dependencies as environment variables.
{ system ? "x86_64-linux" }:
let
  script = builtins.toFile "setup.sh" ''
    set -e
    export PATH=
    for input in $inputs; do PATH="$PATH''${PATH:+:}$input/bin"; done
    eval "$buildPhase"
  '';
in
{
  inherit system;
  mkDerivation = { name ? "${pname}-${version}", pname ? "unnamed", version ? "0", inputs ? [ ], outputs ? [ "out" ], ... }@args:
    derivation ({
      inherit system name inputs outputs;
      builder = "/bin/sh";
      args = [ "-e" script ];
      buildPhase = ''echo "${name}" > "$out"'';
    } // removeAttrs args [ "passthru" "meta" ])
    // (args.passthru or { }) // { meta = args.meta or { }; inherit version; };

  # A source with a known hash: what a download would be.
  fetch = { name, url, sha256 }: derivation {
    inherit name url system;
    builder = "builtin:fetchurl";
    outputHash = sha256;
    outputHashAlgo = "sha256";
    outputHashMode = "flat";
    preferLocalBuild = true;
  };
}
