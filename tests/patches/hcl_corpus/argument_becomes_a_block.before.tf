resource "thing" "phi" {
  a = 1
  b = 2
}
