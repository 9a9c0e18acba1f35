resource "thing" "phi" {
  a = true
}