resource "thing" "phi" {
  a   = 1    # one
  bbb = 3    # three
}
