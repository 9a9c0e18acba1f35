resource "thing" "phi" {
  a = 1

  c {
    d = 2
  }
}
