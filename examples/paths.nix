# Every derivation of the package set with its store path: what the README's first command prints.
let packages = import ./.; in
builtins.listToAttrs (builtins.concatMap
  (name: if packages.${name} ? drvPath then [ { inherit name; value = packages.${name}.drvPath; } ] else [ ])
  (builtins.attrNames packages))
