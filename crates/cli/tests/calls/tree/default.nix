{ name ? "default", extra ? null }:
{
  inherit name extra;
  drv = derivation { inherit name; system = "x"; builder = "/bin/sh"; };
  nested = {
    recurseForDerivations = true;
    one = derivation { name = "one"; system = "x"; builder = "b"; };
    two = derivation { name = "two"; system = "x"; builder = "b"; outputs = [ "out" "dev" ]; };
  };
  hidden.three = derivation { name = "three"; system = "x"; builder = "b"; };
}
