# A strict fold over a long list that another builtin makes.
# full: --arg n 10000000 => 49999995000000
# gate: --arg n 6000 => 17997000
{ n }: builtins.foldl' (sum: x: sum + x) 0 (builtins.genList (i: i) n)
