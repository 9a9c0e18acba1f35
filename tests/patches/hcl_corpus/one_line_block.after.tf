resource "thing" "phi" {
  b = 1
  a = true
}
