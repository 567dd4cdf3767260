# A derivation read from the store: sets for its outputs, of which the first stands for it.
{ name, drvPath, outputs }:
let
  select = output: {
    inherit (output) name;
    value = common // {
      inherit drvPath;
      outputName = output.name;
      outPath = output.path;
      type = "derivation";
    };
  };

  selected = builtins.map select outputs;

  common = { inherit name; } // builtins.listToAttrs selected // {
    all = builtins.map (output: output.value) selected;
  };
in
(builtins.head selected).value
