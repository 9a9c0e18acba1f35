resource "thing" "phi" {
  c { d = 2 }
}
