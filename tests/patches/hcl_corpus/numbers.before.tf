resource "thing" "phi" {
  n = 1.50
  m = -3
}
