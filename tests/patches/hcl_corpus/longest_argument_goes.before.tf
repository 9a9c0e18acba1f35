resource "thing" "phi" {
  a         = 1    # one
  long_name = "x" # two
  bbb       = 3    # three
}
