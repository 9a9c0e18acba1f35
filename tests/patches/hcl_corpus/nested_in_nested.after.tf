resource "thing" "phi" {
  c {
    d {
      e = 1 # keep
      a = true
    }
  }
}
