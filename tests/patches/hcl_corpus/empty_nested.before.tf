resource "thing" "phi" {
  c {}
}
