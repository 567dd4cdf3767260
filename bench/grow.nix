# Many updates one after the other, each with a new name: the set grows.
# full: --arg n 20000 => "20000 19999"
# gate: --arg n 400 => "400 399"
{ n }:
let
  inherit (builtins) attrNames foldl' genList length;
  result = foldl' (set: i: set // { "name${toString i}" = i; }) { } (genList (i: i) n);
in
"${toString (length (attrNames result))} ${toString result."name${toString (n - 1)}"}"
