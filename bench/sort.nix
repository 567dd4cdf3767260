# Sorting numbers in no order, with a comparison written in the language and with the builtin one.
# full: --arg n 1000000 => "0 499999 999999 true"
# gate: --arg n 1000 => "0 499 999 true"
{ n }:
let
  inherit (builtins) elemAt genList sort;
  # 7919 is prime and divides no n here, so every number below n comes once.
  mixed = genList (i: i * 7919 - i * 7919 / n * n) n;
  sorted = sort (a: b: a < b) mixed;
  again = sort builtins.lessThan mixed;
  at = i: toString (elemAt sorted i);
in
"${at 0} ${at (n / 2 - 1)} ${at (n - 1)} ${if sorted == again then "true" else "false"}"
