resource "thing" "phi" {
  s = "ü" # ä
  a = true
}
