resource "thing" "phi" {
  c { d = 1 }
}
