{
  a = 1;
  b = { c = [ 1 2 { d = "deep"; } ]; };
  "x.y" = true;
  f = { x, y ? 2 }: x + y;
  g = { x ? 1, ... }@all: all;
  h = a: b: a + b;
  s = "text";
  p = ./lib;
  lazy = 1 + 1;
  bad = throw "bad";
  functor = { __functor = self: { v ? 5 }: v; };
}
