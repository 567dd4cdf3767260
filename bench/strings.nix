# Long strings: doubled, joined from many parts, cut, replaced in.
# full: --arg n 1000000 => "100000000 100999999 abcdefghij-abcdefgh 102400000"
# gate: --arg n 1000 => "100000 100999 abcdefghij-abcdefgh 102400"
{ n }:
let
  inherit (builtins) concatStringsSep genList replaceStrings stringLength substring;
  ten = "abcdefghij";
  hundred = "${ten}${ten}${ten}${ten}${ten}${ten}${ten}${ten}${ten}${ten}";
  joined = concatStringsSep "" (genList (i: hundred) n);
  parted = concatStringsSep "-" (genList (i: hundred) n);
  double = text: times: if times == 0 then text else double (text + text) (times - 1);
  doubled = double (concatStringsSep "" (genList (i: hundred) (n / 1000))) 10;
  cut = substring 90 19 (replaceStrings [ "jab" ] [ "jab" ] parted);
in
"${toString (stringLength joined)} ${toString (stringLength parted)} ${cut} ${toString (stringLength doubled)}"
