resource "thing" "phi" {
  a = false # cost
}
