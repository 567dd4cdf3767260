let
  lib = import <lib>;
  greet = who: "hello, " + who.nam;
in
{
  typo = greet { name = "world"; };
  context = builtins.addErrorContext "while greeting the world" (greet 5);
  callback = lib.concat (x: x + 1) [ "a" "b" ];
  misuse = lib.concat (x: x) 5;
  loop = let x = y + 1; y = z.q; z = { q = x; }; in x;
  call = greet "a" "b";
  deep = let count = n: if n == 0 then throw "at the bottom" else 1 + count (n - 1); in count 100;
  assertion = assert 1 == 2; 1;
  long = { text = "................................................................................................"; }.txt + "................................................................................................................";
	tab	= 1 + "x" + "日本" + 1;
  control = throw (builtins.fromJSON ''"an \u001b[31mevil\u001b[0m bell \u0007\ntwo\tlines"'');
}
