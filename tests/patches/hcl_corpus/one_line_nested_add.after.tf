resource "thing" "phi" {
  c {
    d = 1
    e = 2
  }
}
