resource "thing" "phi" {
  b = 1 # one
}
