resource "thing" "phi" {
  s = "c"
}
