resource "thing" "phi" {
  c { # why
    # more
    d = 1
    // end
  }
}
