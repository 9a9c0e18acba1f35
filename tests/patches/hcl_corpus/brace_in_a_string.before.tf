resource "thing" "phi" {
  b = "} a = true {"
  a = false
}
