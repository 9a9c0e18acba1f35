resource "thing" "phi" {
  a   = true    # cost
  bcd = 1       # x
}
