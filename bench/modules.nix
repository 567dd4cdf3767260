# A fixpoint like that of a system's configuration: modules that declare options, define them on conditions that look at
# other options, with priorities and submodules; merged, checked, and read back as text.
# full: --arg n 1000 => "1000 23978 499445 service-999:9079:on"
# gate: --arg n 6 => "6 127 0 service-5:8085:on"
{ n }:
let
  inherit (builtins)
    all attrNames concatLists concatMap concatStringsSep elem filter foldl' genList hasAttr head isAttrs isBool
    isFunction isInt isList isString length listToAttrs map mapAttrs sort;

  # Values with something to say about how they are merged.
  mkIf = condition: content: { _type = "if"; inherit condition content; };
  mkMerge = contents: { _type = "merge"; inherit contents; };
  mkOverride = priority: content: { _type = "override"; inherit priority content; };
  mkDefault = mkOverride 1000;
  mkForce = mkOverride 50;
  typeOf = value: value._type or "";

  # A definition as the list of values that hold.
  discharge = value:
    if isAttrs value && typeOf value == "if" then (if value.condition then discharge value.content else [ ])
    else if isAttrs value && typeOf value == "merge" then concatMap discharge value.contents
    else [ value ];
  # Only those of the best priority stay.
  strongest = values:
    let
      priority = value: if isAttrs value && typeOf value == "override" then value.priority else 100;
      content = value: if isAttrs value && typeOf value == "override" then value.content else value;
      best = foldl' (least: value: let p = priority value; in if p < least then p else least) 9999 values;
    in
    map content (filter (value: priority value == best) values);
  # A condition around a set is a condition around each of its members.
  pushDown = value:
    if isAttrs value && typeOf value == "if" then map (mapAttrs (name: mkIf value.condition)) (pushDown value.content)
    else if isAttrs value && typeOf value == "merge" then concatMap pushDown value.contents
    else [ value ];

  one = location: values:
    if length values == 1 then head values else throw "${concatStringsSep "." location} is defined more than once";
  types = {
    int = { check = isInt; merge = one; };
    bool = { check = isBool; merge = location: foldl' (a: b: a || b) false; };
    string = { check = isString; merge = one; };
    lines = { check = isString; merge = location: concatStringsSep "\n"; };
    list = { check = isList; merge = location: concatLists; };
    submodules = modules: {
      check = isAttrs;
      merge = location: values:
        listToAttrs (map
          (name: {
            inherit name;
            value = (evaluate (location ++ [ name ]) (modules ++ concatMap (set: if set ? ${name} then [ { config = set.${name}; } ] else [ ]) values)).config;
          })
          (attrNames (foldl' (a: b: a // b) { } values)));
    };
  };
  mkOption = option: { _type = "option"; } // option;
  isOption = value: isAttrs value && typeOf value == "option";

  merge = location: declarations: definitions:
    listToAttrs (map
      (name:
        let
          here = location ++ [ name ];
          declared = concatMap (set: if hasAttr name set then [ set.${name} ] else [ ]) declarations;
          defined = concatMap (set: if hasAttr name set then [ set.${name} ] else [ ]) definitions;
          option = head declared;
          values = strongest (concatMap discharge defined);
          checked = if all option.type.check values then values else throw "${concatStringsSep "." here} is of the wrong type";
        in
        {
          inherit name;
          value =
            if isOption option
            then (if values == [ ] then option.default else option.type.merge here checked)
            else merge here declared (concatMap pushDown defined);
        })
      (attrNames (foldl' (a: b: a // b) { } declarations)));

  evaluate = location: modules:
    let
      arguments = { inherit config; inherit (result) options; name = if location == [ ] then "" else head (sort (a: b: false) location); };
      called = map (module: if isFunction module then module arguments else module) modules;
      collect = module: [ module ] ++ concatMap (each: collect (if isFunction each then each arguments else each)) (module.imports or [ ]);
      everything = concatMap collect called;
      options = map (module: module.options or { }) everything;
      config = merge location options (concatMap (module: pushDown (module.config or { })) everything);
      result = { inherit config options; };
    in
    result;

  # One service among many; it looks at its neighbour.
  service = i: { config, ... }:
    let
      name = "service-${toString i}";
      own = config.services.${name};
      neighbour = config.services."service-${toString (if i == 0 then n - 1 else i - 1)}";
    in
    {
      options.services.${name} = {
        enable = mkOption { type = types.bool; default = false; };
        port = mkOption { type = types.int; default = 8080; };
        extra = mkOption { type = types.lines; default = ""; };
        users = mkOption { type = types.submodules [ user ]; default = { }; };
      };
      config = mkMerge [
        { services.${name} = { enable = mkDefault true; port = mkForce (8080 + i); extra = "listen ${toString own.port}"; }; }
        { services.${name}.port = 1; }
        (mkIf (i > 0 && neighbour.enable) { services.${name}.extra = "after ${toString neighbour.port}"; })
        (mkIf own.enable {
          system.packages = [ name ];
          system.ports = [ own.port ];
          services.${name}.users.admin = { id = i; groups = [ "wheel" ]; };
        })
      ];
    };
  user = { config, ... }: {
    options = {
      id = mkOption { type = types.int; };
      groups = mkOption { type = types.list; default = [ ]; };
      shell = mkOption { type = types.string; default = "/bin/sh"; };
      home = mkOption { type = types.string; default = "/home/${toString config.id}"; };
    };
    config.groups = mkIf (config.id > 10) [ "users" ];
  };
  system = {
    options.system = {
      packages = mkOption { type = types.list; default = [ ]; };
      ports = mkOption { type = types.list; default = [ ]; };
    };
    imports = genList service n;
  };

  config = (evaluate [ ] [ system ]).config;
  services = map (name: config.services.${name}) (attrNames config.services);
  add = foldl' (a: b: a + b) 0;
  last = "service-${toString (n - 1)}";
  state = if config.services.${last}.enable && elem last config.system.packages then "on" else "off";
in
"${toString (length config.system.packages)} ${toString (add (map (s: builtins.stringLength s.extra + length s.users.admin.groups) services))} ${toString (add (map (s: if length s.users.admin.groups > 1 then s.users.admin.id else 0) services))} ${last}:${toString config.services.${last}.port}:${state}"
