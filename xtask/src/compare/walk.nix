# Walks attribute paths of a package set one after the other and says of each what it is, one line of JSON in a trace:
#   [ path "drv" drvPath ]   [ path "set" names ]   [ path "other" "" ]   [ path "fails" "" ]
# The lines come as the walk goes, so an error nobody can catch ends the walk but loses nothing before it.
{ nixpkgs, paths }:
let
  packages = import nixpkgs { config = { }; overlays = [ ]; system = "x86_64-linux"; };
  get = builtins.foldl' (set: name: set.${name}) packages;
  look = path:
    let value = get path; in
    if !builtins.isAttrs value then [ path "other" "" ]
    else if value.type or "" == "derivation" then [ path "drv" (builtins.unsafeDiscardStringContext value.drvPath) ]
    else if path == [ ] || value.recurseForDerivations or false == true
    then [ path "set" (builtins.attrNames value) ]
    else [ path "other" "" ];
  line = path:
    let tried = builtins.tryEval (let found = look path; in builtins.deepSeq found found); in
    builtins.toJSON (if tried.success then tried.value else [ path "fails" "" ]);
in
builtins.foldl' (done: path: builtins.seq done (builtins.trace "@@${line path}" (done + 1))) 0 paths
