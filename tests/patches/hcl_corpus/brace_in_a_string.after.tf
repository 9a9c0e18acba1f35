resource "thing" "phi" {
  b = "} a = true {"
  a = true
}
