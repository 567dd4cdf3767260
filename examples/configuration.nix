# A configuration of modules over the package set; its value names the packages it needs.
let
  lib = import ./lib;
  packages = import ./default.nix;
in
lib.evalModules {
  args = { inherit packages; };
  modules = [
    ({ config, packages, ... }: {
      options = { packages = [ ]; services = { }; files = { }; };
      config.files.motd = "${builtins.toString (builtins.length config.packages)} packages";
    })
    ({ packages, ... }: { config.packages = [ packages.hello packages.git ]; })
    ({ config, packages, ... }: {
      config.packages = [ packages.curl ];
      config.services.web = { enable = true; command = "${packages.curl}/bin/curl"; };
      config.files.services = builtins.toJSON (builtins.attrNames config.services);
    })
  ];
}
