# Calls of a small function that calls itself: arithmetic, comparison, calls.
# full: --arg n 30 => 832040
# gate: --arg n 19 => 4181
{ n }:
let
  fib = n: if n < 2 then n else fib (n - 1) + fib (n - 2);
in
fib n
