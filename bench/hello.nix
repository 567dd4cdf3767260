# One package of nixpkgs: starting up and parsing.
# full: --arg nixpkgs NIXPKGS
{ nixpkgs }:
(import nixpkgs { config = { }; overlays = [ ]; system = "x86_64-linux"; }).hello.drvPath
