# A system's configuration with a desktop and some servers, its manual included: the evaluator itself.
# full: --arg nixpkgs NIXPKGS
{ nixpkgs }:
(import (nixpkgs + "/nixos") {
  system = "x86_64-linux";
  configuration = { ... }: {
    boot.loader.grub.device = "/dev/sda";
    fileSystems."/" = { device = "/dev/sda1"; fsType = "ext4"; };
    services.openssh.enable = true;
    services.nginx.enable = true;
    services.postgresql.enable = true;
    services.xserver.enable = true;
    services.xserver.desktopManager.xfce.enable = true;
  };
}).config.system.build.toplevel.drvPath
