# What the package set is built with: fixpoints, overlays, and a small module system.
rec {
  # The least fixed point of a function of sets: `fix (self: { a = 1; b = self.a + 1; })`.
  fix = f: let x = f x; in x;

  # A set function extended by an overlay, a function of the final and the previous set.
  extends = overlay: f: final: let previous = f final; in previous // overlay final previous;

  # Several overlays on a base, applied from left to right.
  applyOverlays = overlays: base: fix (builtins.foldl' (f: overlay: extends overlay f) base overlays);

  # A function called with what it asks for from a set, and with what it is given beyond that.
  callWith = scope: path: extra:
    let
      f = if builtins.isFunction path then path else import path;
      wanted = builtins.intersectAttrs (builtins.functionArgs f) scope;
      result = f (wanted // extra);
    in
    result // { override = changes: callWith scope path (extra // changes); };

  # The value of option definitions from several modules: lists are joined, sets merged, of anything else the last one wins.
  merge = definitions:
    let first = builtins.head definitions; in
    if builtins.all builtins.isList definitions then builtins.concatLists definitions
    else if builtins.all builtins.isAttrs definitions && !(first ? type) then
      builtins.zipAttrsWith (name: values: merge values) definitions
    else builtins.elemAt definitions (builtins.length definitions - 1);

  # Modules are functions of the final configuration; options have defaults, definitions come from all modules.
  evalModules = { modules, args ? { } }:
    fix (self: let
      parts = map (module: (if builtins.isFunction module then module else import module) (args // { config = self; })) modules;
      defaults = map (part: part.options or { }) parts;
      definitions = map (part: part.config or { }) parts;
    in merge (defaults ++ definitions));
}
