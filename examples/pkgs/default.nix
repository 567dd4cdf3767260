# The package set: a dozen packages on the standard environment, as an overlay on nothing.
final: previous:
let
  inherit (final) call stdenv;
in
{
  stdenv = import ./stdenv.nix { };
  call = (import ../lib).callWith final;

  zlib-source = stdenv.fetch {
    name = "zlib-1.3.tar.gz";
    url = "https://example.org/zlib-1.3.tar.gz";
    sha256 = "0000000000000000000000000000000000000000000000000000";
  };
  zlib = call ({ stdenv, zlib-source }: stdenv.mkDerivation {
    pname = "zlib"; version = "1.3"; src = zlib-source; outputs = [ "out" "dev" ];
  }) { };
  openssl = call ({ stdenv, zlib }: stdenv.mkDerivation { pname = "openssl"; version = "3.0"; inputs = [ zlib zlib.dev ]; }) { };
  curl = call ({ stdenv, openssl, zlib, withHttp2 ? false }: stdenv.mkDerivation {
    pname = "curl"; version = "8.1"; inputs = [ openssl zlib ]; configureFlags = if withHttp2 then [ "--http2" ] else [ ];
  }) { };
  git = call ({ stdenv, curl, zlib }: stdenv.mkDerivation { pname = "git"; version = "2.44"; inputs = [ curl zlib ]; }) { };
  hello = call ({ stdenv }: stdenv.mkDerivation { pname = "hello"; version = "2.12"; meta.description = "A greeting"; }) { };
  greeter = call ({ stdenv, hello }: stdenv.mkDerivation {
    name = "greeter"; text = "${hello}/bin/hello"; times = 3; loud = true; nothing = null;
  }) { };
  data = call ({ stdenv }: stdenv.mkDerivation {
    name = "data"; file = ../data/words.txt; inherit (builtins.fromJSON (builtins.readFile ../data/settings.json)) mode level;
  }) { };
  tools = call ({ stdenv, git, curl, hello }: stdenv.mkDerivation {
    name = "tools"; paths = [ git curl hello ]; __structuredAttrs = true; nested = { list = [ 1 2.5 true null "x" ]; };
  }) { };
  manual = call ({ stdenv, hello, greeter }: stdenv.mkDerivation {
    name = "manual"; words = map (package: package.name) [ hello greeter ]; passAsFile = [ "words" ];
  }) { };
}
