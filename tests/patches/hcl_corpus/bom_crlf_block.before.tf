resource "thing" "phi" {
  b = 1
}
