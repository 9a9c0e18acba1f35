resource "thing" "phi" {
  c { # why
    # more
    d = 2
    // end
  }
}
