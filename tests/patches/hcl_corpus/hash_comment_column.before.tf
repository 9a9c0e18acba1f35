resource "thing" "phi" {
  a   = false   # cost
  bcd = 1       # x
}
