/*
  The function `derivation`.

  Its argument is a set with at least `name`, `system` and `builder`; every
  other attribute becomes an environment variable of the build. `args` are
  the builder's arguments and `outputs` names what the build makes; without
  it there is one output, `out`.

  The result is the argument with further attributes:

    outPath     where the chosen output will be, as a string that depends
                on the derivation
    drvPath     where the derivation itself is written
    type        "derivation"
    outputName  the name of the chosen output
    all         one such set for each output, in the order of `outputs`
    drvAttrs    the argument

  and one attribute for each output, the set with that output chosen. The
  first output is chosen to begin with.

  Nothing is computed before a path is asked for: `derivationStrict` looks
  at the whole argument, so it must not run as long as only attributes
  that the argument has are read.

  Where some of the lines below stand, and how they begin, is as in the
  reference, because its traces quote them and scripts compare those.

*/
drvAttrs@{
  outputs ? [ "out" ],
  ...
}:

let

  strict = derivationStrict drvAttrs;

  commonAttrs =
    drvAttrs
    // builtins.listToAttrs outputsList
    // {
      all = builtins.map (output: output.value) outputsList;
      inherit drvAttrs;
    };

  select = outputName: {
    name = outputName;
    value = commonAttrs // {
      outPath = builtins.getAttr outputName strict;
      drvPath = strict.drvPath;
      type = "derivation";
      inherit outputName;
    };
  };

  outputsList = builtins.map select outputs;

in
(builtins.head outputsList).value
