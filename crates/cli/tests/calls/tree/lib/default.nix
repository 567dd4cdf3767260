{ lib = "library"; }
