resource "thing" "phi" { # why
  b = 1
} # end
