let
  map = f: list: builtins.map f list;
in
{
  concat = f: list: builtins.concatStringsSep "" (map f list);
}
