resource "thing" "phi" { # why
  b = 1
  a = true
} # end
