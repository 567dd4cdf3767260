# One package of nixpkgs: parsing and derivations.
# full: --arg nixpkgs NIXPKGS
{ nixpkgs }:
(import nixpkgs { config = { }; overlays = [ ]; system = "x86_64-linux"; }).firefox.drvPath
