# Derivations: the package set of `examples/`, and many derivations that need one another.
# full: --arg n 3000 => "11 3000"
# gate: --arg n 20 => "11 20"
{ n }:
let
  inherit (builtins) attrNames elemAt foldl' genList length seq stringLength;
  paths = import ../examples/paths.nix;
  package = i: derivation {
    name = "package-${toString i}";
    system = "x86_64-linux";
    builder = "/bin/sh";
    outputs = [ "out" "dev" ];
    args = [ "-c" "echo ${toString i} > $out" ];
    inputs = if i == 0 then [ ] else [ (elemAt packages (i - 1)).dev (elemAt packages (i / 2)) ];
    passAsFile = [ "text" ];
    text = genList (j: "line ${toString j} of ${toString i}") 40;
  };
  packages = genList package n;
  # From the first on, so that nothing nests deeply.
  count = foldl' (number: package: seq (stringLength package.drvPath) (number + 1)) 0 packages;
in
"${toString (length (attrNames (builtins.deepSeq paths paths)))} ${toString count}"
