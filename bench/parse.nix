# Reading a long text that looks like a list of packages; hardly any of it is evaluated.
# full: --arg file TEXT-40000 --arg size 40000 => 40001
# gate: --arg file TEXT-200 --arg size 200 => 201
{ file, size }: import file { inherit size; }
