resource "thing" "phi" {
  a = 1
}
