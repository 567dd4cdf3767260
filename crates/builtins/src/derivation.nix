# A derivation's attributes, of which the paths are computed when they are asked for.
drvAttrs@{ outputs ? [ "out" ], ... }:
let
  paths = derivationStrict drvAttrs;

  # The set that stands for one output.
  select = outputName: {
    name = outputName;
    value = common // {
      inherit outputName;
      outPath = builtins.getAttr outputName paths;
      drvPath = paths.drvPath;
      type = "derivation";
    };
  };

  selected = builtins.map select outputs;

  common = drvAttrs // builtins.listToAttrs selected // {
    all = builtins.map (output: output.value) selected;
    inherit drvAttrs;
  };
in
(builtins.head selected).value
