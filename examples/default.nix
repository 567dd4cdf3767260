# The package set with two overlays.
let lib = import ./lib; in
removeAttrs (lib.applyOverlays [
  (import ./pkgs)
  (final: previous: { curl = previous.curl.override { withHttp2 = true; }; })
  (final: previous: {
    system = final.stdenv.mkDerivation {
      name = "system";
      paths = [ final.git final.curl final.tools final.manual final.data ];
      motd = (import ./configuration.nix).files.motd;
    };
  })
] (final: { })) [ "call" ]
