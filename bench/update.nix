# Many updates one after the other: of a set whose names stay the same, by turns with one name and with three.
# full: --arg n 100000 => "99999 99998 99999 32"
# gate: --arg n 1500 => "1499 1498 1499 32"
{ n }:
let
  inherit (builtins) attrNames foldl' genList length listToAttrs;
  start = listToAttrs (genList (i: { name = "name${toString i}"; value = i; }) 28) // { even = 0; odd = 0; last = 0; all = 0; };
  step = set: i:
    if i / 2 * 2 == i then set // { even = i; last = i; all = set.all + i; } else set // { odd = i; } // { last = i; };
  result = foldl' (set: i: let next = step set i; in builtins.seq next.all next) start (genList (i: i) n);
in
"${toString result.odd} ${toString result.even} ${toString result.last} ${toString (length (attrNames result))}"
