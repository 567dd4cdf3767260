# A set of many names, made from a list and listed again.
# full: --arg n 1000000 => "1000000 name0 name999999 999999"
# gate: --arg n 1500 => "1500 name0 name999 1499"
{ n }:
let
  inherit (builtins) attrNames elemAt genList length listToAttrs;
  set = listToAttrs (genList (i: { name = "name${toString i}"; value = i; }) n);
  names = attrNames set;
  last = n - 1;
in
"${toString (length names)} ${elemAt names 0} ${elemAt names last} ${toString set."name${toString last}"}"
